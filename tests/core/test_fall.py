"""A silent tunnel falls in time; a busy, an idle and a one-way one do not."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.tunnel.fall import (
    BUSY_POLL_S,
    IDLE_POLL_S,
    MOST_PATIENCE_S,
    PROBES,
    QUIET_LOOKS,
    QUIET_POLL_S,
    Verdict,
    Vigil,
    look,
)
from worldvpn_core.types import Counters

Traffic = Callable[[float], Counters | None]


def _watched(traffic: Traffic, until_s: float, *, answers: bool) -> list[tuple[float, Verdict]]:
    """Run a vigil against ``traffic`` (time → counters); probes are answered or not."""
    told: list[tuple[float, Verdict]] = []
    vigil, now, proof = Vigil(), 0.0, 0
    while now < until_s:
        now = round(now + vigil.poll_s, 3)
        seen = traffic(now)
        counters = seen and Counters(
            received_bytes=seen.received_bytes + 92 * proof,
            sent_bytes=seen.sent_bytes + 148 * proof,
            proof=proof,
        )
        vigil, verdict = look(vigil, counters, now)
        if verdict is not Verdict.WAIT:
            told.append((now, verdict))
        if verdict is Verdict.PROBE and answers:
            proof += 1
        if verdict is Verdict.FALLEN:
            break
    return told


def _sending(now: float) -> Counters:
    return Counters(sent_bytes=int(now * 100_000))


def _idle(_now: float) -> Counters:
    return Counters(sent_bytes=500, received_bytes=500)


def _busy(now: float) -> Counters:
    return Counters(sent_bytes=int(now * 1_000), received_bytes=int(now * 1_000))


def test_silent_relay_ends_in_fallen_after_three_probes() -> None:
    told = _watched(_sending, 60, answers=False)

    assert [verdict for _, verdict in told] == [Verdict.PROBE] * PROBES + [Verdict.FALLEN]
    assert told[-1][0] <= 5.0


def test_engine_that_answers_nothing_falls_too() -> None:
    told = _watched(lambda _now: None, 60, answers=False)

    assert told[-1][1] is Verdict.FALLEN
    assert told[-1][0] <= 5.0


@pytest.mark.parametrize("traffic", [_idle, _busy], ids=["idle", "busy"])
def test_tunnel_that_owes_nothing_is_never_probed(traffic: Traffic) -> None:
    assert [entry for entry in _watched(traffic, 300, answers=True) if entry[0] > 3] == []


def test_tunnel_that_nobody_uses_is_looked_at_less_often_until_somebody_does() -> None:
    vigil = Vigil(counters=_idle(0))
    assert vigil.poll_s == BUSY_POLL_S
    vigil, _ = look(vigil, _idle(0), 0.0)
    for number in range(1, QUIET_LOOKS):
        assert vigil.poll_s == IDLE_POLL_S
        vigil, _ = look(vigil, _idle(0), number * IDLE_POLL_S)

    assert vigil.poll_s == QUIET_POLL_S
    used, _ = look(vigil, Counters(sent_bytes=900, received_bytes=900), 20.0)
    assert used.poll_s == BUSY_POLL_S


def test_one_way_traffic_is_no_fall_and_is_asked_less_and_less() -> None:
    told = _watched(_sending, 300, answers=True)

    times = [now for now, _ in told]
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert {verdict for _, verdict in told} == {Verdict.PROBE}
    assert gaps[-1] >= MOST_PATIENCE_S > gaps[0]


def test_one_way_traffic_whose_remote_dies_still_falls() -> None:
    vigil = Vigil(patience_s=MOST_PATIENCE_S)
    told, now = [], 0.0
    while now < 30 and Verdict.FALLEN not in told:
        now += vigil.poll_s
        vigil, verdict = look(vigil, _sending(now), now)
        told.append(verdict)

    assert told[-1] is Verdict.FALLEN
    assert now <= MOST_PATIENCE_S + 5


def test_answer_to_a_probe_ends_the_alarm() -> None:
    alarmed = Vigil(counters=_sending(1), silent_since_monotonic_s=1.0, probes=2)

    calm, verdict = look(alarmed, Counters(sent_bytes=100_000, received_bytes=92, proof=1), 4.0)

    assert verdict is Verdict.WAIT
    assert (calm.silent_since_monotonic_s, calm.probes) == (None, 0)


@given(
    st.lists(
        st.tuples(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(0, 1), st.booleans()),
        max_size=60,
    )
)
def test_it_never_falls_without_having_probed_three_times_in_silence(
    steps: list[tuple[int, int, int, bool]],
) -> None:
    vigil, sent, received, proof, now = Vigil(), 0, 0, 0, 0.0
    quiet_probes = 0
    for more_sent, more_received, proved, readable in steps:
        now += vigil.poll_s
        sent, received, proof = sent + more_sent, received + more_received, proof + proved
        counters = Counters(sent_bytes=sent, received_bytes=received, proof=proof)
        heard = readable and (
            counters.received_bytes > vigil.counters.received_bytes
            or counters.proof != vigil.counters.proof
        )
        vigil, verdict = look(vigil, counters if readable else None, now)
        quiet_probes = 0 if heard else quiet_probes + (verdict is Verdict.PROBE)
        assert verdict is not Verdict.FALLEN or quiet_probes >= PROBES
