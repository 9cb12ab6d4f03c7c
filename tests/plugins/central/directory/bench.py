"""A shelf with a server, a disk and a clock of its own."""

from __future__ import annotations

from uuid import UUID

import attrs

from tests.plugins.central.directory.directory import Kept, Server, manifest, node, whole
from worldvpn_central.directory.shelf import Shelf
from worldvpn_core.catalogue import Catalogue


@attrs.define
class Bench:
    """A shelf, its server, its disk and its clock."""

    server: Server = attrs.field(factory=Server)
    kept: Kept = attrs.field(factory=Kept)
    now_s: float = 1_001.0

    def shelf(self) -> Shelf:
        """A shelf that has just started."""
        made = Shelf(
            fetch=self.server.fetch,
            keep=self.kept.keep,
            manifest=manifest,
            now_s=lambda: self.now_s,
        )
        made.load(self.kept.all())
        return made


def delta(version: int, gone: frozenset[UUID] = frozenset()) -> Catalogue:
    """The changes to ``version``: one more node."""
    plain = whole([node(version)], version=version, issued_s=1_000 + version)
    return attrs.evolve(plain, since=version - 1, gone=gone)


def ids(shelf: Shelf) -> set[int]:
    """The numbers of the nodes that are shown."""
    return {each.id.int for each in shelf.shown().nodes}
