"""Guests and their terms through a real node and server: shown, limited, sent away, kept out."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from typing import Any

import pytest

from tests.e2e.rig import Rig
from tests.e2e.sent import listed_node, sent
from tests.e2e.sharing import LISTEN, OUTER4, OUTER6, invite, led, serve
from tests.e2e.test_guest_metering import counted
from tests.e2e.town import wait_until
from worldvpn_app.cli.exits import CommandError
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_killswitch.node_shares import ports_of
from worldvpn_lab.central import CentralHouse
from worldvpn_lab.daemon import Daemon
from worldvpn_lab.device import Device, device
from worldvpn_lab.map import PLACES
from worldvpn_lab.oracle.tap import Tap
from worldvpn_lab.world import World

pytestmark = pytest.mark.netns

_SETTLE_S = 0.4
_MOST = 16
#: Nobody listens there, or a test does.
_PORT = 7_070


@pytest.fixture(scope="module")
def house(world: World) -> Iterator[CentralHouse]:
    with CentralHouse.open(world) as standing:
        yield standing


def people(daemon: Daemon) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = daemon.call("share.guests")["guests"]
    return found


def banned(daemon: Daemon) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = daemon.call("share.guests")["banned"]
    return found


def test_a_guest_is_shown_sent_away_by_its_alias_and_not_let_back(
    rig: Rig, house: CentralHouse
) -> None:
    with listed_node(rig, house) as node, sent(rig, house, node) as guest:
        assert guest.page(PLACES.page) == OUTER4
        wait_until(lambda: people(node)[0]["class"] == "web")
        (shown,) = people(node)
        assert (shown["kind"], shown["country"], shown["credits"]) == ("guest", "XX", 0)
        assert len(shown["alias"]) == 32
        assert shown["received_bytes"] % (1 << 20) == 0
        assert shown["duration_s"] % 900 == 0
        assert node.status()["sharing"]["people"] == [shown]

        node.call("share.kick", alias=shown["alias"][:8], reason="enough")
        assert people(node) == []
        with suppress(OSError):
            assert guest.page(PLACES.page, timeout_s=2.0) != OUTER4
        assert [(one["alias"], one["reason"]) for one in banned(node)] == [
            (shown["alias"], "kicked")
        ]
        with pytest.raises(CommandError, match="nobody here"):
            node.call("share.kick", alias=shown["alias"][:8])


def test_a_guest_that_scans_ports_is_sent_away_for_it(rig: Rig, house: CentralHouse) -> None:
    with listed_node(rig, house) as node, sent(rig, house, node) as guest:
        assert guest.page(PLACES.page) == OUTER4
        (alias,) = [one["alias"] for one in people(node)]
        for port in range(10_000, 10_200):
            guest.send(PLACES.page, port, b"x")
        wait_until(lambda: people(node) == [])
        (ban,) = banned(node)

        assert (ban["alias"], ban["reason"]) == (alias, "ports")
        assert "100 ports" in ban["detail"]


def test_what_nobody_asked_for_costs_a_guest_nothing(rig: Rig, daemon: Daemon) -> None:
    """Both floods there are: at the guest's address, and at its port while a flow is open."""
    serve(daemon)
    with ExitStack() as stack:
        guest = stack.enter_context(device(rig.world, "node2", invite(daemon), "wvg0"))
        asked = stack.enter_context(closing(_socket_of(rig, "internet")))
        asked.bind((str(PLACES.page), _PORT))
        flow = stack.enter_context(guest.socket(PLACES.page))
        flow.bind((str(guest.own(PLACES.page)), 40_000))
        flow.sendto(b"asks", (str(PLACES.page), _PORT))
        _, outside = asked.recvfrom(100)
        before = counted(rig, guest, PLACES.page)

        other = stack.enter_context(closing(_socket_of(rig, "internet")))
        other.bind((str(PLACES.page), _PORT + 1))
        for _ in range(500):
            other.sendto(bytes(1_200), outside)
            other.sendto(bytes(1_200), (OUTER4, LISTEN))
        near = stack.enter_context(closing(_socket_of(rig, "lan")))
        own = str(guest.own(PLACES.page))
        rig.world.run("lan", ["ip", "route", "add", f"{own}/32", "via", str(PLACES.client)])
        stack.callback(rig.world.run, "lan", ["ip", "route", "del", f"{own}/32"])
        for _ in range(500):
            near.sendto(bytes(1_200), (own, 40_000))
        time.sleep(_SETTLE_S)
        assert counted(rig, guest, PLACES.page) == before

        # And the one who was asked costs what it sends, so that the zero above means something.
        asked.sendto(b"answer", outside)
        assert flow.recv(100) == b"answer"
        assert counted(rig, guest, PLACES.page)[1] == before[1] + 20 + 8 + len(b"answer")


def test_no_guest_gets_what_was_sent_to_another_or_to_the_node(rig: Rig, daemon: Daemon) -> None:
    """The port-shadow attack: taking the port of somebody else's flow, or of the node itself."""
    serve(daemon)
    with ExitStack() as stack:
        stack.enter_context(led(rig.world))
        phone, laptop = (
            invite(daemon, "phone", OUTER4),
            invite(daemon, "laptop", str(PLACES.client)),
        )
        victim = stack.enter_context(device(rig.world, "node2", phone, "wvg0"))
        # Where nobody else has the node's own port already.
        attacker = stack.enter_context(device(rig.world, "lan", laptop, "wvg1"))
        server = stack.enter_context(closing(_socket_of(rig, "internet")))
        server.bind((str(PLACES.page), _PORT))
        flow = stack.enter_context(victim.socket(PLACES.page))
        flow.bind((str(victim.own(PLACES.page)), 40_000))
        flow.sendto(b"asks", (str(PLACES.page), _PORT))
        _, outside = server.recvfrom(100)
        first, last = ports_of(victim.own(PLACES.page), _MOST)
        tap = stack.enter_context(Tap(rig.world.open_socket))

        lines = []
        for port in (LISTEN, 40_000, *range(first, min(last, first + 200))):
            line = stack.enter_context(attacker.socket(PLACES.page))
            line.bind((str(attacker.own(PLACES.page)), port))
            line.sendto(b"shadow", (str(PLACES.page), _PORT))
            # As if the node's own guests were spoken to: to where one of them comes from.
            line.sendto(b"shadow", (str(PLACES.page), LISTEN))
            lines.append(line)
        time.sleep(_SETTLE_S)
        left = [one.frame for one in tap.take() if b"shadow" in one.frame.payload]
        mine = ports_of(attacker.own(PLACES.page), _MOST)
        assert len(left) >= 200
        assert all(mine[0] <= int(frame.source_port or 0) <= mine[1] for frame in left)

        for number in range(20):
            server.sendto(b"for the victim %d" % number, outside)
            assert flow.recv(100) == b"for the victim %d" % number
        for line in lines:
            line.settimeout(0.0)
            with pytest.raises(BlockingIOError):
                line.recv(100)
        # The victim's tunnel is spoken to anew, past whatever the attacker has opened.
        victim.set_up()
        assert victim.page(PLACES.page6)


def test_refused_kinds_of_traffic_do_not_pass_and_others_do(rig: Rig, phone: Device) -> None:
    daemon = rig.daemons[-1]
    assert phone.connects(PLACES.page, 26)
    assert not phone.connects(PLACES.page, 6_881)
    daemon.call("settings.set", changes={"share_refused_classes": ["other", "mail"]})
    assert phone.connects(PLACES.page, 80)
    for port in (26, 993, 4_000):
        assert not phone.connects(PLACES.page, port)
    daemon.call("settings.set", changes={"share_refused_classes": []})
    assert phone.connects(PLACES.page, 6_881)


def test_a_pause_ends_what_guests_have_and_its_end_brings_it_back(rig: Rig, phone: Device) -> None:
    daemon = rig.daemons[-1]
    assert phone.page(PLACES.page6) == OUTER6
    daemon.call("share.pause", duration_s=3_600)
    assert _cause(daemon.status()) == "share.paused"
    assert not phone.connects(PLACES.page, 80)
    daemon.call("share.resume")
    daemon.until(lambda seen: seen["sharing"]["state"] == "serving")
    assert phone.page(PLACES.page)


def test_hours_that_are_over_hold_the_node_and_are_told(daemon: Daemon) -> None:
    serve(daemon)
    shut = f"{time.strftime('%a', time.gmtime(time.time() + 3 * 86_400)).lower()} 10:00-10:01"
    daemon.call("settings.set", changes={"share_schedule": [shut], "share_time_zone": "UTC"})
    held = daemon.until(lambda seen: bool(seen["sharing"]["cause"]))
    hours = held["sharing"]["schedule"]

    assert _cause(held) == "share.schedule"
    assert (hours["zone"], hours["windows"], hours["open"]) == ("UTC", [shut], False)
    assert hours["changes_utc"]
    daemon.call("settings.set", changes={"share_schedule": []})
    daemon.until(lambda seen: seen["sharing"]["state"] == "serving")


def _cause(seen: Snapshot) -> str | None:
    cause = seen["sharing"]["cause"]
    return None if cause is None else cause["code"]


def _socket_of(rig: Rig, role: str) -> socket.socket:
    made = rig.world.open_socket(role, socket.AF_INET, socket.SOCK_DGRAM)
    made.settimeout(5.0)
    return made
