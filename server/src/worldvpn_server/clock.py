"""What time it is: asked of an object, so that tests can let days pass."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol

import attrs


class Clock(Protocol):
    """Tells the time of day. Durations are measured by ``time.monotonic`` instead."""

    def now(self) -> datetime:
        """Return an aware time in UTC."""


@attrs.frozen
class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)
