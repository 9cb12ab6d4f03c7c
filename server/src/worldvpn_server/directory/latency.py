"""A node's latency from single measurements, some wrong and some lies. Pure.

The running mean and mean deviation of RFC 6298, with each measurement first clipped to three
deviations of the mean (Huber 1964): whoever reports nonsense moves it no further than that.
"""

from __future__ import annotations

from typing import Final

import attrs

_GAIN: Final = 1 / 8
_DEVIATION_GAIN: Final = 1 / 4
_REACH: Final = 3.0
_LEAST_DEVIATION_MS: Final = 2.0
#: What is measured beyond is a fault of whoever measures, not a latency.
MOST_MS: Final = 10_000.0


@attrs.frozen(kw_only=True)
class Latency:
    """An estimate, and how far measurements lie from it on average."""

    mean_ms: float
    deviation_ms: float


def measured(before: Latency | None, sample_ms: float) -> Latency:
    """Return the estimate after one more measurement.

    Raises:
        ValueError: it is no latency.
    """
    if not 0 < sample_ms <= MOST_MS:
        raise ValueError(f"a latency is more than 0 and at most {MOST_MS:g} ms, not {sample_ms:g}")
    if before is None:
        return Latency(mean_ms=sample_ms, deviation_ms=max(_LEAST_DEVIATION_MS, sample_ms / 2))
    reach = _REACH * before.deviation_ms
    off = max(-reach, min(reach, sample_ms - before.mean_ms))
    spread = before.deviation_ms + _DEVIATION_GAIN * (abs(off) - before.deviation_ms)
    return Latency(
        mean_ms=max(0.0, before.mean_ms + _GAIN * off),
        deviation_ms=max(_LEAST_DEVIATION_MS, spread),
    )
