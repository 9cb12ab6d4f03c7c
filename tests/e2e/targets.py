"""What a guest must never reach, and who would see that it did."""

from __future__ import annotations

import contextlib
import itertools
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from ipaddress import ip_address

import attrs

from tests.e2e.sharing import LISTEN
from worldvpn_core.types import IpAddress
from worldvpn_lab.device import BIND_TO_DEVICE, Device
from worldvpn_lab.map import NODES, PLACES
from worldvpn_lab.oracle.frames import decode
from worldvpn_lab.world import World

PORT = 7_777
REFUSED_PORT = 465
_ETH_P_ALL = 3
_PACKET_OUTGOING = 4
_SETTLE_S = 0.4
_counter = itertools.count()


@attrs.frozen(kw_only=True)
class Target:
    """One address and port, by the name of what is there."""

    name: str
    host: IpAddress
    port: int = PORT


def _t(name: str, host: str | IpAddress, port: int = PORT) -> Target:
    return Target(name=name, host=ip_address(str(host)), port=port)


#: What may be reached, in both families: else nobody would see anything.
ALLOWED = (_t("page", PLACES.page), _t("page, IPv6", PLACES.page6))


def forbidden(device: Device, other: Device) -> tuple[Target, ...]:
    """Return everything that ``device`` must not reach; ``other`` is another guest."""
    own4, own6 = device.addresses
    pair4, pair6 = (int(own) - int(own) % 256 for own in (own4, own6))
    other4, other6 = other.addresses
    return (
        _t("the host on its LAN", PLACES.client),
        _t("the host on the internet", PLACES.client6),
        _t("the host's local address", PLACES.client_ula),
        _t("the host's end of the pair", ip_address(pair4 + 1)),
        _t("the host's end of the pair, IPv6", ip_address(pair6 + 1)),
        _t("the node itself", ip_address(pair4 + 2)),
        _t("the node itself, IPv6", ip_address(pair6 + 2)),
        _t("loopback", "127.0.0.1"),
        _t("the LAN's host", PLACES.lan_host),
        _t("the LAN's host, IPv6", PLACES.lan_host6),
        _t("the router", PLACES.router),
        _t("the router on the internet's prefix", "2001:db8:77:1::1"),
        _t("the router, IPv6", PLACES.router6),
        _t("the router's link-local address", PLACES.router_link_local),
        _t("the LAN's broadcast", "192.168.77.255"),
        _t("another private network", "172.16.5.5"),
        _t("another LAN", "192.168.78.1"),
        _t("link-local", "169.254.77.77"),
        _t("metadata", PLACES.metadata),
        _t("metadata, IPv6", "fd00:ec2::254"),
        _t("shared address space", PLACES.shared_space),
        _t("another guest", other4),
        _t("another guest, IPv6", other6),
        _t("mDNS", "224.0.0.251"),
        _t("SSDP", "239.255.255.250"),
        _t("all nodes", "ff02::1"),
        _t("the site's routers", "ff05::2"),
        _t("broadcast", "255.255.255.255"),
        _t("the LAN's host by a translator", "64:ff9b::c0a8:4d14"),
        _t("the LAN's host by 6to4", "2002:c0a8:4d14::1"),
        _t("the owner's resolver in the tunnel", NODES[0].gateway.ip),
        _t("the node's own port by hairpin", PLACES.client6, LISTEN),
        _t("mail", PLACES.page, 25),
        _t("mail, IPv6", PLACES.page6, 25),
        _t("a port the owner refuses", PLACES.page, REFUSED_PORT),
    )


def forged_sources(device: Device, other: Device) -> tuple[IpAddress, ...]:
    """Return addresses that are not the device's own."""
    own4, own6 = device.addresses
    return (
        *other.addresses,
        ip_address(int(own4) + 100),
        ip_address(int(own6) + 100),
        PLACES.client,
        PLACES.client6,
        PLACES.lan_host,
        PLACES.lan_host6,
        PLACES.metadata,
        PLACES.page,
        PLACES.page6,
        NODES[0].guest.ip,
    )


class Watch:
    """Sees tokens arrive: at sockets of host, LAN and guests, and on their wires."""

    def __init__(self, world: World, stack: ExitStack) -> None:
        self._sockets = {
            role: stack.enter_context(_listening(world, role))
            for role in ("client", "lan", "node1")
        }
        self._wires = {
            (role, device): stack.enter_context(_capture(world, role, device))
            for role, device in (("lan", "lan0"), ("client", "wvnode"))
        }

    def take(self) -> Mapping[bytes, set[str]]:
        """Return where each token was seen since the last call."""
        found: dict[bytes, set[str]] = {}
        for role, line in self._sockets.items():
            for data, _ in _drained(line):
                found.setdefault(data[:8], set()).add(f"a socket of {role}")
        for (role, _device), line in self._wires.items():
            for data, address in _drained(line):
                # What goes to the node's pair comes from there, too: only what leaves counts.
                if role == "client" and address[2] != _PACKET_OUTGOING:
                    continue
                place = data.find(b"wv-")
                # A refusal quotes what it refuses.
                if place >= 0 and decode(data).protocol == socket.IPPROTO_UDP:
                    token = data[place : place + 8]
                    found.setdefault(token, set()).add(f"the wire at {role}")
        return found


def fresh_token() -> bytes:
    """Return eight bytes that no other packet of the lab has."""
    return b"wv-%05d" % next(_counter)


def shoot(device: Device, targets: Sequence[Target], watch: Watch) -> dict[str, set[str]]:
    """Have ``device`` send to each target; return those that got there, and who saw it."""
    watch.take()
    sent: dict[bytes, Target] = {}
    answered: dict[str, set[str]] = {}
    with ExitStack() as stack:
        lines: list[tuple[Target, socket.socket]] = []
        for target in targets:
            token = fresh_token()
            sent[token] = target
            line = stack.enter_context(device.socket(target.host))
            line.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            line.bind((str(device.own(target.host)), 0))
            line.connect((str(target.host), target.port))
            line.send(token)
            lines.append((target, line))
        time.sleep(_SETTLE_S)
        for target, line in lines:
            line.settimeout(0)
            try:
                line.recv(64)
                answered[target.name] = {"an answer"}
            except ConnectionRefusedError:
                answered[target.name] = {"a refusal by the target"}
            except OSError:
                pass
    return _named(watch.take(), sent, answered)


def shoot_from(
    world: World, role: str, targets: Sequence[Target], watch: Watch
) -> dict[str, set[str]]:
    """Send to each target from ``role``; "client" is the host itself."""
    watch.take()
    sent: dict[bytes, Target] = {}
    for target in targets:
        token = fresh_token()
        sent[token] = target
        family = socket.AF_INET if target.host.version == 4 else socket.AF_INET6
        with world.open_socket(role, family, socket.SOCK_DGRAM) as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            if target.host.is_link_local or target.host.is_multicast:
                line.setsockopt(socket.SOL_SOCKET, BIND_TO_DEVICE, b"eth0\0")
            with contextlib.suppress(OSError):
                line.sendto(token, (str(target.host), target.port))
    time.sleep(_SETTLE_S)
    return _named(watch.take(), sent, {})


def _named(
    seen: Mapping[bytes, set[str]],
    sent: Mapping[bytes, Target],
    answered: Mapping[str, set[str]],
) -> dict[str, set[str]]:
    found = {name: set(who) for name, who in answered.items()}
    for token, who in seen.items():
        if token in sent:
            found.setdefault(sent[token].name, set()).update(who)
    return found


@contextmanager
def _listening(world: World, role: str) -> Iterator[socket.socket]:
    with world.open_socket(role, socket.AF_INET6, socket.SOCK_DGRAM) as line:
        line.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        line.bind(("::", PORT))
        line.settimeout(0)
        yield line


@contextmanager
def _capture(world: World, role: str, device: str) -> Iterator[socket.socket]:
    with world.open_socket(role, socket.AF_PACKET, socket.SOCK_RAW, 0) as line:
        line.bind((device, _ETH_P_ALL))
        line.settimeout(0)
        yield line


def _drained(line: socket.socket) -> Iterator[tuple[bytes, tuple[object, ...]]]:
    with contextlib.suppress(BlockingIOError):
        while True:
            yield line.recvfrom(4_096)
