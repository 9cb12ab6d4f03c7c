"""Keys of journals: one for each thing posted, and nothing to join two of them by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_server.ledger.keys import journal_key

things = st.tuples(
    st.binary(min_size=32, max_size=32), st.text(max_size=12), st.integers(0, 2**64 - 1)
)


@given(things, things)
def test_two_things_share_a_key_only_if_they_are_one(
    one: tuple[bytes, str, int], other: tuple[bytes, str, int]
) -> None:
    assert (journal_key(*one) == journal_key(*other)) is (one == other)
    assert len(journal_key(*one)) == 32


@pytest.mark.parametrize(("salt", "number"), [(b"short", 1), (bytes(32), -1), (bytes(32), 2**64)])
def test_key_without_a_whole_salt_or_number_is_refused(salt: bytes, number: int) -> None:
    with pytest.raises(ValueError, match="not"):
        journal_key(salt, "hold", number)
