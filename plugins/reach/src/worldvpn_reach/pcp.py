"""PCP (RFC 6887 §7, §11) and NAT-PMP (RFC 6886 §3): datagrams in and out. Pure."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from worldvpn_core.reach.values import (
    LONGEST_LEASE_S,
    Mapped,
    MapPort,
    NotMapped,
    Protocol,
    Unmapped,
)

_UDP: Final = 17
_PCP_VERSION: Final = 2
_MAP: Final = 1
_ANSWER: Final = 0x80
#: Version, opcode, reserved, lifetime, client; then nonce, protocol, ports, address.
_PCP_REQUEST: Final = struct.Struct("!BBHI16s12sB3xHH16s")
#: Version, opcode, reserved, result, lifetime, epoch; then as the request.
_PCP_ANSWER: Final = struct.Struct("!BBBBII12x12sB3xHH16s")
_PMP_REQUEST: Final = struct.Struct("!BBHHHI")
_PMP_ANSWER: Final = struct.Struct("!BBHIHHI")
_PMP_ADDRESS: Final = struct.Struct("!BBHI4s")
_PMP_SHORT: Final = struct.Struct("!BBH")
_PMP_MAP_UDP: Final = 1
#: "I do not speak your version": what a router that knows NAT-PMP alone says to PCP.
_UNSUPPORTED: Final = 1

#: The answer that this protocol is not spoken there.
WRONG_VERSION: Final = "wrong-version"


def pcp_request(wanted: MapPort) -> bytes:
    """Return the request for ``wanted``."""
    return _PCP_REQUEST.pack(
        *(_PCP_VERSION, _MAP, 0, wanted.lifetime_s, _mapped(wanted.client), wanted.nonce),
        *(_UDP, wanted.port, wanted.public_port if wanted.lifetime_s else 0),
        _mapped(IPv4Address(0)),
    )


def pcp_answer(datagram: bytes, wanted: MapPort) -> Mapped | NotMapped | str | None:
    """Return what ``datagram`` answers to ``wanted``; None: it does not.

    ``WRONG_VERSION``: the router speaks another one (RFC 6887 Appendix A).
    """
    if len(datagram) >= _PMP_SHORT.size and datagram[0] < _PCP_VERSION:
        return WRONG_VERSION
    if len(datagram) < _PCP_ANSWER.size:
        return None
    version, opcode, _, result, lifetime_s, epoch_s, nonce, protocol, port, public, address = (
        _PCP_ANSWER.unpack_from(datagram)
    )
    asked = (_PCP_VERSION, _ANSWER | _MAP, wanted.nonce, _UDP, wanted.port)
    if (version, opcode, nonce, protocol, port) != asked:
        return None
    if result == _UNSUPPORTED:
        return WRONG_VERSION
    return _answer(
        Protocol.PCP,
        wanted,
        result=result,
        lifetime_s=lifetime_s,
        epoch_s=epoch_s,
        public_port=public,
        address=IPv6Address(address).ipv4_mapped,
    )


def pmp_request(wanted: MapPort) -> bytes:
    """Return the request for ``wanted``; ended mappings are named by their inner port alone."""
    public = wanted.public_port if wanted.lifetime_s else 0
    return _PMP_REQUEST.pack(0, _PMP_MAP_UDP, 0, wanted.port, public, wanted.lifetime_s)


def pmp_answer(datagram: bytes, wanted: MapPort) -> Mapped | NotMapped | None:
    """Return what ``datagram`` answers to ``wanted``; None: it does not."""
    if len(datagram) < _PMP_ANSWER.size:
        return None
    version, opcode, result, epoch_s, port, public, lifetime_s = _PMP_ANSWER.unpack_from(datagram)
    if (version, opcode, port) != (0, _ANSWER | _PMP_MAP_UDP, wanted.port):
        return None
    return _answer(
        Protocol.NAT_PMP,
        wanted,
        result=result,
        lifetime_s=lifetime_s,
        epoch_s=epoch_s,
        public_port=public,
        address=None,
    )


def address_request() -> bytes:
    """Return NAT-PMP's question for the router's own outer address."""
    return bytes(2)


def address_answer(datagram: bytes) -> IPv4Address | None:
    """Return the outer address in ``datagram``; None: it tells none."""
    if len(datagram) < _PMP_ADDRESS.size:
        return None
    version, opcode, result, _, address = _PMP_ADDRESS.unpack_from(datagram)
    return IPv4Address(address) if (version, opcode, result) == (0, _ANSWER, 0) else None


def _answer(  # noqa: PLR0913 - the fields of one answer, by name
    protocol: Protocol,
    wanted: MapPort,
    *,
    result: int,
    lifetime_s: int,
    epoch_s: int,
    public_port: int,
    address: IPv4Address | None,
) -> Mapped | NotMapped:
    if result:
        return NotMapped(reason=Unmapped.REFUSED)
    if wanted.lifetime_s == 0:
        public_port, lifetime_s = wanted.public_port, 0
    elif public_port == 0 or lifetime_s == 0:
        return NotMapped(reason=Unmapped.SENSELESS)
    return Mapped(
        protocol=protocol,
        public_port=public_port,
        lifetime_s=min(lifetime_s, LONGEST_LEASE_S),
        address=None if address is None or address.is_unspecified else address,
        epoch_s=epoch_s,
    )


def _mapped(address: IPv4Address) -> bytes:
    """Return an IPv4 address as PCP writes it (RFC 6887 §5)."""
    return bytes(10) + b"\xff\xff" + address.packed
