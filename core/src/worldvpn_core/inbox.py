"""What waits for the tunnel's runner: in order, and never more than it can be behind."""

from __future__ import annotations

import asyncio

import attrs

from worldvpn_core.tunnel.events import ConnectRequested, Event


@attrs.frozen
class Again:
    """Not an event of the machine: enforce the present state anew."""

    part: str = "all"
    #: Told, once that was tried, whether all of it stands.
    tried: asyncio.Future[bool] | None = None


class Inbox:
    """Events and enforcements, oldest first.

    Of several wishes to connect only the newest is handed out: who asks faster than
    tunnels open must not keep all others waiting. A burst of news asks once for each
    part's enforcement.
    """

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Event | Again] = asyncio.Queue()
        self._newest_wish: ConnectRequested | None = None
        self._asked: set[str] = set()

    def put(self, item: Event | Again) -> None:
        """Add ``item``."""
        if isinstance(item, ConnectRequested):
            self._newest_wish = item
        self._queue.put_nowait(item)

    def ask(self, part: str) -> None:
        """Add an enforcement of ``part``, unless one waits already."""
        if part not in self._asked:
            self._asked.add(part)
            self.put(Again(part))

    async def take(self) -> Event | Again:
        """Return the oldest that still matters, once there is one."""
        while True:
            item = await self._queue.get()
            if isinstance(item, Again):
                self._asked.discard(item.part)
            if not isinstance(item, ConnectRequested) or item is self._newest_wish:
                return item
