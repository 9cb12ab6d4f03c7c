"""The pair of interfaces that joins a namespace: links, addresses and routes for rtnetlink.

None of it carries our protocol number: it goes with its interface, and is no part of the
routing that ``KernelRouting`` keeps.
"""

from __future__ import annotations

import struct
from typing import Final

from worldvpn_core.types import IpAddress, IpInterface, IpNetwork
from worldvpn_host.link_codec import INFO_KIND, LINKINFO, RTM_NEWLINK
from worldvpn_host.netlink import (
    NLM_F_CREATE,
    NLM_F_EXCLUSIVE,
    Request,
    attribute,
    attribute_text,
    attribute_u32,
)
from worldvpn_host.route_codec import (
    ADDRESS_HEADER,
    ROUTE_HEADER,
    RTA_DST,
    RTA_GATEWAY,
    RTA_OIF,
    RTM_NEWADDR,
    RTM_NEWROUTE,
)
from worldvpn_host.routes import MAIN, family_of

_LINK_HEADER: Final = struct.Struct("=BBHiII")
_IFNAME: Final = 3
_NAMESPACE_DESCRIPTOR: Final = 28
_INFO_DATA: Final = 2
_PEER: Final = 1
_ADDRESS: Final = 1
_LOCAL: Final = 2
#: Nobody else can be there: an address need not be looked for first.
_NODAD: Final = 0x02
_BOOT: Final = 3
_SCOPE_LINK: Final = 253
_UNICAST: Final = 1


def make_pair(name: str, inner: str, namespace: int) -> Request:
    """Return the request for ``name`` here and ``inner`` in the namespace of that descriptor."""
    empty = _LINK_HEADER.pack(0, 0, 0, 0, 0, 0)
    peer = empty + attribute_text(_IFNAME, inner) + attribute_u32(_NAMESPACE_DESCRIPTOR, namespace)
    info = attribute_text(INFO_KIND, "veth") + attribute(_INFO_DATA, attribute(_PEER, peer))
    return Request(
        kind=RTM_NEWLINK,
        flags=NLM_F_CREATE | NLM_F_EXCLUSIVE,
        body=empty + attribute_text(_IFNAME, name) + attribute(LINKINFO, info),
        purpose=f"make the interfaces {name} and {inner}",
    )


def give_address(index: int, interface: IpInterface) -> Request:
    """Return the request that gives a link an address, usable at once."""
    length = interface.network.prefixlen
    packed = interface.ip.packed
    header = ADDRESS_HEADER.pack(family_of(interface.network), length, _NODAD, 0, index)
    return Request(
        kind=RTM_NEWADDR,
        flags=NLM_F_CREATE | NLM_F_EXCLUSIVE,
        body=header + attribute(_LOCAL, packed) + attribute(_ADDRESS, packed),
        purpose=f"set the address {interface}",
    )


def lead(to: IpNetwork, index: int, via: IpAddress | None = None) -> Request:
    """Return the request for a route of the main table into a link, by a gateway or not."""
    scope = _SCOPE_LINK if via is None else 0
    header = ROUTE_HEADER.pack(family_of(to), to.prefixlen, 0, 0, MAIN, _BOOT, scope, _UNICAST, 0)
    body = header + attribute_u32(RTA_OIF, index)
    if to.prefixlen:
        body += attribute(RTA_DST, to.network_address.packed)
    if via is not None:
        body += attribute(RTA_GATEWAY, via.packed)
    return Request(
        kind=RTM_NEWROUTE,
        flags=NLM_F_CREATE | NLM_F_EXCLUSIVE,
        body=body,
        purpose=f"set a route to {to}",
    )
