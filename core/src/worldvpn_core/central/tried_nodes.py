"""What own tunnels to nodes have shown, kept in one file of root's own."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import attrs

from worldvpn_core import exact
from worldvpn_core.central import tried
from worldvpn_core.central.tried import MOST_TRIED, Measured, Tried
from worldvpn_core.settings import write_atomically

VERSION: Final = 1

_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class _File:
    version: int
    nodes: tuple[Tried, ...]


class TriedNodes:
    """Knows them in memory; ``save`` brings the file up to that."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._nodes: Mapping[str, Tried] = {}

    def load(self) -> None:
        """Read the file; one that cannot be read counts for nothing, and is replaced."""
        try:
            raw = json.loads(self._path.read_text(encoding="utf-8"))
            self._nodes = _read(_STRICT.structure(raw, _File))
        except FileNotFoundError:
            return
        except (OSError, *exact.MALFORMED) as error:
            _log.warning("what nodes have shown cannot be read: %s", type(error).__name__)

    def save(self) -> None:
        """Write what is known now, or remove the file where that is nothing. Blocks.

        A disk that refuses costs what was learnt, and stops nothing.
        """
        nodes = self._nodes
        try:
            if nodes:
                file = _File(version=VERSION, nodes=tuple(nodes.values()))
                write_atomically(self._path, json.dumps(_STRICT.unstructure(file), indent=0))
            else:
                self._path.unlink(missing_ok=True)
        except OSError as error:
            _log.warning("what nodes have shown cannot be written: %s", error)

    def answered(self, node_id: str, latency_us: int | None, now_s: int) -> None:
        """Take note that a tunnel to the node has opened."""
        self._keep(tried.answered(self._known(node_id, now_s), latency_us, now_s), now_s)

    def failed(self, node_id: str, now_s: int) -> None:
        """Take note that the node did not answer, or answered no more."""
        self._keep(tried.failed(self._known(node_id, now_s), now_s), now_s)

    def measured(self, now_s: int) -> tuple[Measured, ...]:
        """Return what counts now, of the node tried last first."""
        found = (tried.measured(each, now_s) for each in tried.kept(self._nodes.values(), now_s))
        return tuple(each for each in found if each is not None)

    def forget(self) -> bool:
        """Know nothing any more; return whether there was anything."""
        had, self._nodes = bool(self._nodes), {}
        return had

    def _known(self, node_id: str, now_s: int) -> Tried:
        return self._nodes.get(node_id) or Tried(node_id=node_id, tried_s=now_s)

    def _keep(self, node: Tried, now_s: int) -> None:
        self._nodes = _by_id(tried.kept({**self._nodes, node.node_id: node}.values(), now_s))


def _read(file: _File) -> Mapping[str, Tried]:
    if file.version != VERSION or len(file.nodes) > MOST_TRIED:
        raise ValueError(f"version {file.version}, {len(file.nodes)} nodes")
    return _by_id(file.nodes)


def _by_id(nodes: Iterable[Tried]) -> Mapping[str, Tried]:
    return {each.node_id: each for each in nodes}


_STRICT: Final = exact.converter(detailed=False)
