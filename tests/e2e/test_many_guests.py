"""Many guests of one node at the same time: each is counted for itself, to the byte."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from worldvpn_lab.central import CentralHouse
from worldvpn_lab.crowd.gathered import Crowd, metered
from worldvpn_lab.daemon import Daemon
from worldvpn_lab.demo import network
from worldvpn_lab.world import World

pytestmark = pytest.mark.netns

_GUESTS = 24
_SECONDS = 15.0
_LISTED_S = 40.0
#: IP's headers, UDP's, and 1,000 bytes, at least once a second and both ways.
_LEAST_BYTES = 2 * int(_SECONDS) * 1_028


@pytest.fixture
def house(world: World) -> Iterator[CentralHouse]:
    with CentralHouse.open(world) as standing:
        yield standing


@pytest.fixture
def node(world: World, house: CentralHouse) -> Iterator[Daemon]:
    with network.sharing_node(world, house, "node1", share_guests=_GUESTS) as daemon:
        daemon.until(network.is_listed, _LISTED_S)
        yield daemon
    world.run("node1", [*daemon.started.program, "reset", *daemon.started.options]).checked()


def test_each_of_many_guests_is_counted_and_signs_to_the_byte(
    world: World, house: CentralHouse, node: Daemon
) -> None:
    with Crowd.gathered(world, house, "lan", node, _GUESTS) as crowd:
        was = metered(world, "node1")
        told = crowd.carry(_SECONDS)
        now = metered(world, "node1")
        left = crowd.leave()

    assert len({each.address for each in told}) == _GUESTS
    assert min(each.total_bytes for each in told) >= _LEAST_BYTES
    for each in told:
        up_bytes, down_bytes = (
            after - before
            for before, after in zip(was[each.address], now[each.address], strict=True)
        )
        assert (up_bytes, down_bytes) == (each.up_bytes, each.down_bytes)
    assert min(each.answered for each in left) > 0
    assert [each.signed_bytes for each in left] == [each.total_bytes for each in left]
