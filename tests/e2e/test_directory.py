"""Through the directory: real server, real PostgreSQL, real nodes, and what happens to them."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
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
    BACK_S,
    LISTED_S,
    PASSWORD,
    SHARE_PORT,
    Town,
    address_of,
    ask_about_the_account,
    connect,
    is_listed,
    leave,
    listed,
    role_of,
    sign_up,
    until_listed,
)
from worldvpn_app.cli.exits import CommandError
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_lab.daemon import Daemon, Part, is_connected, is_in
from worldvpn_lab.demo.browser import Browser
from worldvpn_lab.demo.network import reaching, through_nodes
from worldvpn_lab.disturb.processes import running
from worldvpn_lab.world import World

pytestmark = pytest.mark.netns

_PATIENCE_S = 30.0
_TWICE = tuple((asked, f"{PASSWORD}\n") for asked in ("New password: ", "The same again: "))
_KEPT = ("Type yes once it is written down: ", "yes\n")
_SENDER = """
import socket, time
line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    try:
        line.sendto(b"x", ("198.51.100.80", 9))
    except OSError:
        pass
    time.sleep(0.05)
"""


@pytest.fixture(scope="module")
def town(world: World) -> Iterator[Town]:
    with Town.standing(world) as standing:
        yield standing


@pytest.fixture
def browser(world: World) -> Iterator[Browser]:
    with Browser(world) as ready:
        yield ready


def connect_watched(rig: Rig, daemon: Daemon) -> Snapshot:
    """Connect; what leaves is judged from when the host is no longer open.

    Before that, the kernel may answer the last word of the node that was used before.
    """
    daemon.call("tunnel.connect", place="fastest")
    daemon.until(lambda seen: seen["tunnel"]["state"] != "disconnected")
    rig.witness.from_now(reaching(through_nodes()))
    return daemon.until(lambda seen: is_connected(seen) and bool(seen["session"]))


def test_new_user_sees_the_nodes_and_goes_out_through_one(
    rig: Rig, town: Town, browser: Browser
) -> None:
    with town.guest(rig, "ada") as daemon:
        assert town.made["recovery_code"]
        assert {each["country"] for each in listed(daemon)} == {"DE", "FR"}

        seen = connect_watched(rig, daemon)
        rig.witness.from_now(through_nodes())

        assert browser.exit_address() == address_of(role_of(seen))
        assert rig.fire() == set()
        balance = seen["account"]["balance"]
        assert balance is not None
        assert (balance["credits"], balance["held_ticks"]) == (100, balance["promo_ticks"])
        assert rig.leaks() == ()


def test_node_that_loses_power_is_replaced_and_nothing_leaks(
    rig: Rig, town: Town, browser: Browser
) -> None:
    with town.guest(rig, "grace") as daemon:
        used = role_of(connect_watched(rig, daemon))
        with rig.world.spawn("client", [sys.executable, "-c", _SENDER]):
            town.nodes[used].vanish()
            after = daemon.until(
                lambda seen: is_connected(seen) and bool(seen["session"]) and role_of(seen) != used,
                _PATIENCE_S,
            )
        rig.fire()
        exit_address, leaks = browser.exit_address(), rig.leaks()
        daemon.disconnect()
        town.share(used).until(is_listed, LISTED_S)

    assert exit_address == address_of(role_of(after))
    assert leaks == ()


def test_session_outlives_the_server_and_the_directory_too(
    rig: Rig, town: Town, browser: Browser
) -> None:
    with town.guest(rig, "edsger") as daemon:
        seen = connect(daemon, "fastest")
        town.house.stop()

        daemon.until(lambda each: each["account"]["reach"] == "offline", _PATIENCE_S)
        assert browser.exit_address() == address_of(role_of(seen))
        assert len(listed(daemon)) == 2
        daemon.disconnect()
        with pytest.raises(CommandError) as refused:
            daemon.call("tunnel.connect", place="fastest")
        assert refused.value.code == "no-credit-proof"
        assert daemon.status()["tunnel"]["state"] == "disconnected"

        town.reopen()
        daemon.until(lambda each: each["account"]["reach"] == "online", BACK_S)
        connect(daemon, "fastest")


def test_daemon_that_starts_without_the_server_knows_its_user_and_what_it_kept(
    rig: Rig, town: Town
) -> None:
    with town.guest(rig, "barbara") as first:
        first.stop()
        town.house.stop()
        try:
            again = town.start(rig)
            assert again.status()["account"]["username"] == "barbara"
            kept = json.loads(again.call("directory.nodes")["json"])
            assert kept["age_s"] > 0
        finally:
            town.reopen()
        again.until(lambda each: each["account"]["reach"] == "online", BACK_S)


def test_banned_user_is_blocked_and_told_why(rig: Rig, town: Town) -> None:
    with town.guest(rig, "mallory") as daemon:
        connect(daemon, "fastest")

        town.operator("user", "ban", "mallory")

        seen = daemon.until(is_in("blocked"), _PATIENCE_S)
        cause = seen["tunnel"]["cause"]
        assert cause is not None
        assert not cause["retryable"]
        assert cause["code"] in {"session.ended", "central.signed_out"}


def test_user_without_credit_is_told_the_three_ways_on(rig: Rig, town: Town) -> None:
    with town.guest(rig, "poor") as daemon:
        refused: CommandError | None = None
        # Half of what is left is held each time, and stays so until the sessions have been settled.
        for _ in range(8):
            try:
                connect(daemon, "fastest")
            except CommandError as error:
                refused = error
                break
            daemon.disconnect()

        assert refused is not None
        assert refused.code == "out-of-credit"


def test_another_servers_key_is_refused_before_anything_is_sent(rig: Rig, town: Town) -> None:
    toml = town.house.daemon_toml()
    pin = next(line for line in toml.splitlines() if line.startswith("spki_sha256"))

    how = attrs.evolve(rig.how, config=toml.replace(pin, f'spki_sha256 = "{"ab" * 32}"'))
    daemon = rig.start(how)
    daemon.call("vault.create", opening={"kind": "file"})

    with pytest.raises(CommandError, match="another certificate"):
        daemon.call("account.register", username="nobody", password=PASSWORD)


def test_signing_out_leaves_nothing_that_opens(rig: Rig, town: Town) -> None:
    with town.guest(rig, "alan") as daemon:
        connect(daemon, "fastest")

        daemon.call("account.logout")

        assert daemon.until(is_in("blocked"))["tunnel"]["cause"] is not None
        assert not daemon.call("vault.status")["exists"]
        kept = rig.world.path("client", rig.how.state_dir)
        assert not any(
            b"refresh" in path.read_bytes() for path in kept.rglob("*vault*") if path.is_file()
        )
        with pytest.raises(CommandError) as refused:
            daemon.call("tunnel.connect", place="fastest")
        assert refused.value.code == "central.signed_out"


def test_parts_that_crash_take_what_they_held_with_them(
    rig: Rig, town: Town, canary: Canary, tmp_path: Path
) -> None:
    daemon = town.start(rig, watched(rig.how, tmp_path))
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
    how = daemon.program.wait(_PATIENCE_S)

    assert {TOKEN} <= held[Part.AGENT]
    assert {DEVICE_KEY, SESSION_KEY, TOKEN, VAULT_KEY} <= held[Part.DAEMON]
    assert {SESSION_KEY} <= held[Part.ENGINE]
    # The engine's report of its crash is where it was looked for.
    assert "SIGSEGV: segmentation violation" in daemon.log()
    assert how == os.CLD_KILLED
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


def test_guests_port_is_the_one_that_was_chosen(rig: Rig, town: Town) -> None:
    with town.guest(rig, "linus") as daemon:
        seen = connect(daemon, "DE")

        assert seen["tunnel"]["endpoints"] == [f"{address_of('node1')}:{SHARE_PORT}/udp"]
        assert role_of(seen) == "node1"
