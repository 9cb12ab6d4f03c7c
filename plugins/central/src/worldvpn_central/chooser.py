"""Where nodes come from: a directory that the client may be given."""

from __future__ import annotations

from typing import Protocol

from worldvpn_core.central.calls import Find, Open
from worldvpn_core.central.replies import Text


class Chooser(Protocol):
    """Knows nodes."""

    def candidates(self, call: Open) -> tuple[str, ...]:
        """Return the ids of nodes to try, best first; none where it knows none."""

    async def find(self, call: Find) -> Text:
        """List nodes. Raises CentralOfflineError where none was ever fetched."""
