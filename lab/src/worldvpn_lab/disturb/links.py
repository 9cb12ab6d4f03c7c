"""Network cards that come, go, and change their names."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from ipaddress import ip_address, ip_interface, ip_network
from typing import Final

import attrs

from worldvpn_core.errors import RoutingError
from worldvpn_lab import build, netlink
from worldvpn_lab.disturb.scene import Scene
from worldvpn_lab.map import HOPS, SECOND_UPLINK, UPLINK, Cable, End
from worldvpn_lab.oracle.tap import Point

_OUTAGE_S: Final = 0.05
_RENAMED: Final = "wan7"

#: A card nobody knew of: it appears with a lease and the best default route of all.
NEW_CARD: Final = Cable(
    near=End(
        role="client",
        name="eth9",
        index=31,
        addresses=(ip_interface("192.168.80.10/24"), ip_interface("2001:db8:77:4::10/64")),
    ),
    far=End(
        role="lan",
        name="lan9",
        index=31,
        addresses=(
            ip_interface("192.168.80.1/24"),
            ip_interface("2001:db8:77:4::1/64"),
            ip_interface("fe80::1/64"),
        ),
    ),
)
NEW_LAN: Final = Point(role=NEW_CARD.far.role, device=NEW_CARD.far.name)

_EVERYTHING4: Final = ip_network("0.0.0.0/0")
_EVERYTHING6: Final = ip_network("::/0")


def _lease() -> list[bytes]:
    """Return what the client's DHCP and the router's advertisements set on the uplink."""
    routes = [build.route(hop) for hop in HOPS if hop.role == "client"]
    return [*build.bring_up(UPLINK.near), *map(netlink.new_route, routes)]


def _defaults(cable: Cable, metric: int) -> list[netlink.Route]:
    routers = (cable.far.addresses[0].ip, ip_address("fe80::1"))
    return [
        netlink.Route(to=to, index=cable.near.index, via=via, metric=metric, proto=netlink.DHCP)
        for to, via in zip((_EVERYTHING4, _EVERYTHING6), routers, strict=True)
    ]


@contextlib.contextmanager
def unplugged(scene: Scene) -> Iterator[None]:
    """Take the uplink down; when it is up again, its lease comes back as DHCP brings it."""
    scene.ask("client", [netlink.set_link(UPLINK.near.index, up=False)])
    try:
        yield
    finally:
        scene.ask("client", _lease())


@contextlib.contextmanager
def flap(scene: Scene) -> Iterator[None]:
    """Take the uplink down and up again."""
    with unplugged(scene):
        time.sleep(_OUTAGE_S)
    yield


@contextlib.contextmanager
def second_uplink(scene: Scene) -> Iterator[None]:
    """Bring up the second card, with default routes that are preferred to the first's."""
    end = SECOND_UPLINK.near
    defaults = [netlink.new_route(route) for route in _defaults(SECOND_UPLINK, 50)]
    scene.ask("client", [*build.bring_up(attrs.evolve(end, up=True)), *defaults])
    scene.ask("lan", build.bring_up(SECOND_UPLINK.far))
    try:
        yield
    finally:
        scene.undo("client", [netlink.set_link(end.index, up=False)])
        gone = [netlink.delete_address(end.index, address) for address in end.addresses]
        scene.undo("client", gone)


@contextlib.contextmanager
def renamed(scene: Scene) -> Iterator[None]:
    """Rename the uplink, as udev or a user does."""
    _rename(scene, _RENAMED)
    try:
        yield
    finally:
        _rename(scene, UPLINK.near.name)


def _rename(scene: Scene, name: str) -> None:
    index = UPLINK.near.index
    try:
        scene.ask("client", [netlink.rename_link(index, name)])
    except RoutingError:
        # Older kernels rename only what is down.
        down = netlink.set_link(index, up=False)
        scene.ask("client", [down, netlink.rename_link(index, name), *_lease()])


@contextlib.contextmanager
def new_card(scene: Scene) -> Iterator[None]:
    """Plug in a card that was not there, with a lease and default routes of metric 10."""
    (lan,) = scene.world.namespaces(["lan"])
    try:
        scene.ask("client", [netlink.new_veth(NEW_CARD.near.veth, NEW_CARD.far.veth, lan)])
    finally:
        os.close(lan)
    scene.ask("lan", build.bring_up(NEW_CARD.far))
    defaults = [netlink.new_route(route) for route in _defaults(NEW_CARD, 10)]
    scene.ask("client", [*build.bring_up(NEW_CARD.near), *defaults])
    try:
        yield
    finally:
        scene.undo("client", [netlink.delete_link(NEW_CARD.near.index)])
