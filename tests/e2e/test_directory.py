"""Through the directory: real server, real PostgreSQL, real nodes, and what happens to them."""

from __future__ import annotations

import json
import sys

import attrs
import pytest

from tests.e2e.rig import Rig
from tests.e2e.town import (
    BACK_S,
    LISTED_S,
    PASSWORD,
    SHARE_PORT,
    Town,
    address_of,
    begin,
    connect,
    is_listed,
    listed,
    open_sessions,
    role_of,
    wait_until,
)
from tests.lab.mutant import program
from worldvpn_app.cli.exits import CommandError
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_lab.daemon import Daemon, is_connected, is_in
from worldvpn_lab.demo.browser import Browser
from worldvpn_lab.demo.network import reaching, through_nodes

pytestmark = pytest.mark.netns

_PATIENCE_S = 30.0
#: The node may let its guest go before the news has passed it: then silence is what tells, after
#: WireGuard's next keepalive.
_NEWS_LOST_S = 60.0
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


#: A daemon for which a tunnel is steady at once.
_EAGER = program("import worldvpn_core.central.ahead as ahead; ahead.STEADY_S = 0.2")

#: A daemon whose plugins offer a protocol before WireGuard that no node has.
_TWO_PROTOCOLS = program("""
import worldvpn_wireguard.plugin as plugin
from worldvpn_core.hookspecs import hookimpl
from worldvpn_wireguard.transport import WireGuardTransport
offered = plugin.worldvpn_transports
class Other(WireGuardTransport):
    name, label = "shadowsocks", "Shadowsocks"
def two(services):
    (first,) = offered(services)
    return [Other(first._engine, first._links), first]
plugin.worldvpn_transports = hookimpl(two)
""")


def connect_watched(rig: Rig, daemon: Daemon) -> Snapshot:
    """Connect; what leaves is judged from when the host is no longer open.

    Before that, the kernel may answer the last word of the node that was used before.
    """
    begin(daemon, "fastest")
    daemon.until(lambda seen: seen["tunnel"]["state"] != "disconnected")
    rig.witness.from_now(reaching(through_nodes()))
    return daemon.until(lambda seen: is_connected(seen) and bool(seen["session"]))


def is_blocked_for_good(seen: Snapshot) -> bool:
    cause = seen["tunnel"]["cause"]
    return is_in("blocked")(seen) and cause is not None and not cause["retryable"]


def _are_over(daemon: Daemon, sessions: set[str]) -> bool:
    try:
        return not sessions & {each["session_id"] for each in open_sessions(daemon)}
    except CommandError:
        # The way to the server is another one this very moment.
        return False


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
        session = seen["session"]
        assert session is not None
        assert {row["id"] for row in listed(daemon) if row["measured_ms"] is not None} == {
            session["node_id"]
        }
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


def test_who_has_tickets_ahead_connects_without_the_server_and_gets_back_what_they_held(
    rig: Rig, town: Town, browser: Browser
) -> None:
    with town.guest(rig, "hopper", _EAGER) as daemon:
        connect(daemon, "fastest")
        wait_until(lambda: "tickets fetched ahead: 2" in daemon.log())
        assert sum(each["ahead"] for each in open_sessions(daemon)) == 2
        daemon.stop()
        town.house.stop()
        try:
            again = town.start(rig, _EAGER)
            seen = connect_watched(rig, again)
            rig.witness.from_now(through_nodes())
            assert again.status()["account"]["reach"] != "online"
            assert browser.exit_address() == address_of(role_of(seen))
            assert rig.fire() == set()
            assert rig.leaks() == ()
        finally:
            town.reopen()
        again.until(lambda each: each["account"]["reach"] == "online", BACK_S)
        before = {each["session_id"] for each in open_sessions(again)}
        assert before
        again.call("account.logout")
        again.call("vault.create", opening={"kind": "file"})
        again.call("account.login", username="hopper", password=PASSWORD)
        wait_until(lambda: _are_over(again, before))
        again.call("account.logout")


def test_banned_user_is_blocked_and_told_why(rig: Rig, town: Town) -> None:
    with town.guest(rig, "mallory") as daemon:
        connect(daemon, "fastest")

        town.operator("user", "ban", "mallory")

        seen = daemon.until(is_blocked_for_good, _NEWS_LOST_S)
        cause = seen["tunnel"]["cause"]
        assert cause is not None
        assert cause["code"] in {"session.ended", "central.signed_out"}


def test_device_that_is_revoked_is_blocked_and_told_why(rig: Rig, town: Town) -> None:
    with town.guest(rig, "dennis") as daemon:
        connect(daemon, "fastest")
        (device,) = json.loads(daemon.call("account.devices")["json"])["devices"]

        daemon.call("account.revoke", device_id=device["id"])

        daemon.until(is_blocked_for_good, _PATIENCE_S)
        told = daemon.until(lambda each: each["account"]["signed_in"] is False, _PATIENCE_S)
        assert any(each["code"] == "account.signed_out" for each in told["notices"])


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


def test_guests_port_is_the_one_that_was_chosen(rig: Rig, town: Town) -> None:
    with town.guest(rig, "linus") as daemon:
        seen = connect(daemon, "DE")

        assert seen["tunnel"]["endpoints"] == [f"{address_of('node1')}:{SHARE_PORT}/udp"]
        assert role_of(seen) == "node1"


def test_chosen_protocol_is_the_only_one_taken_and_automatic_goes_on_to_the_next(
    rig: Rig, town: Town
) -> None:
    with town.guest(rig, "margaret", _TWO_PROTOCOLS) as daemon:
        assert not connect(daemon, "fastest")["tunnel"]["transport_chosen"]

        with pytest.raises(CommandError, match=r"choose none \(automatic\) or shadowsocks or wir"):
            daemon.call("settings.set", changes={"protocol": "masque"})
        daemon.call("settings.set", changes={"protocol": "Shadowsocks"})
        with pytest.raises(CommandError, match="no node offers Shadowsocks"):
            daemon.call("tunnel.connect", place="fastest")

        daemon.call("settings.set", changes={"protocol": "WireGuard", "auto_connect": "@fastest"})
        seen = connect(daemon, "fastest")
        tunnel = seen["tunnel"]
        assert (tunnel["transport"], tunnel["transport_label"]) == ("wireguard", "WireGuard")
        assert tunnel["transport_chosen"]
