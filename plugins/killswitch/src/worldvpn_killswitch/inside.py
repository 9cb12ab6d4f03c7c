"""Runs nft inside the node's namespace, and knows whether others have changed rules there."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import attrs

from worldvpn_core.errors import FirewallError
from worldvpn_killswitch.generation import follows
from worldvpn_killswitch.libnftables import Engine


@attrs.define(eq=False)
class Inside:
    """``generation`` reads the number of that namespace's rules; both were made in there."""

    _engine: Engine
    _generation: Callable[[], int]
    #: As of our last change, where all before it is known; None: others may have changed something.
    _known: int | None = None

    @property
    def is_untouched(self) -> bool:
        """Say whether all rules are as they were listed last, but for our own changes since."""
        return self._known is not None and self._now() == self._known

    def doubt(self) -> None:
        """Take all for touched until it is listed again."""
        self._known = None

    async def listed(self, command: str) -> str:
        """Return a listing, from which on all changes are known. Raises FirewallError."""
        self._known = self._now()
        return await self._engine.run(command)

    async def change(self, commands: str) -> None:
        """Run ``commands`` as one transaction. Raises FirewallError: nothing was changed."""
        if not commands:
            return
        was_untouched, before = self.is_untouched, self._known
        await self._engine.run(commands)
        after = self._now()
        if not was_untouched or before is None or after is None or not follows(before, after):
            after = None
        self._known = after

    def _now(self) -> int | None:
        with contextlib.suppress(FirewallError):
            return self._generation()
        return None
