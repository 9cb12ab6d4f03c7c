"""Rates from counters: what is not known stays a gap."""

from __future__ import annotations

import functools

import pytest

from worldvpn_app.gui.present.traffic import (
    Rate,
    Sample,
    added,
    of_history,
    rate,
    rates,
    scale,
)

NONE: tuple[Sample, ...] = ()


def test_a_rate_is_what_went_between_two_samples() -> None:
    samples = (Sample(0.0, 0, 0), Sample(2.0, 1_000_000, 250_000))
    assert rates(samples) == (Rate(2.0, 4.0, 1.0),)


def test_a_long_silence_and_a_new_tunnel_are_gaps() -> None:
    samples = (Sample(0.0, 900, 900), Sample(9.0, 1_000, 1_000), Sample(10.0, 0, 0))
    assert [each.down_mbps for each in rates(samples)] == [None, None]


def test_the_daemons_seconds_are_rates_up_to_now() -> None:
    minute = {"received_bytes": [0, 125_000], "sent_bytes": [0, 250_000]}
    assert of_history(minute, 10.0) == (Rate(9.0, 0.0, 0.0), Rate(10.0, 1.0, 2.0))


def test_what_is_older_than_the_chart_is_forgotten() -> None:
    long = functools.reduce(added, (Sample(float(at), at, at) for at in range(600)), NONE)
    assert 60 <= len(long) <= 70
    assert long[-1].at_s == 599.0


def test_samples_that_come_at_once_are_one() -> None:
    assert len(added((Sample(1.0, 0, 0),), Sample(1.1, 5, 5))) == 1


@pytest.mark.parametrize(
    ("most", "top"), [(0.05, 0.1), (0.15, 0.2), (4.0, 5.0), (51.0, 100.0), (940.0, 1_000.0)]
)
def test_an_axis_ends_at_a_round_figure_above_all_values(most: float, top: float) -> None:
    assert scale(most) == pytest.approx(top)


def test_a_rate_in_words() -> None:
    assert [rate(None), rate(0.0), rate(0.05), rate(27.71)] == [
        *("\u2013", "0.0\u00a0Mbit/s", "50\u00a0kbit/s", "27.7\u00a0Mbit/s")
    ]
