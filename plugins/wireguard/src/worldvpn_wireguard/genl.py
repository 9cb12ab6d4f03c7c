"""WireGuard's generic netlink family: changes in, states out. Pure.

Source: include/uapi/linux/wireguard.h of the kernel. Written here and not taken from
pyroute2, whose ``WireGuard.set`` takes one peer a message and blocks, and whose import
costs 430 ms and 14 MiB; its decoder is what the tests check this against.
"""

from __future__ import annotations

import socket
import struct
import sys
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import Final

from worldvpn_core.types import Endpoint, IpNetwork
from worldvpn_wireguard.device import DeviceChange, PeerChange, PeerState
from worldvpn_wireguard.netlink import ACK, DUMP, Message, attribute, attributes, message, nested

FAMILY: Final = "wireguard"

_CONTROL: Final = 16
_CTRL_GETFAMILY: Final = 3
_CTRL_FAMILY_ID: Final = 1
_CTRL_FAMILY_NAME: Final = 2

_GET_DEVICE: Final = 0
_SET_DEVICE: Final = 1

_DEVICE_IFNAME: Final = 2
_DEVICE_PRIVATE_KEY: Final = 3
_DEVICE_LISTEN_PORT: Final = 6
_DEVICE_FWMARK: Final = 7
_DEVICE_PEERS: Final = 8

_PEER_PUBLIC_KEY: Final = 1
_PEER_PRESHARED_KEY: Final = 2
_PEER_FLAGS: Final = 3
_PEER_ENDPOINT: Final = 4
_PEER_KEEPALIVE: Final = 5
_PEER_LAST_HANDSHAKE: Final = 6
_PEER_RECEIVED: Final = 7
_PEER_SENT: Final = 8
_PEER_ALLOWED_IPS: Final = 9

_REMOVE: Final = 1
_REPLACE_ALLOWED_IPS: Final = 2
_UPDATE_ONLY: Final = 4

_ALLOWED_FAMILY: Final = 1
_ALLOWED_ADDRESS: Final = 2
_ALLOWED_BITS: Final = 3

_U8: Final = struct.Struct("=B")
_U16: Final = struct.Struct("=H")
_U32: Final = struct.Struct("=I")
_NS: Final = 1_000_000_000

#: An attribute's length has 16 bits: a peer of more networks is set in several pieces.
_NETWORKS_A_PIECE: Final = 500
_PIECES_BYTES: Final = 32_768


def family_request() -> bytes:
    """Return the request for the family's number (``family_number`` reads the answer)."""
    name = attribute(_CTRL_FAMILY_NAME, FAMILY.encode() + b"\0")
    return message(_CONTROL, ACK, _CTRL_GETFAMILY, name)


def family_number(answer: list[Message]) -> int:
    """Return the family's number. Raises ValueError when ``answer`` has none."""
    for part in answer:
        for kind, value in attributes(part.attributes):
            if kind == _CTRL_FAMILY_ID:
                return _integer(value)
    raise ValueError("the kernel did not name the family")


def get_request(family: int, interface: str) -> bytes:
    """Return the request for all of ``interface``."""
    return message(family, ACK | DUMP, _GET_DEVICE, _name(interface))


def set_requests(family: int, interface: str, change: DeviceChange) -> Iterator[bytes]:
    """Yield the messages that apply ``change``, in order; each is acknowledged."""
    if change.decoy_key is not None:
        decoy = attribute(_DEVICE_PRIVATE_KEY, change.decoy_key)
        yield message(family, ACK, _SET_DEVICE, _name(interface) + decoy)
    head = _name(interface) + b"".join(_device(change))
    pieces: list[bytes] = []
    for piece in (piece for peer in change.peers for piece in _peer(peer)):
        if sum(map(len, pieces)) + len(piece) > _PIECES_BYTES:
            yield message(family, ACK, _SET_DEVICE, head + nested(_DEVICE_PEERS, *pieces))
            head, pieces = _name(interface), []
        pieces.append(piece)
    yield message(family, ACK, _SET_DEVICE, head + nested(_DEVICE_PEERS, *pieces))


def peer_states(answer: list[Message]) -> tuple[PeerState, ...]:
    """Return the peers of an answer to ``get_request``; ValueError when it is malformed.

    A peer of many networks comes in several messages, its figures only in the first.
    """
    states = (
        _peer_state(dict(attributes(peer)))
        for part in answer
        for kind, peers in attributes(part.attributes)
        if kind == _DEVICE_PEERS
        for _, peer in attributes(peers)
    )
    found: dict[bytes, PeerState] = {}
    for state in states:
        found.setdefault(state.public_key, state)
    return tuple(found.values())


def _name(interface: str) -> bytes:
    return attribute(_DEVICE_IFNAME, interface.encode() + b"\0")


def _device(change: DeviceChange) -> Iterator[bytes]:
    if change.private_key is not None:
        yield attribute(_DEVICE_PRIVATE_KEY, change.private_key)
    if change.listen_port is not None:
        yield attribute(_DEVICE_LISTEN_PORT, _U16.pack(change.listen_port))
    if change.mark is not None:
        yield attribute(_DEVICE_FWMARK, _U32.pack(change.mark))


def _peer(peer: PeerChange) -> Iterator[bytes]:
    networks = peer.allowed_ips or ()
    flags = (_UPDATE_ONLY if peer.known else 0) | (_REMOVE if peer.removed else 0)
    replace = _REPLACE_ALLOWED_IPS if peer.allowed_ips is not None else 0
    key = attribute(_PEER_PUBLIC_KEY, peer.public_key)
    settings = b"".join(_peer_settings(peer))
    for at in range(0, max(1, len(networks)), _NETWORKS_A_PIECE):
        some = [_network(network) for network in networks[at : at + _NETWORKS_A_PIECE]]
        yield nested(
            0,
            key,
            attribute(_PEER_FLAGS, _U32.pack(flags | replace)),
            settings,
            nested(_PEER_ALLOWED_IPS, *some),
        )
        replace, settings = 0, b""


def _peer_settings(peer: PeerChange) -> Iterator[bytes]:
    if peer.preshared_key is not None:
        yield attribute(_PEER_PRESHARED_KEY, peer.preshared_key)
    if peer.endpoint is not None:
        yield attribute(_PEER_ENDPOINT, _sockaddr(peer.endpoint))
    if peer.keepalive_s is not None:
        yield attribute(_PEER_KEEPALIVE, _U16.pack(peer.keepalive_s))


def _sockaddr(endpoint: Endpoint) -> bytes:
    port = endpoint.port.to_bytes(2, "big")
    if isinstance(endpoint.host, IPv4Address):
        return _U16.pack(socket.AF_INET) + port + endpoint.host.packed + bytes(8)
    return _U16.pack(socket.AF_INET6) + port + bytes(4) + endpoint.host.packed + bytes(4)


def _network(network: IpNetwork) -> bytes:
    family = socket.AF_INET if isinstance(network, IPv4Network) else socket.AF_INET6
    return nested(
        0,
        attribute(_ALLOWED_FAMILY, _U16.pack(family)),
        attribute(_ALLOWED_ADDRESS, network.network_address.packed),
        attribute(_ALLOWED_BITS, _U8.pack(network.prefixlen)),
    )


def _peer_state(fields: dict[int, bytes]) -> PeerState:
    time = fields.get(_PEER_LAST_HANDSHAKE, b"")  # struct __kernel_timespec: two 64-bit numbers
    return PeerState(
        public_key=fields.get(_PEER_PUBLIC_KEY, b""),
        handshake_ns=_integer(time[:8]) * _NS + _integer(time[8:16]),
        received_bytes=_integer(fields.get(_PEER_RECEIVED, b"")),
        sent_bytes=_integer(fields.get(_PEER_SENT, b"")),
    )


def _integer(data: bytes) -> int:
    return int.from_bytes(data, sys.byteorder)
