"""The WireGuard exit on a real engine, in the lab: guests in one role, the node in another."""

from __future__ import annotations

import ctypes
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import attrs
import pytest

from worldvpn_core.contracts import Exit, Invitation
from worldvpn_core.testing.exit_contract import PLAN, ExitContract, ExitGround
from worldvpn_core.types import IpAddress
from worldvpn_host.namespaces import KernelNamespaces
from worldvpn_host.route_socket import RouteSocket
from worldvpn_lab.device import device
from worldvpn_lab.map import PLACES
from worldvpn_lab.world import World
from worldvpn_wireguard.exit import WireGuardExit

pytestmark = pytest.mark.netns

_CLONE_NEWNET = 0x40000000
_PORT = 7_778
_WAIT_S = 1.5
_STEP_S = 0.05
_LED = """\
table inet led {
 chain in {
  type nat hook prerouting priority dstnat
  iifname eth0 udp dport 51820 dnat ip6 to [fd66::2]:51820
 }
 chain out {
  type nat hook postrouting priority srcnat
  oifname eth0 masquerade
 }
}
"""


@attrs.frozen(kw_only=True)
class Ground:
    """The lab's client as the node; its rules only lead guests in and out."""

    world: World
    folder: Path

    def exit(self) -> Exit:
        namespaces = KernelNamespaces(RouteSocket(), self.folder / "netns")
        return WireGuardExit(namespaces, self.folder / "key")

    async def state(self) -> str:
        names = sorted(path.name for path in (self.folder / "netns").glob("*"))
        return f"{_seen()}{names}"

    async def reaches(self, invitation: Invitation, source: IpAddress) -> bool:
        outer = f"Endpoint = [{PLACES.client6}]:{PLAN.listen_port}"
        profile = re.sub("Endpoint = .*", outer, invitation.profile)
        page = PLACES.page if source.version == 4 else PLACES.page6
        with ExitStack() as stack:
            seen = stack.enter_context(
                self.world.open_socket("internet", socket.AF_INET6, socket.SOCK_DGRAM)
            )
            seen.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            seen.bind(("::", _PORT))
            seen.settimeout(_STEP_S)
            guest = stack.enter_context(device(self.world, "node2", profile))
            token = os.urandom(16)
            deadline_s = time.monotonic() + _WAIT_S
            while time.monotonic() < deadline_s:
                guest.forge(source, page, _PORT, token)
                try:
                    if seen.recv(64) == token:
                        return True
                except TimeoutError:
                    continue
        return False


def _seen() -> str:
    asked = "ip -o link; ip -o address; ip route; ip -6 route; ls /run/wireguard"
    done = subprocess.run(["sh", "-c", asked], check=True, capture_output=True, text=True)
    return done.stdout


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World.up(tmp_path_factory.mktemp("exit")) as standing:
        yield standing


@contextmanager
def _inside(namespace: int) -> Iterator[None]:
    """Have this thread, and those it starts, in a network namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        assert libc.setns(namespace, _CLONE_NEWNET) == 0
        yield
    finally:
        libc.setns(home, _CLONE_NEWNET)
        os.close(home)


@pytest.mark.anyio
class TestWireGuardExit(ExitContract):
    """The suite on wireguard-go."""

    @pytest.fixture
    def ground(self, world: World, tmp_path: Path) -> Iterator[ExitGround]:
        """The client of a lab, where packets are passed on."""
        (namespace,) = world.namespaces(["client"])
        with _inside(namespace):
            for name in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
                Path("/proc/sys/net", name).write_text("1")
            world.run("client", ["nft", "-f", "-"], stdin=_LED.encode()).checked()
            yield Ground(world=world, folder=tmp_path)
            world.run("client", ["nft", "delete", "table", "inet", "led"]).checked()
        os.close(namespace)

    @pytest.fixture
    def anyio_backend(self) -> str:
        """The daemon's own loop."""
        return "asyncio"
