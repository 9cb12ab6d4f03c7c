"""Names are resolved by DNS over HTTPS while protected: only by whom the certificate proves."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address
from pathlib import Path

import attrs
import dns.message
import h2.config
import h2.connection
import h2.events
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.core.agent.world import FIRST, FOUR, SECOND, SIX, OwnNetwork, StartLink, refused, zone
from worldvpn_core.agent.passage import Passage
from worldvpn_core.agent.spec import Bootstrap, SocketKind, SocketWanted
from worldvpn_core.config import BootstrapResolver

pytestmark = pytest.mark.netns
DOH_NAME = "dns.example"


@attrs.frozen
class Authority:
    """A certificate authority of the test's own, and one certificate for ``DOH_NAME``."""

    ca_file: Path
    served: ssl.SSLContext


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    # One that signs itself is enough: it is the authority, and the server's certificate.
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(DOH_NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    ca_file, key_file = tmp_path / "ca.pem", tmp_path / "key.pem"
    ca_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(ca_file, key_file)
    served.set_alpn_protocols(["h2"])
    return Authority(ca_file, served)


async def serve_doh(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
    connection.initiate_connection()
    bodies: dict[int, bytes] = {}
    while data := await reader.read(65_536):
        for event in connection.receive_data(data):
            if isinstance(event, h2.events.DataReceived):
                bodies[event.stream_id] = bodies.get(event.stream_id, b"") + event.data
            if isinstance(event, h2.events.StreamEnded):
                wire = zone(dns.message.from_wire(bodies[event.stream_id])).to_wire()
                connection.send_headers(event.stream_id, [(":status", "200")])
                connection.send_data(event.stream_id, wire, end_stream=True)
        writer.write(connection.data_to_send())
    writer.close()


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    # Unread, the greeting would make the kernel reset the connection instead of ending it.
    await reader.read(16_384)
    writer.close()


@asynccontextmanager
async def doh(authority: Authority, host: str = FIRST) -> AsyncIterator[None]:
    server = await asyncio.start_server(serve_doh, host, 443, ssl=authority.served)
    try:
        yield
    finally:
        server.close()
        await server.wait_closed()


def pinned(*hosts: str, server_name: str = DOH_NAME) -> Bootstrap:
    return Bootstrap(
        resolvers=tuple(
            BootstrapResolver(host=ip_address(host), server_name=server_name) for host in hosts
        )
    )


def test_names_are_resolved_by_https_while_protected(
    own_network: OwnNetwork, start_link: StartLink, authority: Authority
) -> None:
    async def main() -> None:
        wanted: list[SocketWanted] = []

        def admit(each: SocketWanted) -> Passage:
            wanted.append(each)
            return Passage.MARKED

        async with doh(authority), start_link(admit, ca_file=authority.ca_file) as link:
            assert await link.resolve("vpn.example", pinned(FIRST)) == (FOUR, SIX)
            assert "does not exist" in await refused(link, "gone.example", pinned(FIRST))
        assert {each.kind for each in wanted} == {SocketKind.BOOTSTRAP}

    own_network(main)


def test_next_pinned_resolver_is_asked_when_the_first_is_unreachable(
    own_network: OwnNetwork, start_link: StartLink, authority: Authority
) -> None:
    async def main() -> None:
        via = pinned("2001:db8::1", SECOND, FIRST)
        async with doh(authority), start_link(ca_file=authority.ca_file) as link:
            assert await link.resolve("vpn.example", via) == (FOUR, SIX)

    own_network(main)


def test_resolver_under_another_name_is_not_believed(
    own_network: OwnNetwork, start_link: StartLink, authority: Authority
) -> None:
    async def main() -> None:
        via = pinned(FIRST, server_name="other.example")
        async with doh(authority), start_link(ca_file=authority.ca_file) as link:
            assert "Hostname mismatch" in await refused(link, "vpn.example", via)

    own_network(main)


def test_resolver_of_an_unknown_authority_is_not_believed(
    own_network: OwnNetwork, start_link: StartLink, authority: Authority
) -> None:
    async def main() -> None:
        async with doh(authority), start_link() as link:
            assert "has a bad certificate" in await refused(link, "vpn.example", pinned(FIRST))

    own_network(main)


def test_server_that_speaks_no_tls_is_told_so(
    own_network: OwnNetwork, start_link: StartLink
) -> None:
    async def main() -> None:
        server = await asyncio.start_server(hang_up, FIRST, 443)
        async with server, start_link() as link:
            assert "127.0.0.1 broke off TLS" in await refused(link, "vpn.example", pinned(FIRST))

    own_network(main)
