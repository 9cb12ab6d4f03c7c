"""Links as rtnetlink writes them (rtnetlink(7), linux/if_link.h)."""

from __future__ import annotations

import struct
from typing import Final

from worldvpn_core.contracts import LinkFacts
from worldvpn_host.netlink import (
    NLM_F_CREATE,
    NLM_F_EXCLUSIVE,
    Request,
    attribute,
    attribute_text,
    attribute_u32,
    attributes,
    text,
    u32,
)

RTM_NEWLINK: Final = 16
RTM_DELLINK: Final = 17
RTM_GETLINK: Final = 18

IFF_UP: Final = 0x1
IFF_LOOPBACK: Final = 0x8
IFF_RUNNING: Final = 0x40

_HEADER: Final = struct.Struct("=BBHiII")
#: struct rtnl_link_stats64 begins with packets and bytes, each received and sent.
_STATISTICS: Final = struct.Struct("=QQQQ")
_IFNAME: Final = 3
_MTU: Final = 4
LINK: Final = 5
_MASTER: Final = 10
LINKINFO: Final = 18
_STATISTICS_64: Final = 23
INFO_KIND: Final = 1
_EXT_MASK: Final = 29
LINK_NETNSID: Final = 37
_PROP_LIST: Final = 52
_ALT_IFNAME: Final = 53
_SKIP_STATISTICS: Final = 1 << 3

#: Body of the request that lists every link, without its counters.
ALL_LINKS: Final = _HEADER.pack(0, 0, 0, 0, 0, 0) + attribute_u32(_EXT_MASK, _SKIP_STATISTICS)


def family_and_flags(body: bytes) -> tuple[int, int]:
    """Return the address family a link message speaks of, and the link's IFF_* flags."""
    family, _, _, _, flags, _ = _HEADER.unpack_from(body)
    return family, flags


def read_link(body: bytes) -> LinkFacts:
    """Return the link that a message describes."""
    _, _, _, index, flags, _ = _HEADER.unpack_from(body)
    found = dict(attributes(body, _HEADER.size))
    kind = next((text(d) for k, d in attributes(found.get(LINKINFO, b"")) if k == INFO_KIND), "")
    lower = u32(found.get(LINK, b""))
    # A veth's IFLA_LINK is its peer, and one with a namespace id is not of this host.
    if kind == "veth" or LINK_NETNSID in found or lower == index:
        lower = 0
    return LinkFacts(
        name=text(found.get(_IFNAME, b"")),
        index=index,
        kind=kind,
        is_up=bool(flags & IFF_UP),
        is_loopback=bool(flags & IFF_LOOPBACK),
        mtu_bytes=u32(found.get(_MTU, b"")),
        master=u32(found.get(_MASTER, b"")),
        lower=lower,
        alternative_names=tuple(
            text(data)
            for kind_, data in attributes(found.get(_PROP_LIST, b""))
            if kind_ == _ALT_IFNAME
        ),
    )


def ask_link(name: str) -> Request:
    """Return the request that reads one link, with its counters."""
    return Request(
        kind=RTM_GETLINK,
        body=_HEADER.pack(0, 0, 0, 0, 0, 0) + attribute_text(_IFNAME, name),
        purpose=f"read the interface {name}",
    )


def read_volume(body: bytes) -> tuple[int, int, int] | None:
    """Return a link's index, and the bytes it has received and sent; None without counters."""
    _, _, _, index, _, _ = _HEADER.unpack_from(body)
    data = dict(attributes(body, _HEADER.size)).get(_STATISTICS_64, b"")
    if len(data) < _STATISTICS.size:
        return None
    _, _, received_bytes, sent_bytes = _STATISTICS.unpack_from(data)
    return index, received_bytes, sent_bytes


def make_link(name: str, kind: str) -> Request:
    """Return the request that makes a link."""
    info = attribute(LINKINFO, attribute_text(INFO_KIND, kind))
    return Request(
        kind=RTM_NEWLINK,
        flags=NLM_F_CREATE | NLM_F_EXCLUSIVE,
        body=_HEADER.pack(0, 0, 0, 0, 0, 0) + attribute_text(_IFNAME, name) + info,
        purpose=f"make the {kind} interface {name}",
    )


def remove_link(name: str, *, harmless: frozenset[int]) -> Request:
    """Return the request that removes a link."""
    return Request(
        kind=RTM_DELLINK,
        body=_HEADER.pack(0, 0, 0, 0, 0, 0) + attribute_text(_IFNAME, name),
        purpose=f"remove the interface {name}",
        harmless=harmless,
    )


def raise_link(name: str) -> Request:
    """Return the request that brings a link up."""
    return Request(
        kind=RTM_NEWLINK,
        body=_HEADER.pack(0, 0, 0, 0, IFF_UP, IFF_UP) + attribute_text(_IFNAME, name),
        purpose=f"bring the interface {name} up",
    )


def resize_link(name: str, mtu_bytes: int) -> Request:
    """Return the request that sets a link's MTU."""
    return Request(
        kind=RTM_NEWLINK,
        body=_HEADER.pack(0, 0, 0, 0, 0, 0)
        + attribute_text(_IFNAME, name)
        + attribute_u32(_MTU, mtu_bytes),
        purpose=f"set the MTU of {name} to {mtu_bytes}",
    )
