"""Kinds of traffic by port: each port is of one, and refusing one refuses its ports alone."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.share.classes import ALWAYS, PORTS, TrafficClass, class_of, refused_ranges

_PORT = st.integers(1, 65_535)
_CLASSES = st.sets(st.sampled_from(TrafficClass))


@given(_CLASSES, st.sets(_PORT, max_size=5), _PORT | st.sampled_from([53, 80, 443, 6_881, 25, 22]))
def test_a_port_is_refused_by_its_class_or_its_number_alone(
    classes: set[TrafficClass], numbers: set[int], port: int
) -> None:
    spans = refused_ranges(classes, numbers)
    is_always = any(first <= port <= last for first, last in ALWAYS)

    refused = any(first <= port <= last for first, last in spans)
    assert refused == (port in numbers or (not is_always and class_of(port) in classes))


@given(_CLASSES, st.sets(_PORT, max_size=20))
def test_what_is_refused_is_sorted_and_apart(classes: set[TrafficClass], numbers: set[int]) -> None:
    spans = refused_ranges(classes, numbers)

    assert all(1 <= first <= last <= 65_535 for first, last in spans)
    assert all(before[1] + 1 < after[0] for before, after in itertools.pairwise(spans))


def test_no_port_is_of_two_kinds() -> None:
    named = [span for spans in PORTS.values() for span in spans] + list(ALWAYS)
    ports = [port for first, last in named for port in range(first, last + 1)]

    assert len(ports) == len({*ports})
