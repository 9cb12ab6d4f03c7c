"""The nodes of all regions, best first: made once a version of the directory, then only read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from statistics import median
from typing import Final
from uuid import UUID

import attrs

from worldvpn_core.catalogue import Catalogue, Entry
from worldvpn_core.central.place import Place, PlaceKind
from worldvpn_core.central.tried import US_A_MS, Measured

#: What a node is taken to need where nobody has measured any.
_UNKNOWN_MS: Final = 100.0
#: A search and its pages come one after the other; somebody else's may come between.
_SEARCHES: Final = 4

_Wish = tuple[Place, str | None, int]


@attrs.define(eq=False)
class View:
    """``nodes`` are best first; ``issued_s`` is when the oldest region was, 0 without any."""

    nodes: tuple[Entry, ...]
    by_id: Mapping[UUID, Entry]
    issued_s: int
    #: What those who were measured have, in the middle.
    median_ms: float
    _found: dict[_Wish, tuple[Entry, ...]] = attrs.field(factory=dict, init=False, repr=False)
    _rows: dict[UUID, str] = attrs.field(factory=dict, init=False, repr=False)

    def matching(
        self, place: Place, protocol: str | None, min_bandwidth_mbps: int = 0
    ) -> tuple[Entry, ...]:
        """Return the nodes that fit, best first. Names are compared without their case."""
        wish = (place, protocol, min_bandwidth_mbps)
        found = self._found.pop(wish, None)
        if found is None:
            found = tuple(self._fitting(place, protocol, min_bandwidth_mbps))
        self._found[wish] = found
        if len(self._found) > _SEARCHES:
            del self._found[next(iter(self._found))]
        return found

    def row(self, node: Entry, own: Measured | None, *, favourite: bool) -> str:
        """Return a node as JSON, in ASCII: quoted once more it is at most twice as long."""
        known = self._rows.get(node.id)
        if known is None:
            known = self._rows[node.id] = _row(node)
        shown = _NOT_TRIED if own is None else _tried(own)
        return f"{known}{_BOOLEAN[favourite]}{shown}"

    def _fitting(
        self, place: Place, protocol: str | None, min_bandwidth_mbps: int
    ) -> Iterable[Entry]:
        found: Iterable[Entry] = self.nodes
        if place.kind is PlaceKind.NODE:
            one = self.by_id.get(UUID(place.node))
            found = () if one is None else (one,)
        if place.country is not None:
            found = [each for each in found if each.country == place.country]
        if place.city is not None:
            city = place.city.casefold()
            found = [each for each in found if each.city.casefold() == city]
        if protocol is not None:
            known = {name for each in found for name in each.protocols}
            names = {name for name in known if name.casefold() == protocol.casefold()}
            found = [each for each in found if not names.isdisjoint(each.protocols)]
        return (each for each in found if each.bandwidth_mbps >= min_bandwidth_mbps)


def view_of(catalogues: Iterable[Catalogue]) -> View:
    """Return the nodes of ``catalogues``; one that moved stands where it was issued last."""
    regions = sorted(catalogues, key=lambda one: (one.issued_s, one.region))
    by_id = {each: node for one in regions for each, node in one.entries.items()}
    known = [node.latency_ms for node in by_id.values() if node.latency_ms is not None]
    middle_ms = median(known) if known else _UNKNOWN_MS

    def rank(node: Entry) -> tuple[bool, int, int, float, int]:
        latency_ms = middle_ms if node.latency_ms is None else node.latency_ms
        return node.on_probation, -node.reputation, node.load, latency_ms, node.id.int

    return View(
        nodes=tuple(sorted(by_id.values(), key=rank)),
        by_id=by_id,
        issued_s=min((one.issued_s for one in regions), default=0),
        median_ms=middle_ms,
    )


def _row(node: Entry) -> str:
    latency = "null" if node.latency_ms is None else node.latency_ms
    return (
        f'{{"id":"{node.id}","country":"{node.country}","city":{_quoted(node.city)},'
        f'"protocols":{_listed(node.protocols)},"bandwidth_mbps":{node.bandwidth_mbps},'
        f'"load":{node.load:d},"reputation":{node.reputation},"latency_ms":{latency},'
        f'"public":{_BOOLEAN[node.public]},"on_probation":{_BOOLEAN[node.on_probation]},'
        '"favourite":'
    )


def _tried(own: Measured) -> str:
    latency = "null" if own.latency_us is None else f"{own.latency_us / US_A_MS:.1f}"
    return f',"measured_ms":{latency},"failing_percent":{own.failing_percent}}}'


@lru_cache(maxsize=1_024)
def _quoted(text: str) -> str:
    return json.dumps(text)


@lru_cache(maxsize=1_024)
def _listed(names: frozenset[str]) -> str:
    return json.dumps(sorted(names), separators=(",", ":"))


_BOOLEAN: Final = ("false", "true")
_NOT_TRIED: Final = ',"measured_ms":null,"failing_percent":0}'
