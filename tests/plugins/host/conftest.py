"""Hosts of the tests' own: network namespaces that go when the test ends."""

from __future__ import annotations

import ctypes
import fcntl
import os
import struct
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from worldvpn_host.route_socket import RouteSocket
from worldvpn_host.routing import KernelRouting

_CLONE_NEWNET = 0x40000000
_TUNSETIFF = 0x400454CA
_TUN_WITHOUT_HEADER = 0x1001


class Host:
    """The network namespace this thread is in, and one beyond the cable of ``eth0``."""

    def __init__(self, far: int, stack: ExitStack) -> None:
        self._far = far
        self._stack = stack

    def run(self, command: str, *, check: bool = True) -> str:
        """Run ``command`` (no shell) on the host; return what it printed."""
        done = subprocess.run(command.split(), check=False, capture_output=True, text=True)
        if check and done.returncode:
            raise AssertionError(f"{command}: {done.stderr}")
        return done.stdout + done.stderr

    def far(self, command: str) -> str:
        """Run ``command`` beyond the cable."""
        return self.run(f"nsenter --net=/proc/{os.getpid()}/fd/{self._far} {command}")

    def tun(self, name: str) -> int:
        """Make a tunnel interface with a program behind it, and bring it up."""
        descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        self._stack.callback(os.close, descriptor)
        request = struct.pack("16sH22x", name.encode(), _TUN_WITHOUT_HEADER)
        fcntl.ioctl(descriptor, _TUNSETIFF, request)
        # As set_up does: no link-local address of its own.
        self.run(f"ip link set {name} addrgenmode none")
        self.run(f"ip link set {name} up")
        return descriptor

    def sysctl(self, name: str) -> Path:
        """Return the file of a setting under net."""
        return Path("/proc/sys/net") / name


def _new_namespace() -> int:
    """Enter a new network namespace; return a descriptor of it."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "tests of the host need to make network namespaces")
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


@pytest.fixture
def host() -> Iterator[Host]:
    """A host on 192.168.1.0/24 and fd00:1::/64 with a router beyond the cable."""
    libc = ctypes.CDLL(None, use_errno=True)
    with ExitStack() as stack:
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        stack.callback(os.close, home)
        far = _new_namespace()
        stack.callback(os.close, far)
        stack.callback(libc.setns, home, _CLONE_NEWNET)
        stack.callback(os.close, _new_namespace())
        made = Host(far, stack)
        made.run("ip link add eth0 type veth peer name far0")
        made.run(f"ip link set far0 netns /proc/{os.getpid()}/fd/{far}")
        made.run("ip link set eth0 addrgenmode none")
        made.run("ip link set eth0 up")
        made.run("ip link set lo up")
        made.far("ip link set far0 addrgenmode none up")
        made.far("ip link set lo up")
        for command in (
            "addr add 192.168.1.5/24 dev eth0",
            "addr add fd00:1::5/64 dev eth0 nodad",
            "route add default via 192.168.1.1",
            "-6 route add default via fd00:1::1",
        ):
            made.run(f"ip {command}")
        made.far("ip addr add 192.168.1.1/24 dev far0")
        made.far("ip addr add fd00:1::1/64 dev far0 nodad")
        yield made


@pytest.fixture
def sock(host: Host) -> Iterator[RouteSocket]:
    """A netlink socket of that host."""
    assert host
    made = RouteSocket()
    yield made
    made.close()


@pytest.fixture
def routing(host: Host, sock: RouteSocket) -> KernelRouting:
    """Routing of that host, with a tunnel and a bridge for containers."""
    host.tun("wv0")
    host.run("ip link add docker0 type bridge")
    host.run("ip addr add 172.17.0.1/16 dev docker0")
    host.run("ip link set docker0 up")
    return KernelRouting(sock)
