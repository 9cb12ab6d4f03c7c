"""The sealed tree as it is stored: hashes for proofs, read in two statements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import attrs

from worldvpn_server.ledger.merkle import Frontier, Range, complete, folded
from worldvpn_server.ledger.sealer import KEPT_LEVELS

if TYPE_CHECKING:
    from worldvpn_server.database.pool import Connection

_LEAVES: Final = """
SELECT asked.number, ARRAY(
    SELECT hash FROM seal WHERE leaf >= asked.first AND leaf < asked.last ORDER BY leaf
) AS hashes
FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS asked (first, last, number)
ORDER BY number
"""
_NODES: Final = """
SELECT asked.number, ARRAY(
    SELECT hash FROM tree_node
    WHERE level = asked.level AND index >= asked.first AND index < asked.last ORDER BY index
) AS hashes
FROM unnest($1::bigint[], $2::bigint[], $3::smallint[])
    WITH ORDINALITY AS asked (first, last, level, number)
ORDER BY number
"""


@attrs.frozen(order=True)
class _Lookup:
    """Hashes of one stored level, from the first to before the last, that make one subtree."""

    level: int
    first: int
    last: int


async def hashes_of(sql: Connection, parts: Sequence[Range]) -> list[bytes]:
    """Return the hash of each of ``parts``: what ``merkle.inclusion`` and others ask for."""
    trees = [[_stored(*subtree) for subtree in complete(part)] for part in parts]
    wanted = sorted({each for tree in trees for each in tree})
    leaves = [each for each in wanted if not each.level]
    nodes = [each for each in wanted if each.level]
    rows = [
        *await sql.fetch(_LEAVES, [each.first for each in leaves], [each.last for each in leaves]),
        *await sql.fetch(
            _NODES,
            [each.first for each in nodes],
            [each.last for each in nodes],
            [each.level for each in nodes],
        ),
    ]
    found = {each: _root(row["hashes"]) for each, row in zip([*leaves, *nodes], rows, strict=True)}
    return [folded([found[each] for each in tree]) for tree in trees]


def _stored(level: int, index: int) -> _Lookup:
    kept = level - level % KEPT_LEVELS
    width = 1 << (level - kept)
    return _Lookup(kept, index * width, (index + 1) * width)


def _root(hashes: Sequence[bytes]) -> bytes:
    frontier = Frontier()
    for each in hashes:
        frontier.append(each)
    return frontier.root()
