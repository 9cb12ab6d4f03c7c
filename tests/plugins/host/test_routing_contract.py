"""The kernel's routing keeps its contract."""

from __future__ import annotations

import re

import attrs
import pytest

from tests.plugins.host.conftest import Host
from tests.plugins.host.policies import BLOCKED, LIVE
from worldvpn_core.policy import RoutingPolicy
from worldvpn_core.testing.host_contract import RoutingContract
from worldvpn_host.route_socket import RouteSocket
from worldvpn_host.routing import KernelRouting


@attrs.frozen
class KernelGround:
    """A namespace with an uplink and a tunnel, seen through iproute2."""

    host: Host
    sock: RouteSocket
    blocked: RoutingPolicy = BLOCKED
    live: RoutingPolicy = LIVE

    def routing(self) -> KernelRouting:
        return KernelRouting(self.sock)

    async def state(self) -> str:
        shown = [
            self.host.run(f"ip {family} {what}")
            for family in ("-4", "-6")
            for what in ("rule", "addr", "route show table all")
        ]
        settings = ("ipv4/conf/all/arp_ignore", "ipv4/conf/all/src_valid_mark")
        shown += [self.host.sysctl(name).read_text() for name in settings]
        # The tunnel's own size may stay as it was last: its link is the transport's.
        text = re.sub(r"wv0: (.*) mtu \d+", r"wv0: \1", "".join(shown))
        return re.sub(r"valid_lft.*|expires.*", "", text)

    async def way(self, destination: str) -> str | None:
        found = re.search(r"dev (\S+)", self.host.run(f"ip route get {destination}", check=False))
        return found[1] if found else None

    async def disturb(self) -> None:
        self.host.run("ip rule del priority 5104")
        self.host.run("ip -6 route del default dev wv0 table 22358")


@pytest.mark.netns
class TestKernelRouting(RoutingContract):
    @pytest.fixture
    def ground(self, host: Host, sock: RouteSocket) -> KernelGround:
        host.tun("wv0")
        return KernelGround(host, sock)
