"""Who is signed in: by a person with a keyring; and what is left of the secrets after a crash."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import attrs
import pytest

from tests.app.keys.session import desktop_session, keyring_daemon, looked_up
from tests.app.typist import at_terminal
from tests.e2e.canary import Canary
from tests.e2e.held import (
    DEVICE_KEY,
    SESSION_KEY,
    TOKEN,
    TYPED,
    VAULT_KEY,
    Secret,
    in_memory,
    kept_by,
    of_session,
)
from tests.e2e.rig import Rig, watched
from tests.e2e.town import (
    PASSWORD,
    Town,
    address_of,
    ask_about_the_account,
    connect,
    leave,
    role_of,
    sign_up,
    until_listed,
)
from worldvpn_lab.daemon import Part, is_connected
from worldvpn_lab.demo.browser import Browser
from worldvpn_lab.disturb.processes import running

pytestmark = pytest.mark.netns

_PATIENCE_S = 30.0
_TWICE = tuple((asked, f"{PASSWORD}\n") for asked in ("New password: ", "The same again: "))
_KEPT = ("Type yes once it is written down: ", "yes\n")


def test_parts_that_crash_take_what_they_held_with_them(
    rig: Rig, town: Town, canary: Canary, tmp_path: Path
) -> None:
    how = watched(rig.how, tmp_path)
    daemon = rig.start(attrs.evolve(how, config=town.house.daemon_toml()))
    sign_up(daemon, "kurt")
    until_listed(daemon, len(town.nodes))
    connect(daemon, "fastest")
    ask_about_the_account(daemon)
    secrets = {of_session(daemon), *kept_by(daemon, canary.secrets)}
    canary.secrets |= secrets
    held = {
        part: in_memory(each.pid, secrets)
        for part in Part
        for each in running(rig.world, "client", part)
    }
    for part in (Part.AGENT, Part.ENGINE):
        assert daemon.kill(part, signal.SIGSEGV) == 1
    daemon.until(lambda seen: seen["tunnel"]["state"] != "connected")
    daemon.until(lambda seen: is_connected(seen) and bool(seen["session"]), _PATIENCE_S)
    daemon.kill(Part.DAEMON, signal.SIGSEGV)
    ended = daemon.program.wait(_PATIENCE_S)

    assert {TOKEN} <= held[Part.AGENT]
    assert {DEVICE_KEY, SESSION_KEY, TOKEN, VAULT_KEY} <= held[Part.DAEMON]
    assert {SESSION_KEY} <= held[Part.ENGINE]
    # The engine's report of its crash is where it was looked for.
    assert "SIGSEGV: segmentation violation" in daemon.log()
    assert ended == os.CLD_KILLED
    assert list(tmp_path.iterdir()) == []
    assert canary.judged() == set()


def test_person_at_a_desktop_goes_from_no_account_out_through_a_node(
    rig: Rig, town: Town, browser: Browser, canary: Canary, tmp_path: Path
) -> None:
    daemon = town.start(rig)
    with desktop_session(tmp_path) as session, keyring_daemon(session):

        def worldvpn(*typed: str, answers: tuple[tuple[str, str], ...] = ()) -> str:
            socket = ("--socket", str(daemon.socket_path))
            status, shown = at_terminal(*socket, *typed, env=session.environment, answers=answers)
            assert status == 0, shown
            canary.printed(["worldvpn"], shown)
            return shown

        worldvpn("register", "hedy", answers=(*_TWICE, _KEPT))
        vault = daemon.call("vault.status")
        key = looked_up(session, f"vault-{vault['key_id']}")
        canary.secrets |= {Secret(TYPED, PASSWORD), Secret(VAULT_KEY, bytes.fromhex(key))}
        until_listed(daemon, len(town.nodes))
        nodes = worldvpn("nodes")
        worldvpn("connect", "fastest")
        used = role_of(daemon.status())
        exit_address = browser.exit_address()
        leave(daemon)
        daemon.stop()
        daemon = town.start(rig)
        was_open = daemon.call("vault.status")["open"]
        worldvpn("vault", "unlock")
        daemon.until(lambda seen: seen["account"]["username"] == "hedy")
        worldvpn("logout")
        left = looked_up(session, f"vault-{vault['key_id']}")

    assert (vault["opened_by"], len(key)) == ("keyring", 64)
    assert {"Germany", "France"} <= set(nodes.split())
    assert exit_address == address_of(used)
    assert not was_open
    assert TOKEN in {each.kind for each in canary.secrets}
    assert left == ""
