"""The directory's nodes: read, searched, filtered, put together by country. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import attrs
from PyQt6.QtCore import QCoreApplication

from worldvpn_app.cli.countries import name_of
from worldvpn_app.gui.present import figures
from worldvpn_app.gui.present.view import clean

translate = QCoreApplication.translate
_SHORT: Final = 8
_MOST_LOAD: Final = 3
#: At or above this a node is busy.
_BUSY: Final = 2
#: More than a node has that failed once, a day ago.
_FAILING_PERCENT: Final = 20
_LONGEST_CITY: Final = 64


@attrs.frozen(kw_only=True)
class Node:
    """A row of the directory."""

    id: str
    country: str
    city: str = ""
    protocols: tuple[str, ...] = ()
    bandwidth_mbps: int = 0
    #: 0 free, 1 in use, 2 busy, 3 full.
    load: int = 0
    reputation: int = 0
    #: None: nobody has measured it.
    latency_ms: int | None = None
    is_public: bool = False
    is_new: bool = False
    is_favourite: bool = False
    #: Of late it has left this computer without an answer.
    is_failing: bool = False

    @property
    def short(self) -> str:
        """The beginning of its id, by which people tell it from others."""
        return self.id[:_SHORT]

    @property
    def where(self) -> str:
        """City and country, as far as it says."""
        return ", ".join(filter(None, (self.city, figures.country(self.country))))


@attrs.frozen(kw_only=True)
class Filters:
    """What of the directory is shown; all that is given must fit."""

    search: str = ""
    community: bool = True
    public: bool = True
    protocol: str = ""
    least_mbps: int = 0
    low_load: bool = False
    favourites: bool = False

    def admit(self, node: Node) -> bool:
        """Say whether ``node`` fits."""
        wanted = self.public if node.is_public else self.community
        return (
            wanted
            and (not self.protocol or self.protocol in node.protocols)
            and node.bandwidth_mbps >= self.least_mbps
            and (not self.low_load or node.load < _BUSY)
            and (not self.favourites or node.is_favourite)
            and _found(self.search, node)
        )


@attrs.frozen(kw_only=True)
class Land:
    """A country's nodes, best first."""

    code: str
    name: str
    nodes: tuple[Node, ...]

    @property
    def best(self) -> Node:
        """The one that is taken when the country is asked for."""
        return self.nodes[0]


def node_of(row: Mapping[str, Any]) -> Node:
    """Return the node of a row; what is missing or odd is as if it were not known."""
    load = row.get("load", 0)
    # What own tunnels have measured says more than what the directory was told.
    measured = row.get("measured_ms")
    latency = row.get("latency_ms") if measured is None else measured
    return Node(
        id=clean(str(row["id"]), _LONGEST_CITY),
        country=_code(str(row.get("country") or "")),
        city=clean(str(row.get("city") or ""), _LONGEST_CITY),
        protocols=tuple(clean(str(each), 32) for each in row.get("protocols") or ()),
        bandwidth_mbps=_whole(row.get("bandwidth_mbps")),
        load=min(max(_whole(load), 0), _MOST_LOAD),
        reputation=_whole(row.get("reputation")),
        latency_ms=round(latency) if isinstance(latency, int | float) else None,
        is_public=bool(row.get("public")),
        is_new=bool(row.get("on_probation")),
        is_favourite=bool(row.get("favourite")),
        is_failing=_whole(row.get("failing_percent")) >= _FAILING_PERCENT,
    )


def matching(nodes: Iterable[Node], filters: Filters) -> tuple[Node, ...]:
    """Return those of ``nodes`` that fit, in their order."""
    return tuple(node for node in nodes if filters.admit(node))


def by_country(nodes: Sequence[Node]) -> tuple[Land, ...]:
    """Return a row a country: that of the best node first; ``nodes`` come best first."""
    place = {node.id: index for index, node in enumerate(nodes)}
    ordered = sorted(nodes, key=lambda node: node.country)
    lands = [
        Land(
            code=code,
            name=figures.country(code),
            nodes=tuple(sorted(each, key=lambda n: place[n.id])),
        )
        for code, each in itertools.groupby(ordered, key=lambda node: node.country)
    ]
    return tuple(sorted(lands, key=lambda land: place[land.best.id]))


def fastest(nodes: Iterable[Node]) -> Node | None:
    """Return the node of the least known latency, else the first; None: there is none."""
    every = list(nodes)
    measured = [node for node in every if node.latency_ms is not None]
    if measured:
        return min(measured, key=lambda node: node.latency_ms or 0)
    return every[0] if every else None


def kind(node: Node) -> str:
    """Return whose node it is."""
    if node.is_public:
        return translate("map", "public node")
    return translate("map", "community node")


def load_words(load: int) -> str:
    """Return a load from 0 to 3 in words."""
    return (
        translate("map", "free"),
        translate("map", "in use"),
        translate("map", "busy"),
        translate("map", "full"),
    )[load]


def latency(node: Node) -> str:
    """Return how long a packet takes to it and back; a dash while nobody knows."""
    return (
        "\u2013"
        if node.latency_ms is None
        else translate("figures", "{n}\u00a0ms").format(n=figures.whole(node.latency_ms))
    )


def counted(shown: int, total: int) -> str:
    """Return how many nodes there are, and how many of them are hidden."""
    if shown < total:
        words = translate("map", "{shown} of {n} nodes", "", figures.form(total))
    else:
        words = translate("map", "{n} nodes", "", figures.form(total))
    return words.format(shown=figures.whole(shown), n=figures.whole(total))


def _found(search: str, node: Node) -> bool:
    words = search.casefold().split()
    names = f"{figures.country(node.country)} {name_of(node.country)}"
    text = f"{node.country} {names} {node.city} {node.id}".casefold()
    return all(word in text for word in words)


def _code(text: str) -> str:
    """Return the two letters of a country; "" where there are none."""
    letters = "".join(each for each in text[:_LONGEST_CITY] if each.isascii() and each.isalpha())
    return letters[:2].upper()


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
