"""The keys of nodes, pinned on first use: the server names a node's key, and could name its own.

A key that differs from the one pinned is told, and stays untaken until it is accepted.
"""

from __future__ import annotations

import enum
import json
import logging
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import attrs

from worldvpn_core import exact
from worldvpn_core.central import fields
from worldvpn_core.central.replies import Granted
from worldvpn_core.notices import Notices
from worldvpn_core.settings import write_atomically

VERSION: Final = 1
#: The ones not seen for longest go first.
MOST_NODES: Final = 4_096
#: Being seen again is written no sooner: it serves only to tell which nodes are old.
_AGAIN_S: Final = 3_600

_log = logging.getLogger(__name__)


class Pinned(enum.Enum):
    """What a node's key is to this device."""

    NEW = "new"
    SAME = "same"
    CHANGED = "changed"


@attrs.frozen(kw_only=True)
class Sight:
    """``since_s`` is when the pinned key was first seen: with CHANGED, the previous one."""

    pinned: Pinned
    since_s: int


@attrs.frozen(kw_only=True)
class KnownNode:
    """A node by its id and its pinned key. Times are Unix seconds."""

    node_id: str = attrs.field(validator=fields.uuid)
    x25519: bytes = attrs.field(validator=fields.key)
    first_seen_s: int = attrs.field(validator=fields.time_s)
    last_seen_s: int = attrs.field(validator=fields.time_s)


@attrs.frozen(kw_only=True)
class _Line:
    """``KnownNode`` as the file has it: the key in hexadecimal."""

    node_id: str
    x25519: str
    first_seen_s: int
    last_seen_s: int


@attrs.frozen(kw_only=True)
class _File:
    version: int
    nodes: tuple[_Line, ...]


class KnownNodes:
    """Keeps the pinned keys in one file of root's own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._nodes: dict[str, KnownNode] = {}
        #: A sentence for the user when the file could not be read or written.
        self.notice: str | None = None

    def load(self) -> None:
        """Read the file; one that cannot be read is set aside as ``NAME.broken``."""
        try:
            raw = json.loads(self._path.read_text(encoding="utf-8"))
            self._nodes = _read(_STRICT.structure(raw, _File))
        except FileNotFoundError:
            return
        except (OSError, *exact.MALFORMED) as error:
            _log.warning("the keys of known nodes cannot be read: %s", type(error).__name__)
            aside = self._path.with_name(self._path.name + ".broken")
            lost = "a node whose key has changed is not noticed until it is used again"
            self.notice = f"the keys of known nodes could not be read, so {lost}"
            try:
                self._path.replace(aside)
            except OSError:
                return
            self.notice += f"; the old file is kept as {aside}"

    def all(self) -> tuple[KnownNode, ...]:
        """Return the known nodes, the one seen last first."""
        return tuple(sorted(self._nodes.values(), key=_age, reverse=True))

    def seen(self, node_id: str, x25519: bytes, now_s: int) -> Sight:
        """Say what the key is to this device, and pin it where the node is new.

        A changed key is not pinned: ``accept`` does that once the user was told. Where the
        file cannot be written, the pin holds until the daemon ends, and ``notice`` says so.

        Raises:
            ValueError: this is no id of a node, or no key.
        """
        known = self._nodes.get(node_id)
        if known is None:
            self.accept(node_id, x25519, now_s)
            return Sight(pinned=Pinned.NEW, since_s=now_s)
        if known.x25519 != x25519:
            return Sight(pinned=Pinned.CHANGED, since_s=known.first_seen_s)
        if now_s - known.last_seen_s >= _AGAIN_S:
            self._keep(attrs.evolve(known, last_seen_s=now_s))
        return Sight(pinned=Pinned.SAME, since_s=known.first_seen_s)

    def accept(self, node_id: str, x25519: bytes, now_s: int) -> None:
        """Pin this key, in place of another. Raises ValueError as ``seen`` does."""
        self._keep(KnownNode(node_id=node_id, x25519=x25519, first_seen_s=now_s, last_seen_s=now_s))

    def _keep(self, node: KnownNode) -> None:
        others = [each for each in self._nodes.values() if each.node_id != node.node_id]
        if len(others) >= MOST_NODES:
            others = sorted(others, key=_age, reverse=True)[: MOST_NODES - 1]
        self._nodes = {each.node_id: each for each in (*others, node)}
        file = _File(version=VERSION, nodes=tuple(map(_line, self._nodes.values())))
        try:
            write_atomically(self._path, json.dumps(_STRICT.unstructure(file), indent=0))
        except OSError as error:
            _log.warning("the keys of known nodes cannot be written: %s", error)
            self.notice = f"the keys of known nodes could not be saved to {self._path}: {error}"


def recognise(known: KnownNodes, notices: Notices, granted: Granted) -> None:
    """Pin the node's key, or tell that it is another: the server could name one of its own."""
    now_s = int(time.time())
    sight = known.seen(granted.node_id, granted.node_x25519, now_s)
    if sight.pinned is Pinned.CHANGED:
        since = datetime.fromtimestamp(sight.since_s, UTC).date()
        notices.tell(
            f"node.key.{granted.node_id}",
            f"Node {granted.node_id} no longer has the key known since {since}: it was set up "
            "anew, or somebody is posing as it. Block it if you do not expect that.",
        )
        known.accept(granted.node_id, granted.node_x25519, now_s)


def _age(node: KnownNode) -> tuple[int, str]:
    return node.last_seen_s, node.node_id


def _read(file: _File) -> dict[str, KnownNode]:
    if file.version != VERSION or len(file.nodes) > MOST_NODES:
        raise ValueError(f"version {file.version}, {len(file.nodes)} nodes")
    return {line.node_id: _node(line) for line in file.nodes}


def _node(line: _Line) -> KnownNode:
    return KnownNode(
        node_id=line.node_id,
        x25519=bytes.fromhex(line.x25519),
        first_seen_s=line.first_seen_s,
        last_seen_s=line.last_seen_s,
    )


def _line(node: KnownNode) -> _Line:
    return _Line(
        node_id=node.node_id,
        x25519=node.x25519.hex(),
        first_seen_s=node.first_seen_s,
        last_seen_s=node.last_seen_s,
    )


_STRICT: Final = exact.converter(detailed=False)
