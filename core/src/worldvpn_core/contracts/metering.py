"""What this computer's own tunnels have carried: values, and who reads and counts them."""

from __future__ import annotations

from typing import Protocol

import attrs
from attrs import validators

_natural = validators.ge(0)


@attrs.frozen(kw_only=True)
class Reading:
    """What one counter shows: bytes since it began.

    ``source`` names this life of it. An interface made anew under the same name, or after
    the next boot, is another source.
    """

    source: str = attrs.field(validator=validators.max_len(128))
    received_bytes: int = attrs.field(validator=_natural)
    sent_bytes: int = attrs.field(validator=_natural)


@attrs.frozen(kw_only=True)
class Volume:
    """Bytes that came in, and bytes that went out."""

    received_bytes: int = attrs.field(default=0, validator=_natural)
    sent_bytes: int = attrs.field(default=0, validator=_natural)


@attrs.frozen(kw_only=True)
class History:
    """What was carried in each of the last steps, the oldest first.

    Steps are ``step_s`` seconds long and begin at multiples of that in Unix time, so that a
    day is one of UTC. ``ends_s``: when the last one ends, which may be yet to come.
    """

    step_s: int = attrs.field(validator=validators.ge(1))
    ends_s: int
    steps: tuple[Volume, ...]


@attrs.frozen(kw_only=True)
class Traffic:
    """What was carried by ``at_s``. Times are Unix seconds.

    ``total`` counts since ``since_s`` and never decreases. ``last_second`` is the last
    whole second, and so is the newest step of ``minute``.
    """

    at_s: int
    since_s: int
    total: Volume
    last_second: Volume
    minute: History
    hour: History
    day: History
    month: History


class Meter(Protocol):
    """Reads what the host's interfaces have carried."""

    async def read(self, interface: str) -> Reading | None:
        """Read the counters of ``interface``; None: there is none of this name.

        Raises:
            RoutingError: the kernel refused.
        """


class Accounting(Protocol):
    """Counts what was carried, and keeps it through crashes."""

    @property
    def notice(self) -> str | None:
        """A sentence for the user when what was kept could not be read; None else."""

    async def record(self, readings: tuple[Reading, ...]) -> None:
        """Count what each counter has moved since it was last read; the first time, all of it.

        Readings of one source come in the order they were taken; one that shows less than
        before began anew. What is counted survives SIGKILL once this has returned.
        """

    def traffic(self) -> Traffic:
        """Return what was counted, at this moment."""

    async def close(self) -> None:
        """Make what was counted survive the end of the host, too. Idempotent."""
