"""Which nodes have just failed, so that others are taken where there are any."""

from __future__ import annotations

import time
from typing import Final

import attrs

#: How long a node that failed is not taken again.
AVOIDED_S: Final = 120.0


@attrs.define
class FailedNodes:
    """Nodes by when their tunnel fell; forgotten after ``AVOIDED_S``."""

    _since_monotonic_s: dict[str, float] = attrs.field(factory=dict)

    def note(self, node_id: str) -> None:
        """Take note that the tunnel to ``node_id`` has just fallen."""
        # What falls again is the newest.
        self._since_monotonic_s.pop(node_id, None)
        self._since_monotonic_s[node_id] = time.monotonic()

    def forget(self) -> None:
        """Let all of them be taken again."""
        self._since_monotonic_s.clear()

    def forget_older(self) -> tuple[str, ...]:
        """Let all but the newest be taken again; return that one, () where there are no others."""
        failed = self.now()
        for older in failed[:-1]:
            del self._since_monotonic_s[older]
        return failed[-1:] if failed[1:] else ()

    def since_s(self, node_id: str) -> float:
        """Return when it failed, by the monotonic clock; 0 if it has not of late."""
        self.now()
        return self._since_monotonic_s.get(node_id, 0.0)

    def now(self) -> tuple[str, ...]:
        """Return those that are not to be taken now."""
        now = time.monotonic()
        self._since_monotonic_s = {
            node: since
            for node, since in self._since_monotonic_s.items()
            if now - since < AVOIDED_S
        }
        return tuple(self._since_monotonic_s)
