"""Finding and choosing among 10,000 nodes, against ``json.dumps`` of the same rows.

``python benchmarks/nodes.py`` needs no lab and no root. Every search is of its own view, as after
a change of the directory: sorted, filtered, and written in all its pages. The two sides take
turns to begin. Exit status 1 when a target of the project is missed.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from random import Random
from typing import Final
from uuid import UUID

from bench import Bar, report
from worldvpn_central.directory.choose import candidates
from worldvpn_central.directory.find import found
from worldvpn_central.directory.view import View, view_of
from worldvpn_core.catalogue import Catalogue, Entry, Load
from worldvpn_core.central.calls import MOST_PAGE, Find
from worldvpn_core.central.place import Place

_NODES: Final = 10_000
_ROUNDS: Final = 31
_ALL_PAGES_MS: Final = 150.0
_COUNTRIES: Final = ("DE", "FR", "US", "JP", "BR", "NL", "GB", "IN")
_CITIES: Final = ("Berlin", "Köln", "Paris", "São Paulo", "Tokyo", "Amsterdam", "London", "Pune")
_OFFERS: Final = (frozenset({"WireGuard"}), frozenset({"WireGuard", "Shadowsocks"}))


def main() -> int:
    """Measure; return the exit status."""
    dice = Random(1)  # noqa: S311 - repeatable, not secret
    catalogue = _catalogue(dice)
    taken: dict[str, list[float]] = {}

    def timed(name: str, since_s: float) -> float:
        now_s = time.perf_counter()
        taken.setdefault(name, []).append((now_s - since_s) * 1e3)
        return now_s

    rows = [row for page in _pages(view_of([catalogue])) for row in json.loads(page)["nodes"]]
    if len(rows) != _NODES:
        raise SystemExit(f"{len(rows)} rows were written, not {_NODES}")
    for number in range(_ROUNDS):
        for side in (0, 1) if number % 2 else (1, 0):
            began_s = time.perf_counter()
            if side:
                json.dumps(rows)
                timed("bare", began_s)
                continue
            view = view_of([catalogue])
            sorted_s = timed("sort", began_s)
            _pages(view)
            timed("write", sorted_s)
            began_s = timed("all", began_s)
            _pages(view)
            began_s = timed("again", began_s)
            found(view, Find(place=Place.parse("DE"), protocol="Shadowsocks"), 0)
            began_s = timed("first", began_s)
            candidates(view, Place(), "WireGuard", (), (), (), dice)
            timed("choose", began_s)
    middle = {name: statistics.median(values) for name, values in taken.items()}
    return report(
        f"nodes: {_NODES:,} of them, {_ROUNDS} interleaved rounds, medians",
        [
            Bar(
                name="all pages, new version", figure=middle["all"], unit="ms", limit=_ALL_PAGES_MS
            ),
            Bar(name="… of it sorting", figure=middle["sort"], unit="ms"),
            Bar(name="… of it filtering and writing", figure=middle["write"], unit="ms"),
            Bar(name="all pages, same version", figure=middle["again"], unit="ms"),
            Bar(name="json.dumps of the same rows", figure=middle["bare"], unit="ms"),
            Bar(name="all pages / json.dumps", figure=middle["all"] / middle["bare"]),
            Bar(name="first page of a new search", figure=middle["first"], unit="ms"),
            Bar(name="choosing the fastest", figure=middle["choose"], unit="ms"),
        ],
    )


def _pages(view: View) -> list[str]:
    pages: list[str] = []
    offset: int | None = 0
    while offset is not None:
        text = found(view, Find(limit=MOST_PAGE, offset=offset), 0)
        pages.append(text)
        following = text.rpartition('"next":')[2].partition(",")[0]
        offset = None if following == "null" else int(following)
    return pages


def _catalogue(dice: Random) -> Catalogue:
    nodes = [_node(dice) for _ in range(_NODES)]
    entries = {each.id: each for each in nodes}
    return Catalogue(region=155, version=1, issued_s=1, expires_s=2, entries=entries)


def _node(dice: Random) -> Entry:
    return Entry(
        id=UUID(int=dice.getrandbits(128)),
        country=dice.choice(_COUNTRIES),
        city=dice.choice(_CITIES),
        public=dice.random() < 0.1,
        on_probation=dice.random() < 0.2,
        protocols=dice.choice(_OFFERS),
        bandwidth_mbps=dice.choice((20, 50, 100, 300, 1_000)),
        load=dice.choice(list(Load)),
        reputation=dice.randrange(101),
        latency_ms=dice.choice((None, dice.randrange(5, 300))),
    )


if __name__ == "__main__":
    sys.exit(main())
