"""A device that was invited: a plain wireguard-go in a role of the lab, and what it sends.

Its traffic is kept apart from the role's own by a routing table: only what is sent from its
inner addresses, or bound to its interface, goes into the tunnel.
"""

from __future__ import annotations

import json
import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

import attrs

from worldvpn_core.errors import EngineError
from worldvpn_core.types import IpAddress
from worldvpn_lab.probes.packets import udp_packet

if TYPE_CHECKING:
    from worldvpn_lab.program import Program
    from worldvpn_lab.world import World

#: SO_BINDTODEVICE, which Python's socket does not name everywhere.
BIND_TO_DEVICE: Final = 25
_IPV4: Final = 4
_TABLE: Final = 200
_START_S: Final = 5.0
_POLL_S: Final = 0.005
#: How long an answer is waited for that must not come, and one that must: a first call that
#: is lost is repeated after five seconds.
_SILENCE_S: Final = 1.0
_ANSWER_S: Final = 8.0
#: A peer that was replaced is spoken to anew after 15 s (WireGuard whitepaper §6.5).
_PAGE_S: Final = 30.0


@attrs.frozen(kw_only=True)
class Device:
    """One that runs; ``interface`` is its tunnel in ``role``.

    ``settings`` is what wg(8) made it; "" where another made it.
    """

    world: World
    role: str
    interface: str
    addresses: tuple[IpAddress, ...]
    settings: str = attrs.field(default="", repr=False)

    def own(self, to: IpAddress) -> IpAddress:
        """Return its address of the family of ``to``."""
        return next(one for one in self.addresses if one.version == to.version)

    def set_up(self) -> None:
        """Tell its engine of the node, anew: what was agreed on with it before is forgotten."""
        argv = ["wg", "setconf", self.interface, "/dev/stdin"]
        self.world.run(self.role, argv, stdin=self.settings.encode()).checked()

    def socket(
        self, to: IpAddress, kind: int = socket.SOCK_DGRAM, protocol: int = 0
    ) -> socket.socket:
        """Return a socket that sends through the tunnel."""
        family = socket.AF_INET if to.version == _IPV4 else socket.AF_INET6
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
            line.sendto(udp_packet(source, to, port, token), (str(to), 0))

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
    """Run the device of ``profile``, a wg-quick file, in ``role`` for as long as this lasts.

    ``interface`` ends in a digit; two devices in one role need different ones.

    Raises:
        EngineError: wireguard-go, wg or ip failed.
    """
    values = dict(re.findall(r"^(\w+) = (.*)$", profile, re.MULTILINE))
    addresses = tuple(ip_address(text.split("/")[0]) for text in values["Address"].split(", "))
    settings = "\n".join(
        (
            f"[Interface]\nPrivateKey = {values['PrivateKey']}",
            f"[Peer]\nPublicKey = {values['PublicKey']}\nPresharedKey = {values['PresharedKey']}",
            f"AllowedIPs = 0.0.0.0/0, ::/0\nEndpoint = {values['Endpoint']}\n",
        )
    )
    made = Device(
        world=world, role=role, interface=interface, addresses=addresses, settings=settings
    )
    null = os.open(os.devnull, os.O_RDWR)
    try:
        engine = world.spawn(role, ["wireguard-go", "-f", interface], stdio=(null, null, null))
    finally:
        os.close(null)
    with engine:
        _wait_ready(made, engine)
        made.set_up()
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


def addresses_of(world: World, role: str, interface: str) -> tuple[IpAddress, ...]:
    """Return the addresses that an interface has, link-local ones apart; EngineError: no such."""
    shown = world.run(role, ["ip", "-json", "address", "show", "dev", interface]).checked()
    (link,) = json.loads(shown)
    own = [ip_address(each["local"]) for each in link["addr_info"]]
    return tuple(one for one in own if not one.is_link_local)


def _wait_ready(made: Device, engine: Program) -> None:
    deadline_s = time.monotonic() + _START_S
    while made.world.run(made.role, ["wg", "show", made.interface]).status:
        if engine.wait(0) is not None or time.monotonic() > deadline_s:
            raise EngineError(f"wireguard-go did not make {made.interface} in {made.role}")
        time.sleep(_POLL_S)
