"""What guests do, told by the port they speak to and nothing else: a few coarse classes. Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from typing import Final

#: First and last port of a range.
PortRange = tuple[int, int]


class TrafficClass(enum.StrEnum):
    """A kind of traffic, by the destination port of the flow's first packet."""

    WEB = "web"
    MAIL = "mail"
    #: Controlling other computers.
    REMOTE = "remote"
    #: File sharing: by its usual ports, which is all that can be seen of it.
    P2P = "p2p"
    OTHER = "other"


#: Without names and the time nothing else works: no class, and never refused.
ALWAYS: Final[tuple[PortRange, ...]] = ((53, 53), (123, 123), (853, 853))
PORTS: Final[Mapping[TrafficClass, tuple[PortRange, ...]]] = {
    TrafficClass.WEB: ((80, 80), (443, 443), (8_080, 8_080), (8_443, 8_443)),
    TrafficClass.MAIL: ((110, 110), (143, 143), (465, 465), (587, 587), (993, 993), (995, 995)),
    TrafficClass.REMOTE: ((22, 23), (3_389, 3_389), (5_900, 5_910)),
    TrafficClass.P2P: ((4_662, 4_662), (4_672, 4_672), (6_881, 6_999), (51_413, 51_413)),
}


def class_of(port: int) -> TrafficClass:
    """Return the class of a flow to ``port``; what is in no class is OTHER."""
    for name, ranges in PORTS.items():
        if any(first <= port <= last for first, last in ranges):
            return name
    return TrafficClass.OTHER


def refused_ranges(refused: Iterable[TrafficClass], ports: Iterable[int]) -> tuple[PortRange, ...]:
    """Return the TCP and UDP ports that nobody may speak to, sorted, without overlap.

    Those are the single ``ports``, and those of the classes ``refused``.
    """
    classes = frozenset(refused)
    wanted = [(port, port) for port in ports]
    wanted += [span for name in classes for span in PORTS.get(name, ())]
    if TrafficClass.OTHER in classes:
        wanted += _between(sorted((*ALWAYS, *(span for spans in PORTS.values() for span in spans))))
    return _merged(sorted(wanted))


def _between(known: list[PortRange]) -> list[PortRange]:
    """Return the ports that are in none of ``known``, which are sorted and apart."""
    gaps, next_ = [], 1
    for first, last in known:
        if first > next_:
            gaps.append((next_, first - 1))
        next_ = last + 1
    return [*gaps, (next_, 65_535)] if next_ <= 65_535 else gaps  # noqa: PLR2004 - the last port


def _merged(spans: list[PortRange]) -> tuple[PortRange, ...]:
    found: list[PortRange] = []
    for first, last in spans:
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return tuple(found)
