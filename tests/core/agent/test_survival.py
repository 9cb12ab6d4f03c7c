"""The daemon outlives whatever a confined but hostile process does to the pair."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.core.agent.world import Script, StartLink
from worldvpn_core.errors import AgentError

pytestmark = pytest.mark.anyio

ATTACKS = {
    "floods_the_pair": "while True: pair.send(packed(Ready(readers=())))",
    "floods_its_standard_error": "while True: sys.stderr.write('x' * 4096)",
    "never_answers": "pair.recv(9); import time; time.sleep(600)",
    "closes_the_pair_and_stays": "pair.close(); import time; time.sleep(600)",
    "dies_at_the_first_request": "pair.recv(9)",
}


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
async def test_daemon_survives_an_agent_that(
    attack: str,
    start_link: StartLink,
    script: Script,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("worldvpn_core.agent.link.READING_TIMEOUT_S", 1.0)
    monkeypatch.setattr("worldvpn_core.agent.link.GRACE_S", 0.0)
    # Attacks the first time, and is the agent's own program from then on.
    honest = text_of(tmp_path / "agent")
    once = tmp_path / "attacked"
    attacker = script(
        "import os, socket\n"
        f"if not os.path.exists({str(once)!r}):\n"
        f"    open({str(once)!r}, 'w').close()\n"
        "    from worldvpn_core.agent.confine import confine\n"
        "    from worldvpn_core.agent.codec import packed\n"
        "    from worldvpn_core.agent.messages import Ready\n"
        f"    confine(uid=64999, gid=64999, daemon={os.getpid()})\n"
        "    pair = socket.socket(fileno=3)\n"
        "    pair.send(packed(Ready(readers=())))\n"
        f"    {attack}\n"
        f"    sys.exit(1)\n{honest}"
    )

    async with start_link(python=attacker) as link:
        first = link.pid
        with pytest.raises(AgentError) as caught:
            await link.read_profile("#canary", "home")
        profile = await link.read_profile("#canary", "home")

        assert caught.value.retryable
        assert profile.name == "home"
        assert link.pid != first
