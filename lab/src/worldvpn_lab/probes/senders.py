"""How each probe is sent: one function a probe, never waiting, raising what the kernel says."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import struct
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Final

import attrs

from worldvpn_core.types import IpAddress
from worldvpn_lab.probes import packets
from worldvpn_lab.probes.cells import Cell, Probe, is_ipv4
from worldvpn_lab.probes.marks import group_of, port_of, tag_of

_GRE: Final = 47
_REPEATED: Final = 160
_RESET_ON_CLOSE: Final = struct.pack("=ii", 1, 0)


@attrs.frozen(kw_only=True)
class Kept:
    """Sockets made before any tunnel, as those of a program are that ran before the VPN.

    ``ipv4`` and ``ipv6`` send datagrams and are bound to the uplink's addresses; ``packet``
    sends frames (kept, because closing such a one makes the kernel wait).
    """

    ipv4: socket.socket
    ipv6: socket.socket
    packet: socket.socket

    @classmethod
    def bound(cls, sources: tuple[IpAddress, IpAddress]) -> Kept:
        """Make them."""
        made = cls(
            ipv4=socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK),
            ipv6=socket.socket(socket.AF_INET6, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK),
            packet=socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK),
        )
        made.ipv4.bind((str(sources[0]), 0))
        made.ipv6.bind((str(sources[1]), 0))
        return made


@attrs.frozen(kw_only=True)
class Bench:
    """Where a burst is sent from.

    ``uplink`` is the index of the device that a program might bind to, ``mac`` its address
    and ``far_mac`` its router's; ``sources`` are its own IPv4 and IPv6 addresses.
    ``kept`` are older than any tunnel; ``opened`` are this burst's, closed after it.
    """

    burst: int
    uplink: int
    mac: bytes
    far_mac: bytes
    sources: tuple[IpAddress, IpAddress]
    kept: Kept
    opened: list[socket.socket] = attrs.field(factory=list)

    def source(self, cell: Cell) -> IpAddress:
        """Return the uplink's address in ``cell``'s family."""
        return self.sources[0 if is_ipv4(cell) else 1]

    def device(self) -> bytes:
        """Return the uplink's present name, as SO_BINDTODEVICE takes it."""
        return socket.if_indextoname(self.uplink).encode() + b"\0"

    def open(self, cell: Cell, kind: int, protocol: int = 0) -> socket.socket:
        """Return a socket of ``cell``'s family that never waits, of ``cell``'s user if it can."""
        family = socket.AF_INET if is_ipv4(cell) else socket.AF_INET6
        with _as_user(cell.uid if kind != socket.SOCK_RAW else 0):
            line = socket.socket(family, kind | socket.SOCK_NONBLOCK, protocol)
        self.opened.append(line)
        return line

    def name(self, cell: Cell, port: int | None = None) -> tuple[object, ...]:
        """Return ``cell``'s address as the socket calls take it."""
        number = (cell.port or 0) if port is None else port
        if is_ipv4(cell):
            return (str(cell.address), number)
        near = cell.address.is_link_local or cell.address.is_multicast
        return (str(cell.address), number, 0, self.uplink if near else 0)


@contextlib.contextmanager
def _as_user(uid: int) -> Iterator[None]:
    """Be ``uid`` for a moment. Where the user map has only root, stay root."""
    try:
        os.seteuid(uid)
    except OSError:
        yield
        return
    try:
        yield
    finally:
        os.seteuid(0)


def _tcp(bench: Bench, cell: Cell) -> None:
    line = bench.open(cell, socket.SOCK_STREAM)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    line.bind(("", port_of(bench.burst, cell.index)))
    result = line.connect_ex(bench.name(cell))
    if result not in (0, errno.EINPROGRESS):
        raise OSError(result, os.strerror(result))


def _datagram(write: Callable[[bytes], bytes]) -> Callable[[Bench, Cell], None]:
    def send(bench: Bench, cell: Cell) -> None:
        line = bench.open(cell, socket.SOCK_DGRAM)
        line.sendto(write(tag_of(bench.burst, cell.index)), bench.name(cell))

    return send


def _bound_to_device(bench: Bench, cell: Cell) -> None:
    line = bench.open(cell, socket.SOCK_DGRAM)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, bench.device())
    line.sendto(tag_of(bench.burst, cell.index), bench.name(cell))


def _echo(bench: Bench, cell: Cell) -> None:
    protocol = socket.IPPROTO_ICMP if is_ipv4(cell) else socket.IPPROTO_ICMPV6
    line = bench.open(cell, socket.SOCK_RAW, protocol)
    payload = tag_of(bench.burst, cell.index)
    line.sendto(packets.echo_request(cell.address, payload), bench.name(cell, 0))


def _protocol_47(bench: Bench, cell: Cell) -> None:
    line = bench.open(cell, socket.SOCK_RAW, _GRE)
    line.sendto(b"\0\0\x08\0" + tag_of(bench.burst, cell.index), bench.name(cell, 0))


def _packet(bench: Bench, cell: Cell) -> None:
    text = tag_of(bench.burst, cell.index)
    packet = packets.udp_packet(bench.source(cell), cell.address, cell.port or 0, text)
    frame = packets.frame(bench.far_mac, bench.mac, packet)
    bench.kept.packet.sendto(frame, (socket.if_indextoname(bench.uplink), 0))


def _gather(bench: Bench, cell: Cell) -> None:
    """Ask from the uplink's own address, as ICE does from each (RFC 8445 §5.1.1)."""
    line = bench.open(cell, socket.SOCK_DGRAM)
    line.bind((str(bench.source(cell)), 0))
    line.sendto(packets.stun_request(tag_of(bench.burst, cell.index)), bench.name(cell))


def _announce(bench: Bench, cell: Cell) -> None:
    text = tag_of(bench.burst, cell.index)
    (bench.kept.ipv4 if is_ipv4(cell) else bench.kept.ipv6).sendto(
        packets.tracker_announce(text), bench.name(cell)
    )


def _multicast(bench: Bench, cell: Cell) -> None:
    line = bench.open(cell, socket.SOCK_DGRAM)
    if is_ipv4(cell):
        choice = struct.pack("=4s4si", bytes(4), bytes(4), bench.uplink)
        line.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, choice)
    else:
        line.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, bench.uplink)
    line.sendto(packets.dns_query(tag_of(bench.burst, cell.index)), bench.name(cell))


def _broadcast(bench: Bench, cell: Cell) -> None:
    line = bench.open(cell, socket.SOCK_DGRAM)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, bench.device())
    line.sendto(tag_of(bench.burst, cell.index), bench.name(cell))


def _join(bench: Bench, cell: Cell) -> None:
    """Join a group, so that the kernel itself reports it to the network (IGMP, MLD)."""
    line = bench.open(cell, socket.SOCK_DGRAM)
    group = group_of(bench.burst, cell.index, ipv4=is_ipv4(cell))
    if is_ipv4(cell):
        wish = struct.pack("=4s4si", group.packed, bytes(4), bench.uplink)
        line.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, wish)
    else:
        wish = struct.pack("=16si", group.packed, bench.uplink)
        line.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, wish)


def _plain(text: bytes) -> bytes:
    return text


def _long(text: bytes) -> bytes:
    return (text + b" ") * _REPEATED


#: Every probe that a program of the client sends; the guest's are sent from its own machine.
SENDERS: Final[dict[Probe, Callable[[Bench, Cell], None]]] = {
    Probe.TCP: _tcp,
    Probe.UDP: _datagram(_plain),
    Probe.ICMP: _echo,
    Probe.UDP_BOUND: _bound_to_device,
    Probe.PACKET: _packet,
    Probe.GRE: _protocol_47,
    Probe.FRAGMENT: _datagram(_long),
    Probe.QUIC: _datagram(packets.quic_initial),
    Probe.DNS_UDP: _datagram(packets.dns_query),
    Probe.DNS_TCP: _tcp,
    Probe.DOT: _tcp,
    Probe.DOQ: _datagram(packets.quic_initial),
    Probe.STUN: _gather,
    Probe.TORRENT: _announce,
    Probe.MULTICAST: _multicast,
    Probe.BROADCAST: _broadcast,
    Probe.MDNS: _multicast,
    Probe.JOIN: _join,
}


def addresses(texts: list[str]) -> tuple[IpAddress, IpAddress]:
    """Return the pair of source addresses a request names."""
    return (ip_address(texts[0]), ip_address(texts[1]))
