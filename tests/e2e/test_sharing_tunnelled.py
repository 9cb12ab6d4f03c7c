"""A node whose owner goes through a tunnel: guests are sent to its own address all the same."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import pytest

from tests.e2e.rig import Rig
from tests.e2e.sent import listed_node, sent
from tests.e2e.sharing import OUTER4, led
from tests.e2e.town import LISTED_S, is_listed, sign_up
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_lab.central import CentralHouse
from worldvpn_lab.daemon import is_connected
from worldvpn_lab.map import PLACES
from worldvpn_lab.world import World

pytestmark = pytest.mark.netns


@pytest.fixture
def house(world: World) -> Iterator[CentralHouse]:
    # One for each test: a server checks a network three times a minute at most.
    with CentralHouse.open(world) as standing:
        yield standing


def test_node_that_opens_anew_while_its_owner_is_connected_takes_guests(
    rig: Rig, house: CentralHouse
) -> None:
    with listed_node(rig, house) as daemon:
        daemon.connect("node1")
        daemon.call("share.off")
        daemon.until(lambda seen: seen["sharing"]["state"] == "off" and not is_listed(seen))
        daemon.call("share.on", agree=True)
        daemon.until(is_listed, LISTED_S)

        with sent(rig, house, daemon) as guest:
            assert guest.page(PLACES.page) == OUTER4
        assert is_connected(daemon.status())


def test_daemon_that_starts_into_its_owners_tunnel_takes_guests(
    rig: Rig, house: CentralHouse
) -> None:
    with listed_node(rig, house) as daemon:
        daemon.connect("node1")
        daemon.stop()
        again = rig.start(attrs.evolve(rig.how, config=house.daemon_toml()))
        again.until(is_connected)
        again.until(is_listed, LISTED_S)

        with sent(rig, house, again) as guest:
            assert guest.page(PLACES.page) == OUTER4
        assert is_connected(again.status())


def test_node_whose_address_is_not_known_is_listed_once_its_owner_disconnects(
    rig: Rig, house: CentralHouse
) -> None:
    with led(rig.world):
        daemon = rig.start(attrs.evolve(rig.how, config=house.daemon_toml()))
        daemon.connect("node1")
        sign_up(daemon, f"owner-{rig.place}")
        daemon.call("settings.set", changes={"share_country": "NL"})
        daemon.call("share.on", agree=True)
        daemon.until(lambda seen: "your own tunnel hides" in _reason(seen))
        daemon.disconnect()
        daemon.until(is_listed, LISTED_S)

        daemon.connect("node1")
        with sent(rig, house, daemon) as guest:
            assert guest.page(PLACES.page) == OUTER4


def _reason(seen: Snapshot) -> str:
    server = dict(seen["sharing"]).get("server")
    return str(server["reason"]) if isinstance(server, dict) else ""
