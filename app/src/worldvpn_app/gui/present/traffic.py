"""What the tunnel carries, as rates: from its counters, sample by sample. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs
from PyQt6.QtCore import QCoreApplication

from worldvpn_app.gui.present import figures

translate = QCoreApplication.translate

SPAN_S: Final = 60.0
#: Farther apart, nothing is known of the time between two samples.
_GAP_S: Final = 5.0
#: Nearer together, a rate would be noise.
_LEAST_S: Final = 0.5
_BITS: Final = 8
_MEGA: Final = 1_000_000


@attrs.frozen
class Sample:
    """The counters at one moment; ``at_s`` on a clock that never jumps."""

    at_s: float
    received_bytes: int
    sent_bytes: int


@attrs.frozen
class Rate:
    """What went each way up to one moment, in Mbit/s; None: not known, a gap."""

    at_s: float
    down_mbps: float | None
    up_mbps: float | None


def added(samples: Sequence[Sample], new: Sample) -> tuple[Sample, ...]:
    """Return ``samples`` with ``new``, without what has grown too old or begins anew."""
    if samples and new.at_s - samples[-1].at_s < _LEAST_S:
        return tuple(samples)
    kept = tuple(each for each in samples if new.at_s - each.at_s <= SPAN_S + _GAP_S)
    return (*kept, new)


def rates(samples: Sequence[Sample]) -> tuple[Rate, ...]:
    """Return the rates between each two samples; a gap where none can be told."""
    found = []
    for old, new in itertools.pairwise(samples):
        lasted_s = new.at_s - old.at_s
        down, up = new.received_bytes - old.received_bytes, new.sent_bytes - old.sent_bytes
        if lasted_s > _GAP_S or down < 0 or up < 0:
            found.append(Rate(new.at_s, None, None))
        else:
            found.append(
                Rate(
                    new.at_s,
                    down * _BITS / lasted_s / _MEGA,
                    up * _BITS / lasted_s / _MEGA,
                )
            )
    return tuple(found)


def of_history(minute: Mapping[str, Any], ended_s: float) -> tuple[Rate, ...]:
    """Return the rates of a history of seconds, as ``traffic.watch`` tells it.

    ``ended_s`` is when the last of them ended, on the clock of the samples.
    """
    pairs = list(zip(minute["received_bytes"], minute["sent_bytes"], strict=True))
    return tuple(
        Rate(ended_s - (len(pairs) - 1 - place), down * _BITS / _MEGA, up * _BITS / _MEGA)
        for place, (down, up) in enumerate(pairs)
    )


def told(rates: Sequence[Rate], now_s: float) -> tuple[Rate, ...]:
    """Return those of the span up to ``now_s`` that are known."""
    return tuple(
        each for each in rates if each.down_mbps is not None and now_s - each.at_s <= SPAN_S
    )


def pointed(one: Rate, now_s: float) -> tuple[str, str, str]:
    """Return when ``one`` was, and what went each way then."""
    ago_s = round(now_s - one.at_s)
    return (
        translate("home", "{n}\u00a0s ago").format(n=figures.whole(ago_s))
        if ago_s
        else translate("home", "Now"),
        translate("home", "{rate} down").format(rate=rate(one.down_mbps)),
        translate("home", "{rate} up").format(rate=rate(one.up_mbps)),
    )


def scale(most: float) -> float:
    """Return the top of an axis for values up to ``most``: 1, 2 or 5 times a power of ten."""
    step = 0.1
    while True:
        for factor in (1, 2, 5):
            if step * factor >= most:
                return step * factor
        step *= 10


def rate(mbps: float | None, digits: int = 1) -> str:
    """Return a rate in words; a dash while it is not known."""
    if mbps is None:
        return "\u2013"
    kbps = mbps * 1_000
    if 0 < kbps < 100:  # noqa: PLR2004 - below a tenth of the larger unit
        return translate("figures", "{n}\u00a0kbit/s").format(n=figures.decimal(kbps, 0))
    return translate("figures", "{n}\u00a0Mbit/s").format(n=figures.decimal(mbps, digits))
