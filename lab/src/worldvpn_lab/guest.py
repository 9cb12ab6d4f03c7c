"""A virtual machine on the client, bridged onto the LAN: its frames pass no IP hook.

The client's third network card is a port of a bridge; the guest is the other port. The
client itself has no address there, as a host that lends a card to its guests.
"""

from __future__ import annotations

import os
import socket
from ipaddress import ip_interface
from typing import TYPE_CHECKING, Final

from worldvpn_lab import netlink
from worldvpn_lab.map import GUEST, Cable, End
from worldvpn_lab.oracle.tap import Point

if TYPE_CHECKING:
    from worldvpn_lab.world import World

BRIDGE: Final = "br0"
_BRIDGE_INDEX: Final = 21

CARD: Final = Cable(
    near=End(role="client", name="eth2", index=22),
    far=End(
        role="lan",
        name="lan2",
        index=22,
        addresses=(ip_interface("192.168.79.1/24"), ip_interface("2001:db8:77:3::1/64")),
    ),
)
PORT: Final = Cable(
    near=End(role="client", name="vm0", index=23),
    far=End(
        role=GUEST,
        name="eth0",
        index=2,
        addresses=(ip_interface("192.168.79.10/24"), ip_interface("2001:db8:77:3::10/64")),
    ),
)
#: Where the guest's frames come out.
GUEST_LAN: Final = Point(role=CARD.far.role, device=CARD.far.name)


def attach(world: World) -> None:
    """Plug the third card in, bridge it, and bridge the guest to it."""
    lan, guest = world.namespaces(("lan", GUEST))
    try:
        _apply(
            world,
            "client",
            [
                netlink.new_link(BRIDGE, "bridge", _BRIDGE_INDEX),
                netlink.new_veth(CARD.near.veth, CARD.far.veth, lan),
                netlink.new_veth(PORT.near.veth, PORT.far.veth, guest),
                *(
                    netlink.set_link(end.index, up=True, master=_BRIDGE_INDEX)
                    for end in (CARD.near, PORT.near)
                ),
                netlink.set_link(_BRIDGE_INDEX, up=True),
            ],
        )
    finally:
        os.close(lan)
        os.close(guest)
    for end in (CARD.far, PORT.far):
        _apply(
            world,
            end.role,
            [
                netlink.set_link(end.index, up=True),
                *(netlink.new_address(end.index, address) for address in end.addresses),
            ],
        )


def detach(world: World) -> None:
    """Take guest, bridge and card away."""
    doomed = (PORT.near.index, CARD.near.index, _BRIDGE_INDEX)
    _apply(world, "client", [netlink.delete_link(index) for index in doomed])


def line_of(world: World) -> socket.socket:
    """Return the socket on which the guest's own frames are sent, header and all."""
    line = world.open_socket(GUEST, socket.AF_PACKET, socket.SOCK_RAW)
    line.bind((PORT.far.name, 0))
    return line


def _apply(world: World, role: str, requests: list[bytes]) -> None:
    line = world.netlink(role)
    try:
        line.apply(requests)
    finally:
        line.close()
