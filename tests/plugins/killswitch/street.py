"""A host of the test's own: two network namespaces that go when the test ends.

The host is seen from the network beyond its cable by a witness that knows nothing of
our code.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import select
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from worldvpn_core.types import MARK

_CLONE_NEWNET = 0x40000000
_TUNSETIFF = 0x400454CA
_TUN_WITHOUT_HEADER = 0x1001
_ETH_P_ALL = 3
_ARP = 0x0806
_LIBC = ctypes.CDLL(None, use_errno=True)
#: Only bounds a failure: what is awaited arrives in microseconds.
_PATIENCE_S = 5.0
HOST_MAC, ROUTER_MAC = "02:00:00:00:00:05", "02:00:00:00:00:01"


class Street:
    """The host's namespace, entered; the router's beyond ``eth0``; and a tunnel device."""

    def __init__(self, far: int, stack: ExitStack) -> None:
        self._far = far
        self._stack = stack

    def run(self, command: str) -> str:
        """Run ``command`` (no shell) on the host; return what it printed."""
        done = subprocess.run(command.split(), check=False, capture_output=True, text=True)
        if done.returncode:
            raise AssertionError(f"{command}: {done.stderr}")
        return done.stdout

    @contextmanager
    def beyond(self) -> Iterator[None]:
        """Be on the router for a while."""
        here = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        _enter(self._far)
        try:
            yield
        finally:
            _enter(here)
            os.close(here)

    def far(self, command: str) -> str:
        """Run ``command`` on the router."""
        with self.beyond():
            return self.run(command)

    def set(self, setting: str, value: str) -> None:
        """Write ``value`` to what ``setting`` names below /proc/sys/net."""
        Path("/proc/sys/net", setting).write_text(value)

    def is_found(self, host: str) -> bool:
        """Let the router forget ``host`` and look for it; say whether the host answers."""
        self.far("ip neigh flush dev far0")
        with self.beyond(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.sendto(b"hello", (host, 9))
        end_s = time.monotonic() + _PATIENCE_S
        while "lladdr" not in (known := self.far(f"ip neigh show {host} dev far0")):
            if "FAILED" in known or time.monotonic() > end_s:
                return False
            time.sleep(0.01)
        return True

    def tun(self, name: str) -> int:
        """Make a tunnel interface, up; what enters it can be read from the descriptor."""
        descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        self._stack.callback(os.close, descriptor)
        request = struct.pack("16sH22x", name.encode(), _TUN_WITHOUT_HEADER)
        fcntl.ioctl(descriptor, _TUNSETIFF, request)
        self.run(f"ip link set {name} addrgenmode none")
        self.run(f"ip link set {name} up")
        return descriptor

    def witness(self) -> Witness:
        """Return who sees every frame that reaches the router from now on."""
        with self.beyond():
            witness = Witness(self._kept(_frames("far0")))
        # What was sent before may still be on its way.
        witness.seen(self)
        return witness

    def raw(self, device: str = "eth0") -> socket.socket:
        """Return a socket for whole frames on ``device`` of the host."""
        return self._kept(_frames(device))

    def udp(self, version: int = 4, *, mark: int = 0, device: str = "") -> socket.socket:
        """Return a UDP socket of the host."""
        made = self._kept(socket.socket(_family(version), socket.SOCK_DGRAM))
        _prepare(made, mark, device)
        return made

    def tcp(self, version: int = 4, *, mark: int = 0, device: str = "") -> socket.socket:
        """Return a TCP socket of the host, that waits no longer than a failure may take."""
        made = self._kept(socket.socket(_family(version), socket.SOCK_STREAM))
        made.settimeout(_PATIENCE_S)
        _prepare(made, mark, device)
        return made

    @contextmanager
    def as_user(self, uid: int) -> Iterator[None]:
        """Open files and sockets in the name of ``uid`` (setfsuid(2): this thread only)."""
        _LIBC.setfsuid(uid)
        try:
            yield
        finally:
            _LIBC.setfsuid(0)

    def route_into_tunnel(self, device: str = "wv0") -> None:
        """Lead all but our marked packets into ``device``, as the routing policy does."""
        for family in ("-4", "-6"):
            self.run(f"ip {family} route add default dev {device} table 22358")
            self.run(
                f"ip {family} rule add not fwmark {MARK:#x}/0xffff0000 lookup 22358 priority 5104"
            )

    def container(self) -> Callable[[str, int], None]:
        """Make a container on a bridge of its own; return how it sends to host and port."""
        self.run("ip link add docker0 type bridge")
        self.run("ip addr add 172.17.0.1/16 dev docker0")
        self.run("ip link set docker0 up")
        self.run("ip link add vc0 type veth peer name inside0")
        self.run("ip link set vc0 master docker0 up")
        return self._behind("172.17.0.2/16", "172.17.0.1")

    def guest(self) -> Callable[[str, int], None]:
        """Make the node's namespace; return how a guest in it sends to host and port."""
        self.run("ip link add wvnode type veth peer name inside0")
        self.run("ip addr add 10.99.0.1/30 dev wvnode")
        self.run("ip link set wvnode up")
        return self._behind("10.99.0.2/30", "10.99.0.1")

    def _behind(self, address: str, gateway: str) -> Callable[[str, int], None]:
        """Put ``inside0`` into a namespace of its own, and return how to send from there."""
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1\n")
        here = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        inside = _new_namespace()
        _enter(here)
        self._stack.callback(os.close, inside)
        self._stack.callback(os.close, here)
        self.run(f"ip link set inside0 netns /proc/{os.getpid()}/fd/{inside}")
        _enter(inside)
        self.run(f"ip addr add {address} dev inside0")
        self.run("ip link set inside0 up")
        self.run(f"ip route add default via {gateway}")
        sender = self.udp()
        _enter(here)

        def send(host: str, port: int) -> None:
            sender.sendto(b"probe", (host, port))

        return send

    def nft(self, script: str) -> None:
        """Load ``script`` as another program would."""
        subprocess.run(["nft", "-f", "-"], input=script, text=True, check=True)

    def _kept(self, made: socket.socket) -> socket.socket:
        self._stack.callback(made.close)
        return made


class Witness:
    """Sees all frames; knows by an ARP frame of its own when it has seen enough."""

    def __init__(self, frames: socket.socket) -> None:
        self._frames = frames
        self._asked = 0

    def seen(self, street: Street) -> list[bytes]:
        """Return every frame but ARP that the host has sent since the last call."""
        self._asked += 1
        token = f"enough {self._asked}".encode().ljust(28, b".")
        with street.raw() as sender:
            sender.send(frame(_ARP, token))
        frames: list[bytes] = []
        while True:
            ready, _, _ = select.select([self._frames], [], [], _PATIENCE_S)
            assert ready, "the witness no longer sees even ARP"
            got, (_, _, kind, *_) = self._frames.recvfrom(65_536)
            if token in got:
                return [each for each in frames if each[12:14] != struct.pack("!H", _ARP)]
            if kind != socket.PACKET_OUTGOING:
                frames.append(got)


def frame(ethertype: int, payload: bytes) -> bytes:
    """Return an Ethernet frame from the host to its router."""
    there, here = (bytes.fromhex(mac.replace(":", "")) for mac in (ROUTER_MAC, HOST_MAC))
    return there + here + struct.pack("!H", ethertype) + payload


@contextmanager
def standing() -> Iterator[Street]:
    """Be on a host on 192.168.1.0/24 and fd00:1::/64, with a router and the tunnel wv0."""
    with ExitStack() as stack:
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        stack.callback(os.close, home)
        far = _new_namespace()
        stack.callback(os.close, far)
        stack.callback(_enter, home)
        here = _new_namespace()
        stack.callback(os.close, here)
        assert os.fstat(here).st_ino != os.fstat(home).st_ino
        yield _built(Street(far, stack), far)


def _built(street: Street, far: int) -> Street:
    street.run(f"ip link add eth0 address {HOST_MAC} type veth peer name far0")
    street.run(f"ip link set far0 netns /proc/{os.getpid()}/fd/{far}")
    # The kernel reports its groups at once: else it may be in the middle of a test, for a second.
    street.set("ipv6/conf/eth0/mldv2_unsolicited_report_interval", "1")
    for command in (
        "ip link set lo up",
        "ip link set eth0 addrgenmode none",
        "ip link set eth0 up",
        "ip addr add 192.168.1.5/24 dev eth0",
        "ip addr add fd00:1::5/64 dev eth0 nodad",
        f"ip neigh add 192.168.1.1 lladdr {ROUTER_MAC} dev eth0",
        f"ip neigh add fd00:1::1 lladdr {ROUTER_MAC} dev eth0",
        "ip route add default via 192.168.1.1",
        "ip -6 route add default via fd00:1::1",
    ):
        street.run(command)
    with street.beyond():
        for command in (
            "ip link set lo up",
            f"ip link set far0 address {ROUTER_MAC}",
            "ip link set far0 addrgenmode none",
            "ip link set far0 up",
            "ip addr add 192.168.1.1/24 dev far0",
            "ip addr add fd00:1::1/64 dev far0 nodad",
        ):
            street.run(command)
        Path("/proc/sys/net/ipv4/icmp_ratelimit").write_text("0\n")
    return street


def _frames(device: str) -> socket.socket:
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
    made.bind((device, _ETH_P_ALL))
    return made


def _prepare(made: socket.socket, mark: int, device: str) -> None:
    if mark:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, mark)
    if device:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())


def _family(version: int) -> socket.AddressFamily:
    return socket.AF_INET if version == 4 else socket.AF_INET6


def _enter(namespace: int) -> None:
    if _LIBC.setns(namespace, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "the test's network namespace could not be entered")


def _new_namespace() -> int:
    if _LIBC.unshare(_CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "these tests need to make network namespaces")
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
