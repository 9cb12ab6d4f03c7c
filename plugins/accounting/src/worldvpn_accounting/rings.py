"""What was carried when: the last steps of time, each of the same length. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from typing import Final

import attrs

from worldvpn_accounting.counting import NOTHING, plus
from worldvpn_core.contracts import History, Volume

#: What moved between two readings is spread evenly over the time between them, if that is
#: no longer than this: an idle tunnel is read when something has moved at last.
MOST_SPREAD_MS: Final = 3_000


@attrs.frozen(kw_only=True)
class Ring:
    """The last ``length`` steps of ``step_s`` seconds.

    Holds those in which something moved, in order, by their number: Unix time over ``step_s``.
    """

    step_s: int
    length: int
    steps: tuple[tuple[int, Volume], ...] = ()


def added(ring: Ring, volume: Volume, begin_ms: int, end_ms: int) -> Ring:
    """Return ``ring`` with ``volume``, which moved from ``begin_ms`` to now, ``end_ms``.

    Times are Unix milliseconds. Steps that are yet to come, for the clock was set back, become
    part of the present one; those that are too old are forgotten.
    """
    step_ms = ring.step_s * 1_000
    now = end_ms // step_ms
    steps: dict[int, Volume] = {}
    for number, moved in (*ring.steps, *_spread(volume, begin_ms, end_ms, step_ms)):
        at = min(number, now)
        if at > now - ring.length:
            steps[at] = plus(steps.get(at, NOTHING), moved)
    return attrs.evolve(ring, steps=tuple(sorted(steps.items(), key=itemgetter(0))))


def history(ring: Ring, now_ms: int, *, whole: bool = False) -> History:
    """Return the steps up to now; with ``whole``, one fewer: without the one not yet over."""
    last = now_ms // (ring.step_s * 1_000) - (1 if whole else 0)
    first = last - ring.length + (2 if whole else 1)
    steps = dict(ring.steps)
    return History(
        step_s=ring.step_s,
        ends_s=(last + 1) * ring.step_s,
        steps=tuple(steps.get(number, NOTHING) for number in range(first, last + 1)),
    )


def _spread(
    volume: Volume, begin_ms: int, end_ms: int, step_ms: int
) -> Iterator[tuple[int, Volume]]:
    """Yield what falls into each step, to the byte."""
    span_ms = end_ms - begin_ms
    if volume == NOTHING:
        return
    if not 0 < span_ms <= MOST_SPREAD_MS:
        yield end_ms // step_ms, volume
        return

    def until(moved_bytes: int, at_ms: int) -> int:
        return moved_bytes * (at_ms - begin_ms) // span_ms

    for number in range(begin_ms // step_ms, (end_ms - 1) // step_ms + 1):
        low, high = max(number * step_ms, begin_ms), min((number + 1) * step_ms, end_ms)
        yield (
            number,
            Volume(
                received_bytes=until(volume.received_bytes, high)
                - until(volume.received_bytes, low),
                sent_bytes=until(volume.sent_bytes, high) - until(volume.sent_bytes, low),
            ),
        )
