"""Who was sent away stays out for its time, and no one else does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.errors import ConfigError
from worldvpn_core.share.banned import MOST, Ban, Bans, meant

NOW = datetime(2026, 6, 1, tzinfo=UTC)
_aliases = st.sampled_from(["aaaa1111", "aaaa2222", "bbbb3333"])


def ban(alias: str, hours: int = 24) -> Ban:
    return Ban(alias=alias, reason="kicked", detail="", until=NOW + timedelta(hours=hours))


@given(st.lists(st.tuples(_aliases, st.integers(-5, 5))), _aliases)
def test_the_last_word_on_a_guest_counts_while_it_lasts(
    given_: list[tuple[str, int]], alias: str
) -> None:
    bans = Bans()
    for each, hours in given_:
        bans = bans.with_(ban(each, hours))
    last = next((hours for each, hours in reversed(given_) if each == alias), 0)

    assert (bans.of(alias, NOW) is not None) == (last > 0)
    assert bans.standing(NOW).of(alias, NOW) == bans.of(alias, NOW)


def test_nobody_is_kept_out_for_having_no_alias() -> None:
    assert Bans().with_(ban("aaaa1111")).of(None, NOW) is None


def test_bans_do_not_grow_without_end() -> None:
    bans = Bans()
    for number in range(MOST + 5):
        bans = bans.with_(ban(f"{number:08x}"))

    assert len(bans.every) == MOST
    assert bans.of("00000000", NOW) is None


def test_an_alias_may_be_shortened_while_only_one_is_meant() -> None:
    present = frozenset({"aaaa1111", "aaaa2222", "bbbb3333"})

    assert meant("bbbb", present) == "bbbb3333"
    assert meant("aaaa1111", present) == "aaaa1111"
    for unclear in ("aaaa", "bbb", "cccc"):
        with pytest.raises(ConfigError):
            meant(unclear, present)
