"""What the owner's own terms let be: pause, hours, a day's volume, a network that costs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.share.schedule import parsed
from worldvpn_core.share.terms import NOTICE, Facts, Metered, Pause, Terms, terms

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)  # a Monday
FREE = Facts(now=NOON, zone=UTC, cap_bytes=1_000)


def _code(facts: Facts) -> str | None:
    hold = terms(facts).hold
    return None if hold is None else hold.code


def test_without_terms_everybody_may_come() -> None:
    assert terms(FREE) == Terms()
    assert terms(FREE).accepts


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"pause": Pause()}, "share.paused"),
        ({"pause": Pause(until=NOON + timedelta(seconds=1))}, "share.paused"),
        ({"pause": Pause(until=NOON)}, None),
        ({"pause": Pause(drains_until=NOON)}, "share.paused"),
        ({"metered": Metered.YES}, "share.metered"),
        ({"metered": Metered.YES, "serves_metered": True}, None),
        ({"metered": Metered.UNKNOWN}, None),
        ({"is_disk_full": True}, "share.disk"),
        ({"carried_bytes": 1_000}, "share.daily"),
        ({"carried_bytes": 999}, None),
        ({"windows": (parsed("mon 13:00-14:00"),)}, "share.schedule"),
        ({"windows": (parsed("mon 12:00-14:00"),)}, None),
    ],
)
def test_each_of_them_holds_the_node_by_itself(changes: dict[str, Any], code: str) -> None:
    assert _code(attrs.evolve(FREE, **changes)) == code


@pytest.mark.parametrize(
    "changes",
    [
        {"pause": Pause(drains_until=NOON + NOTICE)},
        {"windows": (parsed("mon 10:00-12:05"),)},
        {"carried_bytes": 950},
    ],
)
def test_where_the_end_is_near_those_inside_may_end_and_nobody_new_comes(
    changes: dict[str, Any],
) -> None:
    found = terms(attrs.evolve(FREE, **changes))

    assert found.hold is None
    assert not found.accepts
    assert found.reason


_facts = st.builds(
    Facts,
    now=st.integers(0, 14 * 1_440).map(lambda minutes: NOON + timedelta(minutes=minutes)),
    zone=st.just(UTC),
    windows=st.sampled_from([(), (parsed("mon-fri 08:00-22:00"),), (parsed("daily 22:00-06:00"),)]),
    pause=st.none()
    | st.builds(
        Pause,
        until=st.none() | st.just(NOON + timedelta(days=3)),
        drains_until=st.none() | st.just(NOON + timedelta(days=2)),
    ),
    carried_bytes=st.integers(0, 1_200),
    cap_bytes=st.just(1_000),
    metered=st.sampled_from(Metered),
    serves_metered=st.booleans(),
)


@given(_facts)
def test_whoever_is_held_or_warned_takes_nobody(facts: Facts) -> None:
    found = terms(facts)

    assert found.accepts == (found.hold is None and not found.reason)
    assert not (found.hold and found.reason)


@given(_facts, st.integers(0, 500))
def test_more_traffic_never_lets_more_be(facts: Facts, more: int) -> None:
    later = attrs.evolve(facts, carried_bytes=facts.carried_bytes + more)

    assert terms(facts).accepts or not terms(later).accepts
    assert terms(facts).hold is None or terms(later).hold is not None


@given(_facts)
def test_an_end_of_the_hours_is_seen_coming(facts: Facts) -> None:
    """So that nobody is let in who would be sent away within the notice."""
    if terms(facts).accepts:
        for seconds in range(0, int(NOTICE.total_seconds()), 60):
            soon = attrs.evolve(facts, now=facts.now + timedelta(seconds=seconds))
            assert terms(soon).hold is None
