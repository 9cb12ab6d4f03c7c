"""What this device's own tunnels to a node have shown: smoothed, ageing, and forgotten. Pure.

A node does not answer strangers, so nothing is known of it before it is used: what is known comes
of tunnels that were wanted anyway.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

import attrs
from attrs import validators

from worldvpn_core.central import fields

MOST_TRIED: Final = 512
US_A_MS: Final = 1_000
#: Nothing older counts.
KEPT_S: Final = 14 * 86_400
#: Beyond it something else was measured than the way to a node.
MOST_LATENCY_US: Final = 10_000_000
MOST_PERCENT: Final = 100
#: How much the newest figure counts beside one just before it, and how soon that one counts half:
#: a computer travels.
_NEWEST: Final = 0.3
_HALVED_S: Final = 86_400

_latency = validators.optional([validators.ge(0), validators.le(MOST_LATENCY_US)])
_percent = [validators.ge(0), validators.le(MOST_PERCENT)]


@attrs.frozen(kw_only=True)
class Measured:
    """What counts of a node now, as it crosses the pair.

    ``latency_us`` is what it takes to answer; None: it has never answered. ``failing_percent``
    is how often of late it did not, though another node did.
    """

    node_id: str = attrs.field(validator=fields.uuid)
    latency_us: int | None = attrs.field(default=None, validator=_latency)
    failing_percent: int = attrs.field(default=0, validator=_percent)


#: For the calls that bring them along.
measured_nodes: Final[list[fields.Check[tuple[Measured, ...]]]] = [validators.max_len(MOST_TRIED)]


@attrs.frozen(kw_only=True)
class Tried:
    """A node that was tried at ``tried_s``, and measured at ``measured_s``: Unix seconds.

    ``failing_percent`` was true at ``tried_s``; it halves in a day.
    """

    node_id: str = attrs.field(validator=fields.uuid)
    tried_s: int = attrs.field(validator=fields.time_s)
    failing_percent: int = attrs.field(default=0, validator=_percent)
    latency_us: int | None = attrs.field(default=None, validator=_latency)
    measured_s: int = attrs.field(default=0, validator=fields.time_s)


def answered(before: Tried, latency_us: int | None, now_s: int) -> Tried:
    """Return what is known after a tunnel has opened.

    ``latency_us`` is what the node took to answer, None where the transport cannot say.
    """
    after = attrs.evolve(
        before,
        tried_s=now_s,
        failing_percent=int(_failing_percent(before, now_s) * (1 - _NEWEST)),
    )
    if latency_us is None:
        return after
    return attrs.evolve(
        after,
        latency_us=_smoothed(before, min(latency_us, MOST_LATENCY_US), now_s),
        measured_s=now_s,
    )


def failed(before: Tried, now_s: int) -> Tried:
    """Return what is known after the node did not answer, or answered no more."""
    failing = _failing_percent(before, now_s)
    failing += _NEWEST * (MOST_PERCENT - failing)
    return attrs.evolve(before, tried_s=now_s, failing_percent=int(failing))


def measured(tried: Tried, now_s: int) -> Measured | None:
    """Return what counts of ``tried`` now; None: nothing does any more."""
    latency_us, failing_percent = _latency_us(tried, now_s), int(_failing_percent(tried, now_s))
    if latency_us is None and not failing_percent:
        return None
    return Measured(node_id=tried.node_id, latency_us=latency_us, failing_percent=failing_percent)


def kept(nodes: Iterable[Tried], now_s: int) -> tuple[Tried, ...]:
    """Return those of which anything counts, the one tried last first: not too many."""
    worth = [each for each in nodes if measured(each, now_s) is not None]
    return tuple(sorted(worth, key=lambda each: (-each.tried_s, each.node_id))[:MOST_TRIED])


def _smoothed(before: Tried, latency_us: int, now_s: int) -> int:
    known_us = _latency_us(before, now_s)
    if known_us is None:
        return latency_us
    weight = 1 - (1 - _NEWEST) * _halved(now_s - before.measured_s)
    return round(known_us + weight * (latency_us - known_us))


def _latency_us(tried: Tried, now_s: int) -> int | None:
    # A time in the future is of a clock that was wrong: it counts by how far away it is.
    return tried.latency_us if abs(now_s - tried.measured_s) <= KEPT_S else None


def _failing_percent(tried: Tried, now_s: int) -> float:
    # After ``KEPT_S`` nothing is left of it, even of 100 %.
    return tried.failing_percent * _halved(now_s - tried.tried_s)


def _halved(age_s: int) -> float:
    return math.pow(0.5, abs(age_s) / _HALVED_S)
