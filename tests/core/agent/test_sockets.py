"""Sockets that the daemon opens for the agent: marked only where they must be."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import ip_address

import attrs
import pytest

from tests.core.agent.world import FIRST, OwnNetwork
from worldvpn_core.agent.passage import Passage
from worldvpn_core.agent.sockets import opened
from worldvpn_core.agent.spec import SocketKind, SocketWanted
from worldvpn_core.types import MARK, Carrier, Endpoint

pytestmark = pytest.mark.netns


async def close_at_once(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def mark_of(wanted: SocketWanted, way: Passage) -> int:
    with await opened(wanted, way) as sock:
        assert not sock.getblocking()
        return sock.getsockopt(socket.SOL_SOCKET, socket.SO_MARK)


def test_only_sockets_that_need_our_mark_carry_it(own_network: OwnNetwork) -> None:
    async def main() -> None:
        dns_udp = SocketWanted(
            kind=SocketKind.DNS, endpoint=Endpoint(host=ip_address(FIRST), port=53)
        )
        bootstrap = SocketWanted(
            kind=SocketKind.BOOTSTRAP,
            endpoint=Endpoint(host=ip_address(FIRST), port=443, carrier=Carrier.TCP),
        )
        central = attrs.evolve(bootstrap, kind=SocketKind.CENTRAL)
        async with await asyncio.start_server(close_at_once, FIRST, 443):
            assert await mark_of(dns_udp, Passage.PLAIN) == 0
            assert await mark_of(central, Passage.PLAIN) == 0
            assert await mark_of(central, Passage.MARKED) == MARK
            assert await mark_of(bootstrap, Passage.MARKED) == MARK

    own_network(main)


def test_resolver_on_a_link_is_reached_by_its_scope(own_network: OwnNetwork) -> None:
    async def main() -> None:
        adding = await asyncio.create_subprocess_exec(
            "ip", "address", "add", "fe80::1/64", "dev", "lo", "nodad"
        )
        assert await adding.wait() == 0
        endpoint = Endpoint(host=ip_address("fe80::1%lo"), port=53)
        wanted = SocketWanted(kind=SocketKind.DNS, endpoint=endpoint)
        with await opened(wanted, Passage.PLAIN) as sock:
            assert sock.getpeername()[3] == socket.if_nametoindex("lo")

    own_network(main)
