"""Names are resolved by the confined agent over sockets of the daemon's, from real servers."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from tests.core.agent.world import FIRST, FOUR, SECOND, SIX, OwnNetwork, StartLink, refused, zone
from worldvpn_core.agent.spec import SocketWanted, SystemResolvers

pytestmark = pytest.mark.netns
Answer = Callable[[dns.message.Message], Sequence[bytes]]


def honest(query: dns.message.Message) -> list[bytes]:
    return [zone(query).to_wire()]


def failing(query: dns.message.Message) -> list[bytes]:
    response = dns.message.make_response(query)
    response.set_rcode(dns.rcode.SERVFAIL)
    return [response.to_wire()]


def silent(_query: dns.message.Message) -> list[bytes]:
    return []


def truncating(query: dns.message.Message) -> list[bytes]:
    response = dns.message.make_response(query)
    response.flags |= dns.flags.TC
    return [response.to_wire()]


def forging_first(query: dns.message.Message) -> list[bytes]:
    forged = dns.message.make_response(query)
    forged.id ^= 1
    return [forged.to_wire(), b"noise", *honest(query)]


def silent_about_ipv6(query: dns.message.Message) -> list[bytes]:
    return [] if query.question[0].rdtype == dns.rdatatype.AAAA else honest(query)


def failing_for_ipv6(query: dns.message.Message) -> list[bytes]:
    return failing(query) if query.question[0].rdtype == dns.rdatatype.AAAA else honest(query)


class Responder(asyncio.DatagramProtocol):
    """A DNS server by UDP."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        for wire in self._answer(dns.message.from_wire(data)):
            self._transport.sendto(wire, addr)


async def serve_tcp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    (length,) = struct.unpack(">H", await reader.readexactly(2))
    wire = zone(dns.message.from_wire(await reader.readexactly(length))).to_wire()
    writer.write(struct.pack(">H", len(wire)) + wire)
    await writer.drain()
    writer.close()
    await writer.wait_closed()


@asynccontextmanager
async def responder(
    answer: Answer, host: str = FIRST, *, by_tcp: bool = False
) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: Responder(answer), local_addr=(host, 53)
    )
    server = await asyncio.start_server(serve_tcp, host, 53) if by_tcp else None
    try:
        yield
    finally:
        transport.close()
        if server is not None:
            server.close()
            await server.wait_closed()


@pytest.fixture
def via(tmp_path: Path) -> SystemResolvers:
    conf = tmp_path / "resolv.conf"
    conf.write_text(f"nameserver {FIRST}\nnameserver {SECOND}\nsearch corp.example\n")
    return SystemResolvers(resolv_conf=conf)


def test_both_families_are_found_ipv4_first(
    own_network: OwnNetwork, start_link: StartLink, via: SystemResolvers
) -> None:
    async def main() -> None:
        async with responder(honest), start_link() as link:
            assert await link.resolve("vpn.example", via) == (FOUR, SIX)
            assert await link.resolve("four.example", via) == (FOUR,)

    own_network(main)


def test_bare_name_is_found_in_a_search_domain(
    own_network: OwnNetwork, start_link: StartLink, via: SystemResolvers
) -> None:
    async def main() -> None:
        async with responder(honest), start_link() as link:
            assert await link.resolve("nas", via) == (FOUR,)

    own_network(main)


def test_name_without_an_address_and_name_that_does_not_exist_are_told_apart(
    own_network: OwnNetwork, start_link: StartLink, via: SystemResolvers
) -> None:
    async def main() -> None:
        async with responder(honest), start_link() as link:
            assert await refused(link, "alone.example", via) == (
                "the name 'alone.example' has no address"
            )
            assert "'gone.example' does not exist" in await refused(link, "gone.example", via)

    own_network(main)


@pytest.mark.parametrize("answer", [silent_about_ipv6, failing_for_ipv6])
def test_one_family_is_enough(
    answer: Answer, own_network: OwnNetwork, start_link: StartLink, via: SystemResolvers
) -> None:
    async def main() -> None:
        async with responder(answer), start_link() as link:
            assert await link.resolve("vpn.example", via) == (FOUR,)

    own_network(main)


def test_forged_answers_are_passed_over(
    own_network: OwnNetwork, start_link: StartLink, via: SystemResolvers
) -> None:
    async def main() -> None:
        async with responder(forging_first), start_link() as link:
            assert await link.resolve("vpn.example", via) == (FOUR, SIX)

    own_network(main)


@pytest.mark.parametrize("answer", [failing, silent])
def test_second_resolver_is_asked_when_the_first_cannot_say(
    answer: Answer, own_network: OwnNetwork, start_link: StartLink, via: SystemResolvers
) -> None:
    async def main() -> None:
        async with responder(answer), responder(honest, SECOND), start_link() as link:
            assert await link.resolve("vpn.example", via) == (FOUR, SIX)

    own_network(main)


def test_truncated_answer_is_asked_for_again_by_tcp(
    own_network: OwnNetwork, start_link: StartLink, via: SystemResolvers
) -> None:
    async def main() -> None:
        async with responder(truncating, by_tcp=True), start_link() as link:
            assert await link.resolve("vpn.example", via) == (FOUR, SIX)

    own_network(main)


def test_every_resolver_that_failed_is_named_with_its_reason(
    own_network: OwnNetwork, start_link: StartLink, via: SystemResolvers
) -> None:
    async def main() -> None:
        async with responder(failing), start_link() as link:
            assert await refused(link, "vpn.example", via) == (
                "'vpn.example' could not be resolved: 127.0.0.1 answered SERVFAIL; "
                "127.0.0.2 cannot be reached (Connection refused)"
            )

    own_network(main)


def test_silence_ends_in_a_sentence(
    own_network: OwnNetwork, start_link: StartLink, via: SystemResolvers
) -> None:
    async def main() -> None:
        async with responder(silent), responder(silent, SECOND), start_link() as link:
            assert "127.0.0.1 did not answer; 127.0.0.2 did not answer" in await refused(
                link, "vpn.example", via
            )

    own_network(main)


def test_nothing_is_sent_that_the_policy_does_not_admit(
    own_network: OwnNetwork, start_link: StartLink, via: SystemResolvers
) -> None:
    async def main() -> None:
        asked: list[bytes] = []
        wanted: list[SocketWanted] = []

        def heard(query: dns.message.Message) -> list[bytes]:
            asked.append(query.to_wire())
            return honest(query)

        def admit(each: SocketWanted) -> None:
            wanted.append(each)

        async with responder(heard), start_link(admit) as link:
            assert "not let out in the present state" in await refused(link, "vpn.example", via)
        assert asked == []
        assert {str(each.endpoint) for each in wanted} == {"127.0.0.1:53/udp", "127.0.0.2:53/udp"}

    own_network(main)


def test_resolvers_are_read_anew_each_time(
    own_network: OwnNetwork, start_link: StartLink, via: SystemResolvers
) -> None:
    async def main() -> None:
        async with responder(honest, "127.0.0.3"), start_link() as link:
            await refused(link, "vpn.example", via)
            via.resolv_conf.write_text("nameserver 127.0.0.3\n")
            assert await link.resolve("vpn.example", via) == (FOUR, SIX)

    own_network(main)


def test_host_without_resolv_conf_is_told_so(
    own_network: OwnNetwork, start_link: StartLink, tmp_path: Path
) -> None:
    async def main() -> None:
        missing = SystemResolvers(resolv_conf=tmp_path / "none")
        async with start_link() as link:
            assert "No such file" in await refused(link, "vpn.example", missing)

    own_network(main)
