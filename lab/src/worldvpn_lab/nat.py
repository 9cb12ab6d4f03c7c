"""Routers that translate, of each kind, before a node and before its guest.

    client (node) ── lan ── isp ── node2 ── home (guest)
                     └ a router of a kind ┘

Kinds after RFC 3489 §5, as nftables makes them. All keep a flow's port where they can, as the
kernel does, but the symmetric one, which draws another for each destination.
"""

from __future__ import annotations

import enum
import os
from ipaddress import ip_address, ip_interface, ip_network
from typing import TYPE_CHECKING, Final

import attrs

from worldvpn_lab import build, netlink
from worldvpn_lab.map import PLACES
from worldvpn_lab.netlink import VethEnd

if TYPE_CHECKING:
    from worldvpn_lab.world import World

#: Another home, behind the router ``node2``.
HOME: Final = "home"
HOME_ADDRESS: Final = ip_address("192.168.79.10")
_ROUTER_ADDRESS: Final = "192.168.79.1/24"
_ROUTER_LINK: Final = 20
_HOME_LINK: Final = 2


class Kind(enum.StrEnum):
    """How a router translates."""

    #: Whoever sends to a mapping comes in.
    FULL_CONE = "full cone"
    #: Only whom the inside has sent to, address and port.
    PORT_RESTRICTED = "port restricted"
    #: The same, and each destination sees another port.
    SYMMETRIC = "symmetric"


@attrs.frozen(kw_only=True)
class Site:
    """A router, its link to the outside, and the one computer behind it."""

    role: str
    outside: str
    inside: str


NODES_SITE: Final = Site(role="lan", outside="wan0", inside=str(PLACES.client))
GUESTS_SITE: Final = Site(role="node2", outside="eth0", inside=str(HOME_ADDRESS))


def add_home(world: World) -> None:
    """Lay the cable between ``node2`` and the home behind it; ``world`` has the role already."""
    (far,) = world.namespaces([HOME])
    try:
        line = world.netlink(GUESTS_SITE.role)
        near = VethEnd(name="home0", index=_ROUTER_LINK, mac=bytes.fromhex("025756000720"))
        end = VethEnd(name="eth0", index=_HOME_LINK, mac=bytes.fromhex("025756000802"))
        line.apply(
            [
                netlink.new_veth(near, end, far),
                netlink.set_link(_ROUTER_LINK, up=True),
                netlink.new_address(_ROUTER_LINK, ip_interface(_ROUTER_ADDRESS)),
            ]
        )
        line.close()
    finally:
        os.close(far)
    line = world.netlink(HOME)
    line.apply(
        [
            netlink.set_link(1, up=True),
            netlink.set_link(_HOME_LINK, up=True),
            netlink.new_address(_HOME_LINK, ip_interface(f"{HOME_ADDRESS}/24")),
            netlink.new_route(
                netlink.Route(
                    to=ip_network("0.0.0.0/0"),
                    index=_HOME_LINK,
                    via=ip_interface(_ROUTER_ADDRESS).ip,
                    metric=100,
                    proto=netlink.DHCP,
                )
            ),
        ]
    )
    line.close()


def rules(site: Site, kind: Kind) -> str:
    """Return the rules that make ``site``'s router one of ``kind``. Pure."""
    own = f'oifname "{site.outside}" ip saddr {site.inside} '
    translated = {
        Kind.FULL_CONE: "masquerade",
        Kind.PORT_RESTRICTED: "masquerade",
        Kind.SYMMETRIC: "meta l4proto udp masquerade fully-random",
    }[kind]
    led = ""
    if kind is Kind.FULL_CONE:
        led = (
            "  chain pre { type nat hook prerouting priority dstnat; policy accept;\n"
            f'    iifname "{site.outside}" udp dport 1024-65535 dnat ip to {site.inside}\n  }}\n'
        )
    return (
        "table inet lab_kind\ndelete table inet lab_kind\n"
        "table inet lab_kind {\n"
        "  chain post { type nat hook postrouting priority srcnat - 5; policy accept;\n"
        f"    {own}{translated}\n  }}\n{led}"
        # As routers do: what nobody asked for is not theirs, and leaves no trace of a flow.
        "  chain in { type filter hook input priority filter; policy accept;\n"
        f'    iifname "{site.outside}" meta l4proto udp ct state new drop\n  }}\n}}\n'
    )


def become(world: World, site: Site, kind: Kind) -> None:
    """Let ``site``'s router be one of ``kind`` from now on; flows that stand go on.

    Raises:
        EngineError: nft refused.
    """
    build.load_rules(world, site.role, rules(site, kind))
