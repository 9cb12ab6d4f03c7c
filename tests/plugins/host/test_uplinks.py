"""The router that this host leaves by is the main table's, whatever a tunnel has of its own."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from tests.plugins.host.conftest import Host
from worldvpn_core.contracts import Gateway
from worldvpn_host.route_socket import RouteSocket
from worldvpn_host.uplinks import KernelUplinks


@pytest.mark.anyio
@pytest.mark.netns
class TestKernel:
    async def test_best_default_route_names_the_router(self, host: Host, sock: RouteSocket) -> None:
        host.run("ip route flush table main")
        host.run("ip addr replace 10.7.0.5/24 dev eth0")
        host.run("ip route replace default via 10.7.0.9 dev eth0 metric 900")
        host.run("ip route replace default via 10.7.0.1 dev eth0 metric 5")

        found = await KernelUplinks(sock).gateway()

        assert found == Gateway(
            router=IPv4Address("10.7.0.1"), own=IPv4Address("10.7.0.5"), interface="eth0"
        )

    async def test_host_without_a_default_route_has_no_router(
        self, host: Host, sock: RouteSocket
    ) -> None:
        host.run("ip route flush table main")

        assert await KernelUplinks(sock).gateway() is None
