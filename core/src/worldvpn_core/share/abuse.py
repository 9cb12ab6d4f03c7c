"""What a guest may not do to others through this computer, and when it has. Pure.

The kernel counts; the runner reads it every few seconds and judges here. An honest guest of a
fast node may send much: what nobody answers, or goes to many hosts at once, is a weapon.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final

import attrs

MIB: Final = 1_048_576
WINDOW_S: Final = 60.0
MOST_OPENED: Final = 1_000
MOST_PORTS: Final = 100
MOST_HOSTS: Final = 50
MOST_TO_HOSTS_BYTES: Final = 500 * MIB
MOST_UNANSWERED_BYTES: Final = 1_024 * MIB


class Offence(enum.StrEnum):
    """What was too much, within a minute."""

    CONNECTIONS = "connections"
    PORTS = "ports"
    HOSTS = "hosts"
    FLOOD = "flood"


SENTENCES: Final[Mapping[Offence, str]] = {
    Offence.CONNECTIONS: f"opened more than {MOST_OPENED} connections in a minute",
    Offence.PORTS: f"spoke to more than {MOST_PORTS} ports in a minute",
    Offence.HOSTS: f"sent 500 MiB to more than {MOST_HOSTS} hosts in a minute",
    Offence.FLOOD: "sent 1 GiB in a minute that nobody had asked for",
}


@attrs.frozen(kw_only=True)
class Seen:
    """What one guest has done by ``at_s`` of a clock that is never set.

    ``opened``, ``sent_bytes`` and ``unanswered_bytes`` (part of what was sent) are cumulative;
    ``ports`` and ``hosts`` are how many different ones it spoke to in the last minute.
    """

    at_s: float
    opened: int = 0
    ports: int = 0
    hosts: int = 0
    sent_bytes: int = 0
    unanswered_bytes: int = 0


@attrs.frozen
class Record:
    """The last minute of one guest, the oldest first."""

    seen: tuple[Seen, ...] = ()

    def with_newer(self, newest: Seen) -> Record:
        """Return the record with ``newest``; what is over a minute older is forgotten.

        Counters that have gone back began anew, and so does the record.
        """
        if self.seen and _went_back(self.seen[-1], newest):
            return Record((newest,))
        oldest_s = newest.at_s - WINDOW_S
        return Record((*(each for each in self.seen if each.at_s >= oldest_s), newest))

    @property
    def offence(self) -> Offence | None:
        """What was too much in the minute that is recorded; None: nothing."""
        if not self.seen:
            return None
        first, last = self.seen[0], self.seen[-1]
        sent = last.sent_bytes - first.sent_bytes
        if last.opened - first.opened > MOST_OPENED:
            return Offence.CONNECTIONS
        if last.ports > MOST_PORTS:
            return Offence.PORTS
        if last.hosts > MOST_HOSTS and sent >= MOST_TO_HOSTS_BYTES:
            return Offence.HOSTS
        if last.unanswered_bytes - first.unanswered_bytes >= MOST_UNANSWERED_BYTES:
            return Offence.FLOOD
        return None


def _went_back(before: Seen, now: Seen) -> bool:
    return (
        now.opened < before.opened
        or now.sent_bytes < before.sent_bytes
        or now.unanswered_bytes < before.unanswered_bytes
    )
