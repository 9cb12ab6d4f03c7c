"""Whoever lies of what was carried is paid no more for it, and takes no more than one float."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import attrs
import pytest

from tests.e2e.liars import (
    Onlooker,
    Signed,
    begin_again,
    downloading,
    dropped,
    lying,
    session_key,
    sessions_of,
    until_final,
    until_known,
)
from tests.e2e.rig import Rig
from tests.e2e.stranger import Seat, Stranger
from tests.e2e.test_receipts import until_counted
from tests.e2e.town import LISTED_S, Town, connect, is_listed, wait_until
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_core.central.replies import Outcome
from worldvpn_core.credit.receipt import read_receipt
from worldvpn_core.credit.units import MEBIBYTE
from worldvpn_killswitch.meter import DOWN, TABLE
from worldvpn_lab.daemon import Daemon, is_connected
from worldvpn_lab.demo.settling import Purse
from worldvpn_lab.device import Device
from worldvpn_lab.map import PLACES
from worldvpn_lab.world import World
from worldvpn_server.sessions import caps

pytestmark = pytest.mark.netns

FLOAT_BYTES, SMALL_FLOAT_BYTES = 4 * MEBIBYTE, MEBIBYTE // 4
#: What is sent in vain is not carried, but the onlooker sees it go.
VAIN_BYTES = 65_536
#: What passes in the moment between a count and the room that is made of it comes on top.
SLIP_BYTES = MEBIBYTE // 4
#: The node in one country tells three times what it has carried; the other is honest.
LIAR, HONEST = "DE", "FR"
_EARN = 6


@pytest.fixture(scope="module")
def town(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    inflating = lying(tmp_path_factory.mktemp("inflating"), 300)
    with Town.standing(world, {"node1": inflating}) as standing:
        yield standing


@pytest.fixture
def onlooker(world: World) -> Iterator[Onlooker]:
    with Onlooker.watching(world) as watching:
        yield watching


def fell_for_counts(seen: Snapshot) -> bool:
    return "counts-differ" in str(seen["tunnel"]["cause"])


@attrs.frozen
class Pair:
    """Through which node a guest goes, and how much of its count it tells."""

    place: str
    percent: int

    @property
    def role(self) -> str:
        return "node1" if self.place == LIAR else "node2"


@pytest.mark.parametrize(
    "pair",
    [Pair(LIAR, 100), Pair(HONEST, 33), Pair(LIAR, 33)],
    ids=["node inflates", "guest deflates", "both lie"],
)
def test_liar_is_left_within_a_float_and_paid_no_more_than_was_carried(
    rig: Rig, town: Town, onlooker: Onlooker, tmp_path: Path, pair: Pair
) -> None:
    change = None if pair.percent == 100 else lying(tmp_path, pair.percent)
    node = town.nodes[pair.role]
    before = Purse.of(node)
    with town.guest(rig, f"guest-{pair.percent}-of-{pair.role}", change=change) as guest:
        connect(guest, pair.place)
        with downloading(rig.world):
            guest.until(fell_for_counts)
        carried = onlooker.until_still()
        guest.disconnect()
        sessions = until_final(town, town.made["user_id"])
    settled = sum(each.settled_bytes for each in sessions)
    wait_until(lambda: Purse.of(node).total - before.total == _EARN * settled)
    assert 0 < settled <= onlooker.passed()
    assert carried - settled <= FLOAT_BYTES + carried // 20 + MEBIBYTE


def is_let_in(world: World, seat: Seat) -> bool:
    """Say whether the honest node counts that guest, and so carries for it."""
    argv = ["ip", "netns", "exec", "wvnode", "nft", "list", "set", "inet", TABLE, DOWN[4]]
    done = world.run("node2", argv)
    return done.status == 0 and f" {seat.granted.assigned4} " in done.stdout


def taken(world: World, onlooker: Onlooker, seat: Seat) -> int:
    """Let a stranger take what it gets and answer for nothing; return how much that was."""
    before = onlooker.carried()
    # A first handshake that is lost is repeated after five seconds.
    wait_until(lambda: is_let_in(world, seat))
    with seat.tunnel(world) as tunnel, downloading(world, str(tunnel.own(PLACES.page))):
        wait_until(lambda: onlooker.carried() - before > SMALL_FLOAT_BYTES // 2)
        return onlooker.until_still() - before


def test_floats_farmed_with_a_false_last_word_become_small_ones(
    world: World, town: Town, onlooker: Onlooker
) -> None:
    before = Purse.of(town.nodes["node2"])
    with Stranger.registered(town, "farmer") as farmer:
        for _ in range(3):
            seat = farmer.open(HONEST)
            assert taken(world, onlooker, seat) <= FLOAT_BYTES + SLIP_BYTES + VAIN_BYTES
            farmer.end(seat, seat.word(0))
        claimed = onlooker.carried() - 3 * VAIN_BYTES
        assert claimed > 2 * FLOAT_BYTES, "nothing was farmed"
        wait_until(
            lambda: sum(each.node_bytes for each in sessions_of(town, farmer.user_id)) >= claimed
        )
        for _ in range(7):
            seat = farmer.open(HONEST)
            assert taken(world, onlooker, seat) <= SMALL_FLOAT_BYTES + SLIP_BYTES + VAIN_BYTES
            farmer.end(seat, seat.word(0))
    assert onlooker.carried() <= caps.REFUSED_BYTES + FLOAT_BYTES
    assert Purse.of(town.nodes["node2"]) == before


def test_floats_farmed_without_a_last_word_are_no_more_than_can_be_held_for(
    world: World, town: Town, onlooker: Onlooker
) -> None:
    held_bytes = 0
    with Stranger.registered(town, "mute") as mute:
        while seat := mute.opened(HONEST):
            held_bytes += seat.granted.cap_bytes
            taken(world, onlooker, seat)
            mute.end(seat, None)
    assert onlooker.carried() > 2 * FLOAT_BYTES, "nothing was farmed"
    assert onlooker.carried() <= held_bytes // caps.LEAST_BYTES * (FLOAT_BYTES + SLIP_BYTES)


def is_answered(world: World, guest: Device) -> bool:
    """Say whether the guest's engine has come to terms with the node's."""
    guest.send(PLACES.page, 9, b"anybody?")
    shown = world.run(guest.role, ["wg", "show", guest.interface, "latest-handshakes"]).checked()
    return shown.split()[-1] != "0"


def is_turned_away(world: World, guest: Device) -> bool:
    """Say whether the node does not know the guest's key any more."""
    guest.set_up()
    return not guest.connects(PLACES.page, 80) and not is_answered(world, guest)


def test_ticket_that_comes_again_after_a_restart_grants_nothing_again(
    world: World, town: Town, onlooker: Onlooker
) -> None:
    before = Purse.of(town.nodes["node2"])
    with Stranger.registered(town, "replayer") as replayer:
        seat = replayer.open(HONEST)
        wait_until(lambda: is_let_in(world, seat))
        with seat.tunnel(world) as tunnel:
            with downloading(world, str(tunnel.own(PLACES.page))):
                wait_until(lambda: onlooker.carried() > FLOAT_BYTES // 2)
                carried = onlooker.until_still()
            town.nodes["node2"].vanish()
            node = town.share("node2")
            # The server has not ended the session: it hands its ticket to the node again.
            wait_until(lambda: is_let_in(world, seat))
            tunnel.set_up()
            wait_until(lambda: is_answered(world, tunnel))
            assert not tunnel.connects(PLACES.page, 80)
            replayer.end(seat, seat.word(0))
            wait_until(lambda: is_turned_away(world, tunnel))
    node.until(is_listed, LISTED_S)
    assert onlooker.carried() <= carried + VAIN_BYTES
    assert Purse.of(node) == before


def downloaded(rig: Rig, onlooker: Onlooker, guest: Daemon) -> None:
    """Let some MiB come down, and both ends sign for part of it."""
    before = onlooker.carried()
    with downloading(rig.world):
        wait_until(lambda: onlooker.carried() - before > 3 * MEBIBYTE)
    onlooker.until_still()
    until_counted(rig.world, guest)


def test_receipts_that_come_again_late_or_in_two_versions_move_nothing(
    rig: Rig, town: Town, onlooker: Onlooker
) -> None:
    node = town.nodes["node2"]
    with town.guest(rig, "thrifty") as guest:
        connect(guest, HONEST)
        downloaded(rig, onlooker, guest)
        guest.disconnect()
        (session,) = until_known(town, town.made["user_id"])
        purses = Purse.of(guest), Purse.of(node)
        signed = Signed.of(node, session.id)
        every = (*signed.node, *signed.guest)
        with Stranger.signed_in(town, "owner-of-node2") as owner:
            older = owner.hands_in(every[::-1])
            again = owner.hands_in(every)
            assert sessions_of(town, town.made["user_id"]) == (session,)
            assert (Purse.of(guest), Purse.of(node)) == purses

            last = read_receipt(signed.node[-1])
            more = attrs.evolve(last, down_bytes=last.down_bytes + 100 * MEBIBYTE)
            forged = more.sign(session_key(town, "node2", session.id))
            twice = owner.hands_in((forged, forged))
        (after,) = sessions_of(town, town.made["user_id"])
    assert len(signed.node) > 1, "there was no older one"
    assert set(older) == {Outcome.ACCEPTED, Outcome.DUPLICATE}
    assert set(again) == {Outcome.DUPLICATE}
    assert twice == (Outcome.EQUIVOCATION, Outcome.DUPLICATE)
    assert after.node_equivocations == after.equivocations == 1
    assert after.settled_bytes <= after.guest_bytes == session.guest_bytes <= onlooker.passed()


def test_receipts_that_are_dropped_hold_the_traffic_up_and_are_made_good_for(
    rig: Rig, town: Town, onlooker: Onlooker
) -> None:
    with town.guest(rig, "patient") as guest:
        connect(guest, HONEST)
        downloaded(rig, onlooker, guest)
        before = onlooker.carried()
        with downloading(rig.world):
            with dropped(rig.world, "node2"):
                wait_until(lambda: onlooker.carried() - before > FLOAT_BYTES // 2)
                held_up = onlooker.until_still() - before
            wait_until(lambda: onlooker.carried() - before > held_up + FLOAT_BYTES)
        carried = onlooker.until_still()
        assert is_connected(guest.status())
        guest.disconnect()
        (session,) = until_known(town, town.made["user_id"])
    assert held_up <= FLOAT_BYTES + SLIP_BYTES + VAIN_BYTES
    assert carried - VAIN_BYTES <= session.settled_bytes <= onlooker.passed()


def test_counters_that_begin_again_pay_nothing_twice_and_lose_nothing_that_was_read(
    rig: Rig, town: Town, onlooker: Onlooker
) -> None:
    with town.guest(rig, "begun-again") as guest:
        seen = connect(guest, HONEST)
        downloaded(rig, onlooker, guest)
        begin_again(rig.world, seen)
        downloaded(rig, onlooker, guest)
        carried = onlooker.carried()
        assert is_connected(guest.status())
        guest.disconnect()
        (session,) = until_known(town, town.made["user_id"])
    assert carried - VAIN_BYTES <= session.settled_bytes <= onlooker.passed()


def test_counters_that_begin_again_on_the_way_pay_nothing_twice(
    rig: Rig, town: Town, onlooker: Onlooker
) -> None:
    with town.guest(rig, "begun-often") as guest:
        seen = connect(guest, HONEST)
        with downloading(rig.world):
            for mebibytes in range(1, 6):
                wait_until(partial(has_carried, onlooker, mebibytes))
                begin_again(rig.world, seen)
        onlooker.until_still()
        # What one end has missed the other has not: that may be too much for going on.
        now = guest.status()
        assert is_connected(now) or fell_for_counts(now)
        guest.disconnect()
        sessions = until_final(town, town.made["user_id"])
    assert 0 < sum(each.guest_bytes for each in sessions) <= onlooker.passed()


def has_carried(onlooker: Onlooker, mebibytes: int) -> bool:
    return onlooker.carried() >= mebibytes * MEBIBYTE
