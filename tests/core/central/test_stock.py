"""What is kept of the tickets fetched ahead, and how a lease is written down."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from uuid import UUID

import attrs
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tests.core.central.server_side import node
from worldvpn_core.central import ahead, lease_text
from worldvpn_core.central.ahead import MOST, RENEW_S, stock
from worldvpn_core.central.leases import FreshKeys, Lease
from worldvpn_core.central.place import Place
from worldvpn_core.central.replies import Granted
from worldvpn_core.credit.receipt import Role, open_receipt
from worldvpn_core.credit.ticket import Ticket
from worldvpn_core.types import Carrier, Endpoint

LEASES = st.builds(
    Lease,
    place=st.sampled_from([Place(), Place.parse("DE"), Place.parse("FR/Lille")]),
    transport=st.sampled_from(["wireguard", "other"]),
    granted=st.builds(
        Granted,
        session_id=st.uuids().map(str),
        node_id=st.integers(1, 5).map(node),
        country=st.sampled_from([None, "DE", "FR"]),
        endpoint=st.sampled_from(
            [
                Endpoint(host=ip_address("203.0.113.7"), port=51_820),
                Endpoint(host=ip_address("2001:db8::7"), port=443, carrier=Carrier.TCP),
            ]
        ),
        node_x25519=st.binary(min_size=32, max_size=32),
        assigned4=st.just(ip_address("10.99.0.2")),
        assigned6=st.just(ip_address("fd99::2")),
        dns=st.just(()),
        allowed=st.just((ip_network("0.0.0.0/0"), ip_network("::/0"))),
        mtu_bytes=st.integers(1_280, 9_000),
        parameters=st.just((("a", "b"),)),
        ticket=st.binary(min_size=1, max_size=300),
        cap_bytes=st.integers(0, 1 << 40),
        expires_s=st.integers(1, 1 << 40),
    ),
    keys=st.builds(FreshKeys.drawn),
    expires_s=st.integers(0, int(3 * RENEW_S)),
    cap_bytes=st.integers(0, 1 << 40),
    used=st.booleans(),
)


@given(held_now=st.lists(LEASES, max_size=4), current=LEASES, is_held=st.booleans())
def test_stock_ends_what_does_not_serve_and_never_what_is_in_use(
    *, held_now: list[Lease], current: Lease, is_held: bool
) -> None:
    everything = [*held_now, *([current] if is_held else [])]

    wanted = stock(everything, current, now_s=0)

    assert {*wanted.kept, *wanted.ended} == set(everything)
    assert not {*wanted.kept} & {*wanted.ended}
    assert 0 <= wanted.missing == MOST - len(wanted.kept)
    assert (current in wanted.kept) is is_held
    for each in wanted.kept:
        assert each == current or (
            not each.used and each.expires_s >= RENEW_S and each.is_at(current.place)
        )


@given(LEASES)
def test_lease_is_read_as_it_was_written(lease: Lease) -> None:
    line = lease_text.to_line(lease)

    assert lease_text.from_line(line) == lease
    assert line.isprintable()
    assert len(line) <= 4_096


@given(st.one_of(st.text(), st.recursive(st.none() | st.text(), st.lists).map(repr)))
def test_line_that_is_no_lease_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="a lease is malformed"):
        lease_text.from_line(line)


@given(LEASES)
def test_last_word_on_one_that_was_never_used_is_nothing_signed_by_its_guest(lease: Lease) -> None:
    public = lease.keys.public
    ticket = Ticket(
        session=UUID(lease.id),
        node=UUID(lease.granted.node_id),
        guest_x25519=public.x25519,
        node_x25519=lease.granted.node_x25519,
        guest_ed25519=public.ed25519,
        node_ed25519=bytes(32),
        cap_bytes=1,
        price_ticks=5,
        float_bytes=1,
        not_before_s=0,
        not_after_s=1,
        key_id=bytes(16),
    )
    signed = ticket.sign(Ed25519PrivateKey.generate())
    lease = attrs.evolve(lease, granted=attrs.evolve(lease.granted, ticket=signed))

    word = ahead.nothing_carried(lease)

    assert word is not None
    receipt = open_receipt(word, public.ed25519)
    assert (receipt.ticket, receipt.role) == (ticket.hash(), Role.GUEST)
    assert (receipt.up_bytes, receipt.down_bytes) == (0, 0)
