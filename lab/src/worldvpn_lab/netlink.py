"""rtnetlink, written by hand: requests as bytes (pure), and the socket that sends a batch.

A world is some sixty requests; as one batch a namespace they take a millisecond, where
a library's calls take a hundred times that. Source: rtnetlink(7), linux/rtnetlink.h.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Sequence
from ipaddress import IPv4Address
from typing import Final

import attrs

from worldvpn_core.errors import RoutingError
from worldvpn_core.types import IpAddress, IpInterface, IpNetwork

RTM_NEWLINK: Final = 16
RTM_DELLINK: Final = 17
RTM_NEWADDR: Final = 20
RTM_DELADDR: Final = 21
RTM_NEWROUTE: Final = 24
RTM_DELROUTE: Final = 25
RTM_NEWNEIGH: Final = 28

#: ``proto`` of a route: who added it (rtnetlink(7)).
BOOT: Final = 3
RA: Final = 9
DHCP: Final = 16

_ACK: Final = 0x5
_CREATE: Final = 0x600  # NLM_F_CREATE | NLM_F_EXCL
_REPLACE: Final = 0x500  # NLM_F_CREATE | NLM_F_REPLACE
_NLMSG_ERROR: Final = 2
_IFF_UP: Final = 1
_IFA_F_NODAD: Final = 2
_NTF_PROXY: Final = 8
_MAIN_TABLE: Final = 254


def attribute(kind: int, payload: bytes) -> bytes:
    """Return one attribute, padded to four bytes."""
    raw = struct.pack("=HH", 4 + len(payload), kind) + payload
    return raw + bytes(-len(raw) % 4)


def _text(kind: int, value: str) -> bytes:
    return attribute(kind, value.encode() + b"\0")


def _number(kind: int, value: int) -> bytes:
    return attribute(kind, struct.pack("=I", value))


def _message(kind: int, flags: int, body: bytes) -> bytes:
    return struct.pack("=IHHII", 16 + len(body), kind, _ACK | flags, 0, 0) + body


def _link_header(index: int, *, flags: int = 0, change: int = 0) -> bytes:
    return struct.pack("=BxHiII", 0, 0, index, flags, change)


def _family(address: IpAddress) -> int:
    return socket.AF_INET if isinstance(address, IPv4Address) else socket.AF_INET6


@attrs.frozen(kw_only=True)
class VethEnd:
    """One end of a virtual cable, as the kernel is asked for it."""

    name: str
    index: int
    mac: bytes


def new_veth(near: VethEnd, far: VethEnd, far_namespace: int) -> bytes:
    """Ask for a cable: ``near`` here, ``far`` in the namespace of that descriptor."""
    ifla_address, ifla_name, ifla_info, ifla_namespace = 1, 3, 18, 28
    peer = (
        _link_header(far.index)
        + _text(ifla_name, far.name)
        + attribute(ifla_address, far.mac)
        + _number(ifla_namespace, far_namespace)
    )
    info = attribute(1, b"veth") + attribute(2, attribute(1, peer))
    body = (
        _link_header(near.index)
        + _text(ifla_name, near.name)
        + attribute(ifla_address, near.mac)
        + attribute(ifla_info, info)
    )
    return _message(RTM_NEWLINK, _CREATE, body)


def new_link(name: str, kind: str, index: int = 0) -> bytes:
    """Ask for a link of ``kind``, such as ``bridge`` or ``wireguard``; index 0: any."""
    body = _link_header(index) + _text(3, name) + attribute(18, attribute(1, kind.encode()))
    return _message(RTM_NEWLINK, _CREATE, body)


def set_link(index: int, *, up: bool | None = None, master: int | None = None) -> bytes:
    """Bring a link up or down, or make it a port of the bridge ``master``."""
    flags, change = (_IFF_UP if up else 0), (_IFF_UP if up is not None else 0)
    extra = b"" if master is None else _number(10, master)
    return _message(RTM_NEWLINK, 0, _link_header(index, flags=flags, change=change) + extra)


def rename_link(index: int, name: str) -> bytes:
    """Give a link another name (older kernels want it down first)."""
    return _message(RTM_NEWLINK, 0, _link_header(index) + _text(3, name))


def delete_link(index: int) -> bytes:
    """Remove a link."""
    return _message(RTM_DELLINK, 0, _link_header(index))


def _address(kind: int, flags: int, index: int, interface: IpInterface) -> bytes:
    packed = interface.ip.packed
    length = interface.network.prefixlen
    header = struct.pack("=BBBBI", _family(interface.ip), length, _IFA_F_NODAD, 0, index)
    body = header + attribute(1, packed)
    if isinstance(interface.ip, IPv4Address):
        body += attribute(2, packed)
    return _message(kind, flags, body)


def new_address(index: int, interface: IpInterface) -> bytes:
    """Give a link an address, usable at once (no duplicate detection)."""
    return _address(RTM_NEWADDR, _REPLACE, index, interface)


def delete_address(index: int, interface: IpInterface) -> bytes:
    """Take an address from a link."""
    return _address(RTM_DELADDR, 0, index, interface)


def new_proxy(index: int, address: IpAddress) -> bytes:
    """Answer for ``address`` on that link (proxy neighbour discovery)."""
    header = struct.pack("=BxHiHBB", _family(address), 0, index, 0, _NTF_PROXY, 0)
    return _message(RTM_NEWNEIGH, _REPLACE, header + attribute(1, address.packed))


@attrs.frozen(kw_only=True)
class Route:
    """A route of the main table, through the link of that ``index``."""

    to: IpNetwork
    index: int
    via: IpAddress | None = None
    metric: int = 0
    proto: int = BOOT


def _route(kind: int, flags: int, route: Route) -> bytes:
    to = route.to.network_address
    scope = 253 if route.via is None and isinstance(to, IPv4Address) else 0
    header = struct.pack(
        "=BBBBBBBBI",
        *(_family(to), route.to.prefixlen, 0, 0, _MAIN_TABLE, route.proto, scope, 1, 0),
    )
    body = header + attribute(1, to.packed) + _number(4, route.index)
    if route.via is not None:
        body += attribute(5, route.via.packed)
    if route.metric:
        body += _number(6, route.metric)
    return _message(kind, flags, body)


def new_route(route: Route) -> bytes:
    """Add ``route``, or put it in the place of an equal one."""
    return _route(RTM_NEWROUTE, _REPLACE, route)


def delete_route(route: Route) -> bytes:
    """Remove ``route``."""
    return _route(RTM_DELROUTE, 0, route)


class Netlink:
    """A routing socket in some namespace."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line

    def apply(self, requests: Sequence[bytes]) -> None:
        """Send ``requests`` in order as one batch.

        Raises:
            RoutingError: the kernel refused one; those before and after it were done.
        """
        if not requests:
            return
        self._line.send(b"".join(requests))
        refused: list[str] = []
        answered = 0
        while answered < len(requests):
            data = self._line.recv(1 << 16)
            at = 0
            while at < len(data):
                (length, kind) = struct.unpack_from("=IH", data, at)
                if kind == _NLMSG_ERROR:
                    (error,) = struct.unpack_from("=i", data, at + 16)
                    if error:
                        refused.append(f"request {answered}: {os.strerror(-error)}")
                    answered += 1
                at += (length + 3) & ~3
        if refused:
            raise RoutingError(f"the kernel refused {'; '.join(refused)}")

    def close(self) -> None:
        """Close the socket."""
        self._line.close()
