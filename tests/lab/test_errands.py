"""What guests of the client's node send, and how the witness tells it from the owner's own."""

from __future__ import annotations

from ipaddress import ip_address

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_lab.oracle.frames import IPV4, TCP, UDP, Frame, decode_packet
from worldvpn_lab.oracle.judge import Admitted, Guests, Verdict, judge
from worldvpn_lab.probes.errands import Errand, Way, errands
from worldvpn_lab.probes.marks import errand_of, guest_tag_of, port_of, tag_of
from worldvpn_lab.probes.packets import udp_packet

INNER = ip_address("10.63.1.2")
STATE = Admitted(inner=(INNER,))
OUTER = Frame(
    ethertype=IPV4,
    source=ip_address("192.168.77.10"),
    destination=ip_address("203.0.113.10"),
    protocol=UDP,
    source_port=40_000,
    destination_port=51820,
    hop_limit=64,
)
#: A node on the client, one guest of it, and what it sends.
OWN = (ip_address("10.9.0.5"), ip_address("fd09::5"))
SHARING = attrs.evolve(
    STATE,
    guests=Guests(
        outer=(ip_address("203.0.113.20"),),
        senders=(ip_address("192.168.77.10"),),
        routers=(ip_address("192.0.2.77"),),
        port=51821,
        asked=(ip_address("192.168.77.1"),),
    ),
)
GUESTS_FLOW = attrs.evolve(
    OUTER,
    destination=ip_address("198.51.100.80"),
    source_port=20_000,
    destination_port=7,
    payload=guest_tag_of(1, 2, may=True),
)
TO_GUEST = attrs.evolve(
    OUTER, source_port=51821, destination=ip_address("203.0.113.20"), destination_port=40_000
)


def knock(port: int = 51821) -> bytes:
    """Return a guest's packet to the node."""
    return udp_packet(ip_address("203.0.113.20"), ip_address("192.168.77.10"), port, b"hello")


NO_ENGINE = attrs.evolve(
    TO_GUEST,
    protocol=1,
    source_port=None,
    destination_port=None,
    kind=3,
    code=3,
    payload=bytes(4) + knock(),
)


@pytest.mark.parametrize(
    "frame",
    [
        GUESTS_FLOW,
        attrs.evolve(GUESTS_FLOW, protocol=1, source_port=None, kind=8),
        attrs.evolve(GUESTS_FLOW, source=ip_address("192.0.2.77"), source_port=50_000),
    ],
)
def test_guests_leave_under_the_clients_address_or_its_routers(frame: Frame) -> None:
    assert judge(frame, SHARING) is Verdict.GUEST


TO_ROUTER = attrs.evolve(OUTER, destination=ip_address("192.168.77.1"), destination_port=5_351)


def test_router_is_asked_by_a_node_alone() -> None:
    assert judge(TO_ROUTER, SHARING) is Verdict.ROUTER
    assert judge(TO_ROUTER, attrs.evolve(SHARING, guests=None)) is Verdict.LEAK


@pytest.mark.parametrize(
    "frame",
    [
        attrs.evolve(TO_ROUTER, destination_port=53),
        attrs.evolve(TO_ROUTER, protocol=6),
        attrs.evolve(TO_ROUTER, destination=ip_address("192.168.77.20")),
        attrs.evolve(TO_ROUTER, source=OWN[0]),
    ],
    ids=["names", "tcp", "another host", "another source"],
)
def test_nothing_else_is_asked_of_it(frame: Frame) -> None:
    assert judge(frame, SHARING) is Verdict.LEAK


@pytest.mark.parametrize("frame", [TO_GUEST, NO_ENGINE])
def test_node_speaks_to_its_guests_from_its_port_or_says_that_nobody_is_there(
    frame: Frame,
) -> None:
    assert judge(frame, SHARING) is Verdict.NODE


@pytest.mark.parametrize(
    "frame",
    [
        attrs.evolve(GUESTS_FLOW, source=ip_address("10.9.0.5")),
        attrs.evolve(GUESTS_FLOW, source=INNER),
        attrs.evolve(GUESTS_FLOW, source_port=40_000),
        attrs.evolve(GUESTS_FLOW, destination=ip_address("192.168.77.20")),
        attrs.evolve(GUESTS_FLOW, destination=ip_address("fe80::1")),
        attrs.evolve(GUESTS_FLOW, payload=guest_tag_of(1, 2, may=False)),
        attrs.evolve(GUESTS_FLOW, payload=tag_of(1, 2)),
        attrs.evolve(GUESTS_FLOW, payload=b""),
        attrs.evolve(TO_GUEST, source_port=40_000),
        attrs.evolve(TO_GUEST, source=ip_address("10.9.0.2")),
        attrs.evolve(TO_GUEST, destination=ip_address("203.0.113.99")),
        attrs.evolve(TO_GUEST, protocol=TCP),
        attrs.evolve(TO_GUEST, payload=tag_of(1, 2)),
        attrs.evolve(NO_ENGINE, kind=11),
        attrs.evolve(NO_ENGINE, destination=ip_address("203.0.113.99")),
        attrs.evolve(NO_ENGINE, payload=bytes(4) + knock(port=22)),
        attrs.evolve(NO_ENGINE, payload=bytes(4) + knock()[:20]),
    ],
)
def test_what_is_not_a_guests_own_way_out_is_a_leak(frame: Frame) -> None:
    assert judge(frame, SHARING) is Verdict.LEAK


@pytest.mark.parametrize("frame", [GUESTS_FLOW, TO_GUEST, NO_ENGINE])
def test_nothing_of_guests_is_admitted_where_nobody_shares(frame: Frame) -> None:
    assert judge(frame, STATE) is Verdict.LEAK


@given(burst=st.integers(0, 999_999), errand=st.integers(0, 99_999), may=st.booleans())
def test_every_errand_is_read_back(burst: int, errand: int, *, may: bool) -> None:
    text = b"xx" + guest_tag_of(burst, errand, may=may) + b"yy"
    frames = [
        attrs.evolve(OUTER, payload=text),
        attrs.evolve(OUTER, protocol=TCP, payload=text, source_port=port_of(3, 7)),
    ]

    assert [errand_of(frame) for frame in frames] == [(burst, errand)] * 2
    assert errand_of(attrs.evolve(OUTER, payload=tag_of(burst, 2))) is None


@pytest.mark.parametrize(
    "own",
    errands(OWN, OWN),
    ids=lambda errand: errand.name,
)
def test_every_errand_is_a_packet_that_the_witness_reads(own: Errand) -> None:
    frame = decode_packet(own.packet(burst=7))

    assert (frame.source, frame.destination) == (own.source, own.address)
    assert frame.destination_port == (None if own.way is Way.ICMP else own.port)
    assert errand_of(frame) == (7, own.index)


def test_error_that_quotes_a_guests_packet_is_no_errand() -> None:
    quoting = attrs.evolve(OUTER, protocol=1, kind=3, payload=guest_tag_of(1, 2, may=True))

    assert errand_of(quoting) is None
    assert errand_of(attrs.evolve(quoting, protocol=58, kind=1)) is None
