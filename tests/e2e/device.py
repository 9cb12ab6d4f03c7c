"""A device that was invited: a plain wireguard-go in a role of the lab, and what it sends.

Its traffic is kept apart from the role's own by a routing table: only what is sent from its
inner addresses, or bound to its interface, goes into the tunnel.
"""

from __future__ import annotations

import os
import re
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Address, ip_address

import attrs

from worldvpn_core.types import IpAddress
from worldvpn_lab.program import Program
from worldvpn_lab.world import World

#: SO_BINDTODEVICE and IP_FREEBIND, which Python's socket does not name everywhere.
BIND_TO_DEVICE = 25
_TABLE = 200
_START_S = 5.0
#: How long an answer is waited for that must not come, and one that must: a first call that
#: is lost is repeated after five seconds.
_SILENCE_S = 1.0
_ANSWER_S = 8.0
#: A peer that was replaced is spoken to anew after 15 s (WireGuard whitepaper §6.5).
_PAGE_S = 30.0


@attrs.frozen(kw_only=True)
class Device:
    """One that runs; ``interface`` is its tunnel in ``role``."""

    world: World
    role: str
    interface: str
    addresses: tuple[IpAddress, ...]

    def own(self, to: IpAddress) -> IpAddress:
        """Return its address of the family of ``to``."""
        return next(one for one in self.addresses if one.version == to.version)

    def socket(
        self, to: IpAddress, kind: int = socket.SOCK_DGRAM, protocol: int = 0
    ) -> socket.socket:
        """Return a socket that sends through the tunnel."""
        family = socket.AF_INET if to.version == 4 else socket.AF_INET6
        line = self.world.open_socket(self.role, family, kind, protocol)
        line.setsockopt(socket.SOL_SOCKET, BIND_TO_DEVICE, self.interface.encode() + b"\0")
        line.settimeout(_SILENCE_S)
        return line

    def send(self, to: IpAddress, port: int, token: bytes) -> None:
        """Send ``token`` in a datagram from its own address."""
        with self.socket(to) as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            line.bind((str(self.own(to)), 0))
            line.sendto(token, (str(to), port))

    def forge(self, source: IpAddress, to: IpAddress, port: int, token: bytes) -> None:
        """Send ``token`` in a datagram from ``source``, whoever has that address."""
        with self.socket(to, socket.SOCK_RAW, socket.IPPROTO_RAW) as line:
            line.sendto(_packet(source, to, port, token), (str(to), 0))

    def ask(self, to: IpAddress, port: int, text: bytes) -> bytes:
        """Send ``text`` and return what is answered; TimeoutError when nothing is."""
        with self.socket(to) as line:
            line.settimeout(_ANSWER_S)
            line.bind((str(self.own(to)), 0))
            line.sendto(text, (str(to), port))
            return line.recv(2_048)

    def page(self, to: IpAddress, timeout_s: float = _PAGE_S) -> str:
        """Return what the web server at ``to`` says: the address it saw."""
        with self.socket(to, socket.SOCK_STREAM) as line:
            line.settimeout(timeout_s)
            line.bind((str(self.own(to)), 0))
            line.connect((str(to), 80))
            line.sendall(b"GET / HTTP/1.0\r\n\r\n")
            answer = b""
            while part := line.recv(2_048):
                answer += part
        return answer.decode().split()[-1]

    def connects(self, to: IpAddress, port: int) -> bool:
        """Say whether a TCP connection is answered, by whatever."""
        with self.socket(to, socket.SOCK_STREAM) as line:
            line.bind((str(self.own(to)), 0))
            try:
                line.connect((str(to), port))
            except ConnectionRefusedError:
                return True
            except OSError:
                return False
            return True


@contextmanager
def device(world: World, role: str, profile: str, interface: str = "wvg0") -> Iterator[Device]:
    """Run the device of ``profile``, a wg-quick file, in ``role`` for as long as this lasts."""
    values = dict(re.findall(r"^(\w+) = (.*)$", profile, re.MULTILINE))
    addresses = tuple(ip_address(text.split("/")[0]) for text in values["Address"].split(", "))
    settings = "\n".join(
        (
            f"[Interface]\nPrivateKey = {values['PrivateKey']}",
            f"[Peer]\nPublicKey = {values['PublicKey']}\nPresharedKey = {values['PresharedKey']}",
            f"AllowedIPs = 0.0.0.0/0, ::/0\nEndpoint = {values['Endpoint']}\n",
        )
    )
    made = Device(world=world, role=role, interface=interface, addresses=addresses)
    null = os.open(os.devnull, os.O_RDWR)
    try:
        engine = world.spawn(role, ["wireguard-go", "-f", interface], stdio=(null, null, null))
    finally:
        os.close(null)
    with engine:
        _ready(world, role, interface, engine)
        world.run(
            role, ["wg", "setconf", interface, "/dev/stdin"], stdin=settings.encode()
        ).checked()
        steps = [f"ip link set {interface} mtu 1420 up"]
        steps += [f"ip -{one.version} address add {one} dev {interface}" for one in addresses]
        try:
            world.run(role, ["sh", "-ec", "\n".join(steps)]).checked()
            with apart(made):
                yield made
        finally:
            world.run(role, ["ip", "link", "del", interface])


@contextmanager
def apart(device: Device) -> Iterator[None]:
    """Lead what is sent from its addresses, or bound to its interface, into its tunnel."""
    world, role, interface = device.world, device.role, device.interface
    table = _TABLE + int(interface[-1])
    steps: list[str] = []
    for address in device.addresses:
        steps += [
            f"ip -{address.version} route add default dev {interface} table {table}",
            f"ip -{address.version} rule add from {address} lookup {table} priority {table}",
            f"ip -{address.version} rule add oif {interface} lookup {table} priority {table}",
        ]
    try:
        world.run(role, ["sh", "-ec", "\n".join(steps)]).checked()
        yield
    finally:
        undo = [f"ip -{version} rule del priority {table}; " * 2 for version in (4, 6)]
        world.run(role, ["sh", "-c", "".join(undo)])


def _ready(world: World, role: str, interface: str, engine: Program) -> None:
    deadline_s = time.monotonic() + _START_S
    while world.run(role, ["wg", "show", interface]).status:
        assert engine.wait(0) is None, "wireguard-go ended"
        assert time.monotonic() < deadline_s, "wireguard-go is not ready"


def _packet(source: IpAddress, to: IpAddress, port: int, token: bytes) -> bytes:
    """Return a datagram as it goes on the wire."""
    udp = struct.pack("!HHHH", 40_000, port, 8 + len(token), 0) + token
    if isinstance(source, IPv4Address):
        header = struct.pack(
            "!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, source.packed, to.packed
        )
        # The kernel fills in what is left zero (raw(7)): length, id and checksum.
        return header + udp
    assert isinstance(to, IPv6Address)
    pseudo = source.packed + to.packed + struct.pack("!II", len(udp), 17)
    total = sum(struct.unpack(f"!{len(_even(pseudo + udp)) // 2}H", _even(pseudo + udp)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    checked = udp[:6] + struct.pack("!H", ~total & 0xFFFF or 0xFFFF) + udp[8:]
    return struct.pack("!IHBB", 6 << 28, len(udp), 17, 64) + source.packed + to.packed + checked


def _even(data: bytes) -> bytes:
    return data + b"\0" * (len(data) % 2)
