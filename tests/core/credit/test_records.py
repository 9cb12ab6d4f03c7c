"""Tickets and receipts: one encoding, one signer, and nothing else passes."""

from __future__ import annotations

from uuid import UUID

import attrs
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.credit.lengths import RECEIPT_BYTES
from worldvpn_core.credit.receipt import Receipt, Role, open_receipt, read_receipt
from worldvpn_core.credit.ticket import TICKET_BYTES, Ticket, key_id_of, open_ticket
from worldvpn_core.credit.units import CREDIT_TICKS, PRICE_TICKS, REWARD_TICKS, credits_of
from worldvpn_core.errors import CreditProofError

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()

hashes = st.binary(min_size=32, max_size=32)
numbers = st.integers(min_value=0, max_value=2**64 - 1)
tickets = st.builds(
    Ticket,
    session=st.uuids(),
    node=st.uuids(),
    guest_x25519=hashes,
    node_x25519=hashes,
    guest_ed25519=hashes,
    node_ed25519=hashes,
    cap_bytes=numbers,
    price_ticks=st.integers(min_value=0, max_value=255),
    float_bytes=numbers,
    not_before_s=numbers,
    not_after_s=numbers,
    key_id=st.binary(min_size=16, max_size=16),
    previous=hashes,
)
receipts = st.builds(
    Receipt,
    role=st.sampled_from(Role),
    ticket=hashes,
    sequence=numbers,
    up_bytes=numbers,
    down_bytes=numbers,
    elapsed_ms=numbers,
    previous=hashes,
)
RECEIPT = Receipt(
    role=Role.GUEST, ticket=bytes(32), sequence=1, up_bytes=2, down_bytes=3, elapsed_ms=4
)
TICKET = Ticket(
    session=UUID(int=1),
    node=UUID(int=2),
    guest_x25519=bytes(32),
    node_x25519=bytes(32),
    guest_ed25519=bytes(32),
    node_ed25519=bytes(32),
    cap_bytes=1,
    price_ticks=5,
    float_bytes=1,
    not_before_s=0,
    not_after_s=1,
    key_id=bytes(16),
)


@given(tickets)
def test_signed_ticket_opens_to_itself(ticket: Ticket) -> None:
    signed = ticket.sign(KEY)

    assert (len(signed), key_id_of(signed)) == (TICKET_BYTES, ticket.key_id)
    assert open_ticket(signed, PUBLIC) == ticket


@given(receipts)
def test_signed_receipt_opens_to_itself(receipt: Receipt) -> None:
    signed = receipt.sign(KEY)

    assert len(signed) == RECEIPT_BYTES
    assert open_receipt(signed, PUBLIC) == read_receipt(signed) == receipt


@given(receipts, receipts)
def test_different_receipts_have_different_names(one: Receipt, other: Receipt) -> None:
    assert (one == other) == (one.hash() == other.hash())


@given(st.integers(0, RECEIPT_BYTES * 8 - 1))
def test_receipt_with_one_bit_changed_is_refused(bit: int) -> None:
    signed = bytearray(RECEIPT.sign(KEY))
    signed[bit // 8] ^= 1 << bit % 8

    with pytest.raises(CreditProofError):
        open_receipt(bytes(signed), PUBLIC)


@given(st.integers(0, TICKET_BYTES * 8 - 1))
def test_ticket_with_one_bit_changed_is_refused(bit: int) -> None:
    signed = bytearray(TICKET.sign(KEY))
    signed[bit // 8] ^= 1 << bit % 8

    with pytest.raises(CreditProofError):
        open_ticket(bytes(signed), PUBLIC)


@given(st.binary(max_size=TICKET_BYTES + 8))
def test_no_stranger_s_bytes_open(text: bytes) -> None:
    with pytest.raises(CreditProofError):
        open_ticket(text, PUBLIC)
    with pytest.raises(CreditProofError):
        open_receipt(text, PUBLIC)


def test_another_key_opens_nothing() -> None:
    with pytest.raises(CreditProofError, match="does not belong"):
        open_ticket(TICKET.sign(KEY), OTHER)
    with pytest.raises(CreditProofError, match="does not belong"):
        open_receipt(RECEIPT.sign(KEY), OTHER)


def test_signature_over_one_kind_of_record_is_none_over_another() -> None:
    longer = attrs.evolve(TICKET, cap_bytes=2)

    assert TICKET.hash() != longer.hash() != RECEIPT.hash()
    with pytest.raises(CreditProofError):
        open_ticket(longer.body() + KEY.sign(longer.body()), PUBLIC)


def test_nobody_signs_by_the_key_of_zeros() -> None:
    # A point of order 4: by the curve's rules alone this signature is good for every fourth body.
    neutral = b"\x01" + bytes(63)
    for elapsed_ms in range(32):
        made_up = attrs.evolve(RECEIPT, elapsed_ms=elapsed_ms).body() + neutral
        with pytest.raises(CreditProofError):
            open_receipt(made_up, bytes(32))


def test_a_key_or_hash_of_another_length_is_no_value() -> None:
    with pytest.raises(ValueError, match="guest_x25519"):
        attrs.evolve(TICKET, guest_x25519=bytes(31))


def test_sharing_earns_a_fifth_more_than_using_costs() -> None:
    assert PRICE_TICKS * 12 == REWARD_TICKS * 10
    assert (credits_of(CREDIT_TICKS - 1), credits_of(CREDIT_TICKS)) == (0, 1)
