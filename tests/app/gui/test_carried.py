"""What guests carry today: the curve is what was told, whatever was."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.app.fake_daemon import a_snapshot, sharing
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_app.gui.present.carried import CarriedView, carried, pointed

NOW = datetime(2026, 1, 2, 0, 37, 30, tzinfo=UTC)
TOLD: dict[str, object] = {
    "rate_bps": 18_200_000,
    "begins_utc": "2026-01-02T00:00:00+00:00",
    "step_s": 900,
    "bytes": [0, 900 * 2_000_000 // 8, 1_048_576],
}


def snapshot(told: object) -> Snapshot:
    return {**a_snapshot(), "sharing": sharing(state="serving", carried=told)}


def view(told: object = TOLD, **settings: object) -> CarriedView | None:
    return carried(snapshot(told), settings, NOW)


def test_each_quarter_of_an_hour_is_a_point_and_the_present_rate_is_the_last() -> None:
    shown = view(share_rate_mbps=40)

    assert shown is not None
    assert [round(mbps, 3) for _, mbps in shown.points] == [0, 2, 18.2]
    assert [round(share * 86_400) for share, _ in shown.points] == [450, 1_350, 2_250]
    assert (shown.limit_mbps, shown.most_mbps) == (40, 50)
    assert shown.now == "18.2\u00a0Mbit/s now"
    assert "18.2\u00a0Mbit/s at most today" in shown.words


def test_each_point_says_from_when_to_when_it_is_and_the_last_that_it_is_now() -> None:
    shown = view()

    assert shown is not None
    assert [pointed(shown, place) for place in range(3)] == [
        ("00:00 to 00:15", "0.0\u00a0Mbit/s"),
        ("00:15 to 00:30", "2.0\u00a0Mbit/s"),
        ("Now", "18.2\u00a0Mbit/s"),
    ]


def test_limit_that_is_far_away_is_not_drawn() -> None:
    shown = view(share_rate_mbps=100)

    assert shown is not None
    assert (shown.limit_mbps, shown.most_mbps) == (None, 20)


def test_quarters_in_which_nothing_moved_lie_on_the_ground() -> None:
    shown = view({**TOLD, "bytes": []})

    assert shown is not None
    assert [mbps for _, mbps in shown.points] == [0, 0, 18.2]
    assert shown.limit_mbps is None


def test_service_that_tells_nothing_has_no_curve() -> None:
    assert view(None) is None


_odd: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
)


@given(st.dictionaries(st.sampled_from(sorted(TOLD)), _odd), _odd)
def test_odd_figures_are_shown_calmly(changes: dict[str, object], limit: object) -> None:
    shown = view({**TOLD, **changes}, share_rate_mbps=limit)

    if shown is not None:
        assert all(0 <= share <= 1 and mbps >= 0 for share, mbps in shown.points)
        assert all(all(pointed(shown, place)) for place in range(len(shown.points)))
