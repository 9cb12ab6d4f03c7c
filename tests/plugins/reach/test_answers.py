"""What a router answers is a stranger's word: made sense of strictly, or an answer of its own."""

from __future__ import annotations

import asyncio
import socket
import struct
from ipaddress import IPv4Address

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.reach.values import (
    ControlNeeded,
    Mapped,
    MapPort,
    NotMapped,
    Protocol,
    Unmapped,
)
from worldvpn_core.types import Carrier, Endpoint
from worldvpn_reach import pcp, upnp
from worldvpn_reach.mapper import RouterMapper
from worldvpn_reach.upnp import SenselessError

WANTED = MapPort(
    router=IPv4Address("192.168.77.1"),
    client=IPv4Address("192.168.77.10"),
    port=51_820,
    public_port=51_821,
    lifetime_s=600,
    nonce=b"0123456789ab",
)
HERE = b"HTTP/1.1 200 OK\r\nLOCATION: http://192.168.77.1:5000/d.xml\r\n\r\n"
DESCRIPTION = b"""<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"><device>
<serviceList><service><serviceType>urn:schemas-upnp-org:service:WANIPConnection:1</serviceType>
<controlURL>/ctl/IPConn</controlURL></service></serviceList></device></root>"""
AT = (WANTED.router, 5_000)


def pcp_answer(**changed: int | bytes) -> bytes:
    fields: dict[str, int | bytes] = {
        "version": 2,
        "opcode": 0x81,
        "zero": 0,
        "result": 0,
        "lifetime": 300,
        "epoch": 9,
        "nonce": WANTED.nonce,
        "protocol": 17,
        "port": 51_820,
        "public": 40_000,
        "address": bytes(10) + b"\xff\xff" + bytes((192, 0, 2, 77)),
        **changed,
    }
    return struct.pack("!BBBBII12x12sB3xHH16s", *fields.values())


def test_pcp_answer_is_read() -> None:
    assert pcp.pcp_answer(pcp_answer(), WANTED) == Mapped(
        protocol=Protocol.PCP,
        public_port=40_000,
        lifetime_s=300,
        address=IPv4Address("192.0.2.77"),
        epoch_s=9,
    )


@pytest.mark.parametrize(
    "changed",
    [{"nonce": b"another's..."}, {"port": 22}, {"protocol": 6}, {"opcode": 0x80}, {"opcode": 1}],
    ids=["nonce", "port", "protocol", "opcode", "request"],
)
def test_answer_to_somebody_else_is_none(changed: dict[str, int | bytes]) -> None:
    assert pcp.pcp_answer(pcp_answer(**changed), WANTED) is None


@pytest.mark.parametrize(
    ("changed", "reason"),
    [({"result": 2}, Unmapped.REFUSED), ({"public": 0}, Unmapped.SENSELESS)],
    ids=["not authorised", "port 0"],
)
def test_refusal_is_told(changed: dict[str, int | bytes], reason: Unmapped) -> None:
    assert pcp.pcp_answer(pcp_answer(**changed), WANTED) == NotMapped(reason=reason)


@given(st.binary(max_size=80))
def test_no_datagram_breaks_the_readers(datagram: bytes) -> None:
    pcp.pcp_answer(datagram, WANTED)
    pcp.pmp_answer(datagram, WANTED)
    pcp.address_answer(datagram)


@given(st.binary(min_size=52, max_size=60))
def test_datagram_that_claims_to_be_an_answer_is_a_value_or_nothing(tail: bytes) -> None:
    found = pcp.pcp_answer(b"\x02\x81" + tail, WANTED)

    assert found is None or isinstance(found, Mapped | NotMapped | str)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_search_answer_leads_anywhere_but_to_the_router(text: bytes) -> None:
    for answer in (text, HERE[:17] + text, HERE.replace(b"5000/d.xml", text)):
        try:
            port, path = upnp.found(answer, WANTED.router)
        except SenselessError:
            continue
        assert 0 < port < 65_536
        assert path.startswith("/")


@pytest.mark.parametrize(
    "location",
    [
        b"http://192.168.77.2:5000/d.xml",
        b"http://192.168.77.1@evil.example/d.xml",
        b"https://192.168.77.1:5000/d.xml",
        b"http://router.example/d.xml",
        b"file:///etc/passwd",
        b"http://[::1]/d.xml",
        b"http://192.168.77.1:99999/",
        b"http://192.168.77.1:5000/a b",
    ],
)
def test_location_elsewhere_is_senseless(location: bytes) -> None:
    with pytest.raises(SenselessError):
        upnp.found(b"HTTP/1.1 200 OK\r\nLOCATION: " + location + b"\r\n\r\n", WANTED.router)


@given(st.binary(max_size=400))
def test_no_description_breaks_the_reader(noise: bytes) -> None:
    for text in (noise, DESCRIPTION[:200] + noise, DESCRIPTION.replace(b"/ctl/IPConn", noise)):
        try:
            control = upnp.control_of(text, AT, "/d.xml")
        except SenselessError:
            continue
        assert control.path.startswith("/")


@pytest.mark.parametrize(
    "document",
    [
        b'<!DOCTYPE a [<!ENTITY b "x">]><a>&b;</a>',
        b"<a>" * 64 + b"</a>" * 64,
        b"<a>" + b"<b/>" * 5_000 + b"</a>",
        b"<a",
        b"\xff\xfe<a/>",
    ],
    ids=["entities", "deep", "long", "torn", "encoding"],
)
def test_document_that_is_no_plain_xml_is_senseless(document: bytes) -> None:
    with pytest.raises(SenselessError):
        upnp.elements(document)


def test_orders_taken_at_another_host_are_senseless() -> None:
    elsewhere = DESCRIPTION.replace(b"/ctl/IPConn", b"http://192.168.77.9:80/ctl")

    with pytest.raises(SenselessError):
        upnp.control_of(elsewhere, AT, "/d.xml")


@attrs.define(eq=False)
class Liar:
    """A router on loopback that answers ``datagrams`` by UDP and ``stream`` by TCP."""

    datagram: bytes = b""
    stream: bytes = b""
    held: list[socket.socket] = attrs.field(factory=list)

    async def open_socket(self, endpoint: Endpoint) -> socket.socket:
        kind = socket.SOCK_STREAM if endpoint.carrier is Carrier.TCP else socket.SOCK_DGRAM
        near, far = socket.socketpair(socket.AF_UNIX, kind)
        near.setblocking(False)  # noqa: FBT003 - it takes no keyword
        said = self.stream if endpoint.carrier is Carrier.TCP else self.datagram
        if said:
            far.send(said)
        if endpoint.carrier is Carrier.TCP:
            far.shutdown(socket.SHUT_WR)
        self.held.append(far)
        return near

    def answers(self, wanted: MapPort) -> Mapped | ControlNeeded | NotMapped:
        try:
            return asyncio.run(RouterMapper().ask(wanted, self.open_socket))
        finally:
            for line in self.held:
                line.close()


def test_silent_router_is_silent() -> None:
    assert Liar().answers(WANTED) == NotMapped(reason=Unmapped.SILENT)


def test_router_that_answers_noise_is_senseless() -> None:
    assert Liar(datagram=b"noise").answers(WANTED) == NotMapped(reason=Unmapped.SENSELESS)


def test_upnp_begins_by_naming_its_port() -> None:
    by_upnp = attrs.evolve(WANTED, protocol=Protocol.UPNP)

    assert Liar(datagram=HERE).answers(by_upnp) == ControlNeeded(port=5_000)


@pytest.mark.parametrize("port", [b"53", b"853"])
def test_port_of_a_resolver_is_not_spoken_to(port: bytes) -> None:
    by_upnp = attrs.evolve(WANTED, protocol=Protocol.UPNP)
    liar = Liar(datagram=HERE.replace(b"5000", port))

    assert liar.answers(by_upnp) == NotMapped(reason=Unmapped.SENSELESS)


@pytest.mark.parametrize(
    "stream",
    [
        b"",
        b"no HTTP at all\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<a/>",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100_000,
        b"HTTP/1.1 200 OK\r\n\r\n<!DOCTYPE a><a/>",
    ],
    ids=["nothing", "no http", "404", "short", "long", "doctype"],
)
def test_no_description_is_senseless(stream: bytes) -> None:
    by_upnp = attrs.evolve(WANTED, protocol=Protocol.UPNP, control_port=5_000)

    found = Liar(datagram=HERE, stream=stream).answers(by_upnp)

    assert found == NotMapped(reason=Unmapped.SENSELESS)
