"""What is kept of an end of a session, and what of it the server lacks."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.credit.ends import GUEST_KEY, NODE_KEY, TICKET
from tests.core.receipts.samples import ENDS_S, entry, receipt
from worldvpn_core.credit.receipt import Role
from worldvpn_core.errors import ReceiptsError
from worldvpn_core.receipts.blank import blank, going_on
from worldvpn_core.receipts.entry import (
    LATENESS_S,
    LINGER_S,
    RECORD_BYTES,
    Entry,
    from_record,
    to_record,
)

entries = st.builds(
    lambda number, role, answered, own, other: attrs.evolve(
        entry(number, role=role, answered=answered), handed_own=own, handed_other=other
    ),
    st.integers(1, 4),
    st.sampled_from(Role),
    st.booleans(),
    st.integers(0, 4),
    st.integers(0, 2**64 - 1),
)


@given(entries)
def test_record_is_read_as_it_was_written(one: Entry) -> None:
    record = to_record(one)
    assert (len(record), from_record(record)) == (RECORD_BYTES, one)


@given(st.binary(min_size=RECORD_BYTES, max_size=RECORD_BYTES) | st.binary(max_size=9))
def test_any_bytes_are_a_record_or_the_one_error(raw: bytes) -> None:
    with pytest.raises(ReceiptsError):
        from_record(raw)


def test_node_hands_in_its_own_receipt_and_its_guests() -> None:
    one = entry(3, answered=True)
    assert one.pending == (one.signed, one.kept.other)


def test_guest_hands_in_its_own_receipt_alone() -> None:
    one = entry(3, role=Role.GUEST, answered=True)
    assert one.pending == (one.signed,)


def test_what_the_server_has_is_not_handed_in_again() -> None:
    one = entry(3, answered=True)
    assert one.kept.other is not None
    assert one.handed(one.signed).pending == (one.kept.other,)
    assert one.handed(one.signed).handed(one.kept.other).pending == ()


def test_next_receipt_is_handed_in_again() -> None:
    former = entry(3).handed(entry(3).signed)
    assert entry(4).after(former).pending == (entry(4).signed,)


@pytest.mark.parametrize("number", [1, 2, 3, 6])
def test_receipt_that_does_not_follow_the_last_is_not_kept(number: int) -> None:
    with pytest.raises(ReceiptsError):
        entry(number).after(entry(4))


def test_second_receipt_of_one_number_is_not_kept() -> None:
    other = attrs.evolve(receipt(Role.NODE, 4), up_bytes=9_999)
    second = attrs.evolve(
        entry(4),
        kept=attrs.evolve(entry(4).kept, own=other),
        signed=other.sign(NODE_KEY),
    )
    with pytest.raises(ReceiptsError):
        second.after(entry(4))


def test_session_of_which_nothing_is_kept_begins_with_its_first_receipt() -> None:
    assert entry(1).after(None) == entry(1)
    with pytest.raises(ReceiptsError):
        entry(2).after(None)


def test_what_waits_for_the_server_is_kept_seven_days_longer() -> None:
    one = entry(1)
    assert not one.is_over(ENDS_S + LATENESS_S - 1)
    assert one.is_over(ENDS_S + LATENESS_S)
    assert not one.handed(one.signed).is_over(ENDS_S + LINGER_S - 1)
    assert one.handed(one.signed).is_over(ENDS_S + LINGER_S)


def laid_by() -> Entry:
    return blank(TICKET.session, TICKET, GUEST_KEY)


def test_what_is_laid_by_is_not_handed_in_and_is_read_as_it_was_written() -> None:
    assert (laid_by().is_blank, laid_by().pending) == (True, ())
    assert from_record(to_record(laid_by())) == laid_by()
    assert going_on(laid_by()) == going_on(None) == (None, None)


def test_first_receipt_of_a_session_comes_in_place_of_what_was_laid_by() -> None:
    first = entry(1, role=Role.GUEST)
    assert first.after(laid_by()) == first
    assert not first.is_blank
    with pytest.raises(ReceiptsError):
        entry(2, role=Role.GUEST).after(laid_by())
    with pytest.raises(ReceiptsError):
        laid_by().after(first)
