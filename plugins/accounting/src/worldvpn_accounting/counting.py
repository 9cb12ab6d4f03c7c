"""Sums of counters that may begin anew: never less than before. Pure.

The same for whatever is counted: an interface, or one guest by the engine's figures.
"""

from __future__ import annotations

from typing import Final

import attrs

from worldvpn_core.contracts import Reading, Volume

#: Whose last reading is remembered: two tunnels while switching, and some that have gone.
MOST_SOURCES: Final = 16

NOTHING: Final = Volume()


@attrs.frozen(kw_only=True)
class Count:
    """What was counted, and what each counter showed last; the one read last at the end."""

    total: Volume = NOTHING
    last: tuple[Reading, ...] = ()


def counted(count: Count, reading: Reading) -> tuple[Count, Volume]:
    """Return ``count`` with ``reading`` in it, and what that adds.

    A source that was never read adds all it shows. One that shows less than before, in
    either direction, has begun anew and adds all it shows, too: both began at once.
    """
    before = next((each for each in count.last if each.source == reading.source), None)
    moved = _since(before, reading)
    others = [each for each in count.last if each.source != reading.source]
    last = (*others, reading)[-MOST_SOURCES:]
    return Count(total=plus(count.total, moved), last=last), moved


def plus(one: Volume, other: Volume) -> Volume:
    """Return both together."""
    return Volume(
        received_bytes=one.received_bytes + other.received_bytes,
        sent_bytes=one.sent_bytes + other.sent_bytes,
    )


def _since(before: Reading | None, now: Reading) -> Volume:
    if before is not None:
        received_bytes = now.received_bytes - before.received_bytes
        sent_bytes = now.sent_bytes - before.sent_bytes
        if received_bytes >= 0 and sent_bytes >= 0:
            return Volume(received_bytes=received_bytes, sent_bytes=sent_bytes)
    return Volume(received_bytes=now.received_bytes, sent_bytes=now.sent_bytes)
