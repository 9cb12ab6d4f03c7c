"""Helpers: their rights, their words, and what is left when they end."""

from __future__ import annotations

import asyncio
import logging
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from worldvpn_core.contracts import Helper, HelperSpec
from worldvpn_core.errors import EngineError
from worldvpn_core.testing.host_contract import shell
from worldvpn_host.helpers import ProcessHelpers, rights

pytestmark = pytest.mark.anyio
NOBODY = 65_534
EVENTUALLY_S = 10.0


async def said_by(spec: HelperSpec) -> list[str]:
    """Run ``spec`` to its end and return its lines."""
    helper = await ProcessHelpers().spawn(spec)
    lines = []
    while (line := await helper.read_line()) is not None:
        lines.append(line)
    await helper.wait()
    return lines


async def capabilities(spec: HelperSpec) -> dict[str, int]:
    """Return the capability sets that ``spec`` has, as bit masks."""
    lines = await said_by(attrs.evolve(spec, argv=("grep", "^Cap", "/proc/self/status")))
    return {name: int(mask, 16) for name, mask in (line.split(":\t") for line in lines)}


async def until(helper: Helper, word: str) -> None:
    async with asyncio.timeout(EVENTUALLY_S):
        while await helper.read_line() != word:
            pass


NET_ADMIN = 1 << 12
NET_RAW = 1 << 13


async def test_a_uid_without_capabilities_has_none_and_can_gain_none() -> None:
    assert set((await capabilities(attrs.evolve(shell(""), uid=NOBODY))).values()) == {0}


async def test_capabilities_are_raised_and_bound() -> None:
    spec = attrs.evolve(shell(""), uid=NOBODY, capabilities=("net_admin", "net_raw"))
    assert set((await capabilities(spec)).values()) == {NET_ADMIN | NET_RAW}


async def test_root_can_be_bound_too() -> None:
    found = await capabilities(attrs.evolve(shell(""), capabilities=("net_admin",)))
    assert (found["CapEff"], found["CapBnd"], found["CapAmb"]) == (NET_ADMIN, NET_ADMIN, 0)


@pytest.fixture
def groups() -> Iterator[None]:
    """Groups that this process has and no helper may."""
    before = os.getgroups()
    os.setgroups([4, 27])
    yield
    os.setgroups(before)


@pytest.mark.usefixtures("groups")
async def test_a_helper_is_its_uid_in_every_respect() -> None:
    asked = 'grep -E "^(Uid|Gid|Groups)" /proc/self/status'
    lines = await said_by(attrs.evolve(shell(asked), uid=NOBODY))
    assert lines == [f"{name}:\t" + "\t".join(["65534"] * 4) for name in ("Uid", "Gid")] + [
        "Groups:\t "
    ]


async def test_a_helper_leads_a_session_of_its_own() -> None:
    lines = await said_by(shell("read -r _ _ _ _ _ session _ </proc/self/stat; echo $session $$"))
    assert len(set(lines[0].split())) == 1


async def test_a_helper_has_no_descriptor_but_its_three() -> None:
    reading, writing = os.pipe()
    inheritable = os.dup2(writing, 190)
    try:
        assert await said_by(shell("echo /proc/self/fd/*")) == [
            "/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 /proc/self/fd/3"
        ]
    finally:
        for descriptor in (reading, writing, inheritable):
            os.close(descriptor)


async def test_what_it_complains_of_is_logged_by_line_and_harmless(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO):
        await said_by(shell(r"printf 'first\n\033[31msecond\n' >&2"))
    words = [record.getMessage() for record in caplog.records]
    assert "sh: first" in words
    assert "sh: ?[31msecond" in words


async def test_arguments_are_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        await said_by(shell(": canary-in-argv"))
    assert "canary" not in caplog.text


async def test_one_that_nobody_listens_to_never_waits() -> None:
    helper = await ProcessHelpers().spawn(shell("seq 100000"))
    assert await helper.wait() == 0
    assert await helper.read_line() == "99001"


async def test_a_line_without_end_is_dropped_and_the_next_is_read() -> None:
    script = "head -c 300000 /dev/zero | tr '\\0' x; echo; echo next"
    assert (await said_by(shell(script)))[-1] == "next"


async def test_what_it_started_goes_with_it() -> None:
    helper = await ProcessHelpers().spawn(shell("sleep 600 & echo $!; exec sleep 600"))
    child = os.pidfd_open(int(await helper.read_line() or "0"))
    try:
        os.kill(helper.pid, signal.SIGKILL)
        assert await helper.wait() == -signal.SIGKILL
        assert select.select([child], [], [], EVENTUALLY_S)[0] == [child]
    finally:
        os.close(child)


async def test_it_outlives_a_wait_that_is_cancelled() -> None:
    helper = await ProcessHelpers().spawn(shell("echo ready; exec sleep 600"))
    await until(helper, "ready")
    waiting = asyncio.create_task(helper.wait())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    os.kill(helper.pid, 0)
    await helper.stop()


async def test_a_missing_program_is_named_with_its_package() -> None:
    spec = HelperSpec(name="relay", argv=("lyrebird", "secret"))
    with pytest.raises(EngineError, match=r"lyrebird is not installed: .* package lyrebird"):
        await ProcessHelpers().spawn(spec)


@pytest.fixture
def nonsense(tmp_path: Path) -> Path:
    """A file that may be run and is no program."""
    path = tmp_path / "tool"
    path.write_text("neither a script nor a binary")
    path.chmod(0o700)
    return path


async def test_a_program_that_cannot_be_run_is_an_engine_error(nonsense: Path) -> None:
    with pytest.raises(EngineError, match="Exec format error"):
        await ProcessHelpers().spawn(HelperSpec(name="tool", argv=(str(nonsense),)))


def test_root_that_is_kept_whole_needs_no_tool() -> None:
    assert rights(shell("true"), "/usr/bin/setpriv") == ()


ORPHAN = """
import asyncio, os, signal, sys
from worldvpn_core.contracts import HelperSpec
from worldvpn_host.helpers import ProcessHelpers

async def main():
    script = 'read _ < "$0"; echo a word to nobody && echo alive > "$1"'
    spec = HelperSpec(name="orphan", argv=("sh", "-c", script, *sys.argv[1:]))
    await ProcessHelpers().spawn(spec)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def test_one_that_outlives_the_daemon_may_go_on_speaking(tmp_path: Path) -> None:
    begin, end = tmp_path / "begin", tmp_path / "end"
    os.mkfifo(begin)
    os.mkfifo(end)

    killed = subprocess.run([sys.executable, "-c", ORPHAN, begin, end], check=False)
    begin.write_text("now\n", encoding="ascii")
    reading = os.open(end, os.O_RDWR)
    ready = select.select([reading], [], [], EVENTUALLY_S)[0]
    os.close(reading)

    assert killed.returncode == -signal.SIGKILL
    assert ready == [reading]
