"""Sockets that the daemon opens for the agent: marked only where they must be, and by which way."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import ip_address

import attrs
import pytest

from tests.core.agent.world import FIRST, OwnNetwork
from worldvpn_core.agent import sockets
from worldvpn_core.agent.passage import Passage
from worldvpn_core.agent.sockets import Sockets
from worldvpn_core.agent.spec import SocketKind, SocketWanted
from worldvpn_core.types import MARK, Carrier, Endpoint

pytestmark = pytest.mark.netns


async def close_at_once(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def opened(wanted: SocketWanted, way: Passage) -> socket.socket:
    sock = await Sockets(lambda _wanted: way).opened(wanted)
    assert sock is not None
    return sock


async def ip(*words: str) -> None:
    running = await asyncio.create_subprocess_exec("ip", *words)
    assert await running.wait() == 0


async def nowhere() -> SocketWanted:
    """What nobody answers: it is sent into a pair at whose other end nobody is."""
    await ip("link", "add", "near", "type", "veth", "peer", "name", "far")
    await ip("address", "add", "192.0.2.1/24", "dev", "near")
    await ip("link", "set", "near", "up", "arp", "off")
    await ip("link", "set", "far", "up")
    endpoint = Endpoint(host=ip_address("192.0.2.9"), port=443, carrier=Carrier.TCP)
    return SocketWanted(kind=SocketKind.CENTRAL, endpoint=endpoint)


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
        await ip("address", "add", "fe80::1/64", "dev", "lo", "nodad")
        endpoint = Endpoint(host=ip_address("fe80::1%lo"), port=53)
        wanted = SocketWanted(kind=SocketKind.DNS, endpoint=endpoint)
        with await opened(wanted, Passage.PLAIN) as sock:
            assert sock.getpeername()[3] == socket.if_nametoindex("lo")

    own_network(main)


def test_what_connects_when_the_way_becomes_another_begins_anew_by_that(
    own_network: OwnNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "CONNECT_TIMEOUT_S", 60.0)
    ways: list[Passage] = []
    asked = asyncio.Event()

    def admit(_wanted: SocketWanted) -> Passage:
        ways.append(Passage.MARKED if ways else Passage.PLAIN)
        asked.set()
        return ways[-1]

    async def main() -> None:
        opening = Sockets(admit)
        sock = asyncio.ensure_future(opening.opened(await nowhere()))
        await asked.wait()
        await ip("address", "add", "192.0.2.9/32", "dev", "lo")
        async with await asyncio.start_server(close_at_once, "192.0.2.9", 443):
            opening.moved()
            found = await asyncio.wait_for(sock, 20)
            assert found is not None
            with found:
                assert found.getsockopt(socket.SOL_SOCKET, socket.SO_MARK) == MARK
        assert ways == [Passage.PLAIN, Passage.MARKED]

    own_network(main)


def test_what_is_not_let_out_any_more_ends_at_once(own_network: OwnNetwork) -> None:
    asked = asyncio.Event()

    def admit(_wanted: SocketWanted) -> Passage | None:
        if asked.is_set():
            return None
        asked.set()
        return Passage.PLAIN

    async def main() -> None:
        opening = Sockets(admit)
        sock = asyncio.ensure_future(opening.opened(await nowhere()))
        await asked.wait()
        opening.moved()
        assert await sock is None

    own_network(main)
