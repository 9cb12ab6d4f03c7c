"""The guests who are there, as their owner is shown them: no finer than anybody may know. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import attrs

from worldvpn_core.credit.figures import Figures
from worldvpn_core.credit.units import MEBIBYTE
from worldvpn_core.share.classes import TrafficClass

_QUARTER_S: Final = 900
_STEP_BPS: Final = 100_000


@attrs.frozen(kw_only=True)
class Here:
    """One who uses the node now: a guest of the server's by its ``alias``, or an own device.

    ``credits``: what was earned with it so far; None: it is not known.
    """

    alias: str | None = None
    name: str | None = None
    country: str | None = None
    figures: Figures = attrs.field(factory=Figures)
    since_s: float
    begun: Mapping[TrafficClass, int] = attrs.field(factory=dict)
    credits: int | None = None


@attrs.define
class Rate:
    """What all of them have carried of late: from one reading to the next."""

    bits_per_s: float = 0.0
    _at_s: float | None = None

    def note(self, more_bytes: int, now_s: float) -> None:
        """Take note of what was carried since the last reading; ``now_s`` is never set."""
        if self._at_s is not None and now_s > self._at_s:
            self.bits_per_s = more_bytes * 8 / (now_s - self._at_s)
        self._at_s = now_s

    @property
    def shown_bps(self) -> int:
        """Bits a second, to the nearest 100,000."""
        return round(self.bits_per_s / _STEP_BPS) * _STEP_BPS


def shown(here: Here, now_s: float) -> dict[str, object]:
    """Return what is told of a guest: whole MiB, quarters of an hour, a class of ports."""
    since_s = int(here.since_s) // _QUARTER_S * _QUARTER_S
    return {
        "kind": "guest" if here.name is None else "device",
        "alias": here.alias,
        "name": here.name,
        "country": here.country if here.name is not None else here.country or "XX",
        "received_bytes": rounded_bytes(here.figures.up_bytes),
        "sent_bytes": rounded_bytes(here.figures.down_bytes),
        "since_utc": datetime.fromtimestamp(since_s, UTC).isoformat(),
        "duration_s": max(0, int(now_s - here.since_s)) // _QUARTER_S * _QUARTER_S,
        "class": main_class(here.begun),
        "credits": here.credits,
    }


def rounded_bytes(count: int) -> int:
    """Return ``count`` to the nearest MiB."""
    return (count + MEBIBYTE // 2) // MEBIBYTE * MEBIBYTE


def main_class(begun: Mapping[TrafficClass, int]) -> str | None:
    """Return the class that most connections are of; None: there was none yet."""
    if not any(begun.values()):
        return None
    return max(TrafficClass, key=lambda name: begun.get(name, 0)).value
