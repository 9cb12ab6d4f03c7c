"""Whether the owner's own terms let guests be served now: pause, hours, volume, the network. Pure.

``core.decide`` says what the host's own protection lets be; this, what the owner wants.
"""

from __future__ import annotations

import enum
from datetime import datetime, timedelta, tzinfo
from typing import Final

import attrs

from worldvpn_core.share.schedule import Window, is_open
from worldvpn_core.types import Cause

#: Those inside have this long to end, where the end can be seen coming.
NOTICE: Final = timedelta(minutes=5)
#: From here on nobody new is taken: percent of the day's volume.
NEARLY_PERCENT: Final = 95


class Metered(enum.StrEnum):
    """Whether the host's network costs by the byte, as far as the system knows."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@attrs.frozen(kw_only=True)
class Pause:
    """The owner serves nobody for a while; ``until`` None: until they say so.

    ``drains_until``: those inside stay until then, and nobody new is taken.
    """

    until: datetime | None = None
    drains_until: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        """Say whether it has ended."""
        return self.until is not None and now >= self.until

    def holds(self, now: datetime) -> bool:
        """Say whether nobody at all is served."""
        is_draining = self.drains_until is not None and now < self.drains_until
        return not self.is_over(now) and not is_draining


@attrs.frozen(kw_only=True)
class Facts:
    """All that the owner's terms depend on, at ``now``."""

    now: datetime
    zone: tzinfo
    windows: tuple[Window, ...] = ()
    pause: Pause | None = None
    carried_bytes: int = 0
    cap_bytes: int
    metered: Metered = Metered.UNKNOWN
    serves_metered: bool = False
    #: The disk refuses what guests must be counted in.
    is_disk_full: bool = False


#: Why nobody new is let in, though those here may stay.
PAUSES_SOON: Final = "sharing is about to pause: those here may finish"
CLOSES_SOON: Final = "the hours you share in end soon: those here may finish"
NEARLY_USED: Final = "guests have used nearly all you give in a day: those here may finish"


@attrs.frozen(kw_only=True)
class Terms:
    """What follows: ``hold`` ends sharing for now; ``reason`` only keeps new guests out."""

    hold: Cause | None = None
    reason: str = ""

    @property
    def accepts(self) -> bool:
        """Whether new guests may come."""
        return self.hold is None and not self.reason


def terms(facts: Facts) -> Terms:
    """Return what the owner's terms let be at ``facts.now``."""
    hold = _hold(facts)
    return Terms(reason=_reason(facts)) if hold is None else Terms(hold=hold)


def _hold(facts: Facts) -> Cause | None:
    """Return why nobody may be served now."""
    pause = facts.pause
    if pause is not None and pause.holds(facts.now):
        return _cause("share.paused", "you have paused sharing")
    if facts.metered is Metered.YES and not facts.serves_metered:
        return _cause("share.metered", "this network is metered: you would pay for guests' traffic")
    if facts.is_disk_full:
        return _cause(
            "share.disk", "what guests carry cannot be written to the disk: it may be full"
        )
    if facts.carried_bytes >= facts.cap_bytes:
        return _cause("share.daily", "guests have used all you give in a day")
    if not is_open(facts.windows, facts.zone, facts.now):
        return _cause("share.schedule", "it is outside the hours you share in")
    return None


def _reason(facts: Facts) -> str:
    """Return why nobody new may come, though those inside may stay; "" where they may come."""
    if facts.pause is not None and not facts.pause.is_over(facts.now):
        return PAUSES_SOON
    if not is_open(facts.windows, facts.zone, facts.now + NOTICE):
        return CLOSES_SOON
    if facts.carried_bytes * 100 >= facts.cap_bytes * NEARLY_PERCENT:
        return NEARLY_USED
    return ""


def _cause(code: str, detail: str) -> Cause:
    return Cause(code=code, detail=detail, retryable=False)
