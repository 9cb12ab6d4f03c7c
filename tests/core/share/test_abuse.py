"""What is too much within a minute, by any readings of the counters."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.share import abuse
from worldvpn_core.share.abuse import MIB, Offence, Record, Seen


def _after(*seen: Seen) -> Record:
    record = Record()
    for each in seen:
        record = record.with_newer(each)
    return record


QUIET = Seen(at_s=0.0)


@pytest.mark.parametrize(
    ("most", "offence"),
    [
        ({"opened": 1_000}, Offence.CONNECTIONS),
        ({"ports": 100}, Offence.PORTS),
        ({"unanswered_bytes": 1_024 * MIB - 1}, Offence.FLOOD),
        ({"hosts": 50, "sent_bytes": 900 * MIB}, Offence.HOSTS),
        ({"hosts": 90, "sent_bytes": 500 * MIB - 1}, Offence.HOSTS),
    ],
)
def test_the_most_is_allowed_and_one_more_is_an_offence(
    most: dict[str, int], offence: Offence
) -> None:
    allowed = attrs.evolve(QUIET, at_s=30.0, **most)
    more = attrs.evolve(allowed, **{key: value + 1 for key, value in most.items()})

    assert _after(QUIET, allowed).offence is None
    assert _after(QUIET, more).offence is offence


_steps = st.lists(
    st.tuples(st.floats(0.5, 40.0), st.integers(0, 700), st.integers(0, 700)), max_size=30
)


@given(_steps)
def test_offences_are_those_of_some_minute(steps: list[tuple[float, int, int]]) -> None:
    """Against all pairs of readings a minute apart at most, the plain way."""
    at_s, opened, silent = 0.0, 0, 0
    seen = [QUIET]
    record = _after(QUIET)
    found: list[bool] = []
    for passed_s, more, mebibytes in steps:
        at_s, opened, silent = at_s + passed_s, opened + more, silent + mebibytes * MIB
        seen.append(Seen(at_s=at_s, opened=opened, sent_bytes=silent, unanswered_bytes=silent))
        record = record.with_newer(seen[-1])
        found.append(record.offence is not None)
        last = [each for each in seen if each.at_s >= at_s - abuse.WINDOW_S]
        assert found[-1] == (
            opened - last[0].opened > abuse.MOST_OPENED
            or silent - last[0].unanswered_bytes >= abuse.MOST_UNANSWERED_BYTES
        )


@given(st.integers(0, 10**7), st.integers(0, 10**12))
def test_counters_that_begin_again_accuse_nobody(opened: int, sent: int) -> None:
    before = Seen(at_s=1.0, opened=opened + 1, sent_bytes=sent + 1, unanswered_bytes=sent + 1)

    assert _after(before, Seen(at_s=2.0, opened=opened, sent_bytes=sent)).offence is None


def test_a_guest_that_uploads_fast_to_whoever_answers_is_no_flood() -> None:
    fast = [Seen(at_s=each * 5.0, opened=each, sent_bytes=each * 600 * MIB) for each in range(20)]

    assert _after(*fast).offence is None


def test_every_offence_has_its_sentence() -> None:
    assert {*abuse.SENTENCES} == {*Offence}
