"""A node behind a router: what leads guests to it is asked for, kept, and given back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from tests.e2e.rig import Rig
from tests.e2e.town import LISTED_S, is_listed, sign_up
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_lab.central import CentralHouse
from worldvpn_lab.daemon import Daemon, Part, is_connected
from worldvpn_lab.upnp import Router
from worldvpn_lab.world import World

SHARE_PORT = 51_840
#: The server checks a network three times a minute, whosever nodes are there.
CHECKED_S = 150.0
#: Asked again after 15 s, a router that has forgotten is known.
NOTICED_S = 50.0
LED_HERE = f"dport {SHARE_PORT} dnat ip to 192.168.77.10:{SHARE_PORT}"


@pytest.fixture(scope="module")
def house(world: World) -> Iterator[CentralHouse]:
    with CentralHouse.open(world) as standing:
        yield standing


def reach(seen: Snapshot) -> dict[str, object]:
    found = dict(seen["sharing"]).get("reach")
    return found if isinstance(found, dict) else {"way": None, "reason": None}


def goes(way: str) -> Callable[[Snapshot], bool]:
    return lambda seen: reach(seen)["way"] == way


def share(rig: Rig, house: CentralHouse, name: str, **chosen: object) -> Daemon:
    daemon = rig.start(rig.how_with(house.daemon_toml()))
    sign_up(daemon, name)
    changes = {"share_port": SHARE_PORT, "share_country": "DE", **chosen}
    daemon.call("settings.set", changes=changes)
    daemon.call("share.on", agree=True)
    return daemon


def until(holds: Callable[[], bool], limit_s: float = NOTICED_S) -> None:
    deadline_s = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < deadline_s, "it never came"
        time.sleep(0.2)


def test_address_that_the_owner_gives_is_announced_and_the_router_not_asked(
    rig: Rig, house: CentralHouse, world: World
) -> None:
    rule = f"iifname wan0 udp dport 4001 dnat to 192.168.77.10:{SHARE_PORT}"
    chain = f"chain in {{\n type nat hook prerouting priority -100;\n {rule}\n }}"
    world.run(
        "lan", ["nft", "-f", "-"], stdin=f"table ip led {{\n {chain}\n}}\n".encode()
    ).checked()
    with Router(world) as router:
        daemon = share(rig, house, "owner-manual", share_endpoint="192.0.2.77:4001")
        try:
            seen = daemon.until(is_listed, CHECKED_S)
        finally:
            world.run("lan", ["nft", "delete", "table", "ip", "led"])

        assert (reach(seen)["way"], router.ports()) == ("manual", "")


@pytest.mark.parametrize("protocols", [("nat-pmp",), ("upnp",)], ids=["pcp", "upnp"])
def test_router_is_asked_while_the_node_serves_and_gives_the_port_up_after_that(
    rig: Rig, house: CentralHouse, world: World, protocols: tuple[str, ...]
) -> None:
    with Router(world, protocols=protocols) as router:
        daemon = share(rig, house, f"owner-{protocols[0]}")
        daemon.until(goes("mapped"))
        assert LED_HERE in router.ports()
        daemon.until(is_listed, CHECKED_S)

        daemon.call("share.off")

        until(lambda: router.ports() == "")


def test_router_that_restarts_is_asked_anew_while_the_owners_own_tunnel_is_up(
    rig: Rig, house: CentralHouse, world: World
) -> None:
    with Router(world) as router:
        daemon = share(rig, house, "owner-restarts")
        daemon.until(goes("mapped"))
        daemon.connect(daemon.import_profile("node1"))
        daemon.until(is_connected)

        router.stop()
        router.start()

        until(lambda: LED_HERE in router.ports())
        assert is_connected(daemon.status())


def test_what_a_killed_daemon_has_left_on_the_router_goes_at_its_next_start(
    rig: Rig, house: CentralHouse, world: World
) -> None:
    with Router(world) as router:
        daemon = share(rig, house, "owner-killed")
        daemon.until(goes("mapped"))
        daemon.kill(Part.DAEMON)
        assert LED_HERE in router.ports()

        again = rig.start(rig.how_with(house.daemon_toml()))
        again.call("share.off")

        until(lambda: router.ports() == "")


def test_router_that_does_not_answer_is_the_reason_told(rig: Rig, house: CentralHouse) -> None:
    daemon = share(rig, house, "owner-alone")

    seen = daemon.until(lambda now: reach(now)["reason"] == "router-silent", LISTED_S)

    assert "51840" in str(reach(seen)["advice"])
