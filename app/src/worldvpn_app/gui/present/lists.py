"""Lists of nodes of one's own: read from what was kept, changed, and shown like countries. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from worldvpn_app.gui.present.nodes import Land, Node
from worldvpn_app.gui.present.view import clean

MOST_LISTS: Final = 16
MOST_NODES: Final = 256
LONGEST_NAME: Final = 32
#: What tells a list from a country where both are rows.
PREFIX: Final = "list:"
Lists = Mapping[str, tuple[str, ...]]


def read(text: str) -> Lists:
    """Return the lists in ``text``; what is none of them is left out."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for name, nodes in raw.items() if isinstance(raw, dict) else ():
        plain = named(name)
        if plain and isinstance(nodes, list) and len(found) < MOST_LISTS:
            kept = dict.fromkeys(each for each in nodes if isinstance(each, str))
            found[plain] = tuple(kept)[:MOST_NODES]
    return found


def written(lists: Lists) -> str:
    """Return ``lists`` as they are kept."""
    return json.dumps({name: list(nodes) for name, nodes in lists.items()}, ensure_ascii=False)


def named(text: str) -> str:
    """Return a list's name as it is kept; "": that is no name."""
    return " ".join(clean(text, LONGEST_NAME).split())


def turned(lists: Lists, name: str, node_id: str) -> Lists:
    """Return ``lists`` with the node put into ``name`` or, where it is there, taken out.

    A list that nothing is left in is gone; there are ``MOST_LISTS`` at most.
    """
    plain = named(name)
    held = lists.get(plain, ())
    if not plain or (plain not in lists and len(lists) >= MOST_LISTS):
        return lists
    kept = tuple(each for each in held if each != node_id)
    if node_id not in held:
        kept = (*held, node_id)[:MOST_NODES]
    changed = {**lists, plain: kept}
    return {each: nodes for each, nodes in changed.items() if nodes}


def by_list(nodes: Iterable[Node], lists: Lists) -> tuple[Land, ...]:
    """Return a row a list, in their order; those that none of ``nodes`` is in are left out."""
    every = list(nodes)
    rows = (
        Land(
            code=f"{PREFIX}{name}",
            name=name,
            nodes=tuple(node for node in every if node.id in held),
        )
        for name, held in ((name, frozenset(ids)) for name, ids in lists.items())
    )
    return tuple(row for row in rows if row.nodes)


def best_of(nodes: Sequence[Node], ids: Iterable[str]) -> Node | None:
    """Return the quickest of a list, as far as that is known; None: none is there now."""
    held = frozenset(ids)
    found = [node for node in nodes if node.id in held]
    return min(
        found,
        key=lambda node: (node.latency_ms is None, node.latency_ms or 0),
        default=None,
    )
