"""The interface of one tunnel."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from worldvpn_core.contracts import Links
from worldvpn_core.errors import EngineError, RoutingError


class TunnelLink:
    """Makes, raises and removes the interface called ``name``.

    What the kernel refuses is an EngineError: no protection was lost by it.
    """

    def __init__(self, links: Links, name: str) -> None:
        self._links = links
        self.name = name

    async def add(self, kind: str) -> None:
        """Make it, of rtnetlink ``kind``. Raises EngineError."""
        with _refusals():
            await self._links.add(self.name, kind)

    async def bring_up(self, mtu_bytes: int) -> None:
        """Bring it up with ``mtu_bytes``. Raises EngineError."""
        with _refusals():
            await self._links.set_mtu(self.name, mtu_bytes)
            await self._links.set_up(self.name)

    async def remove(self) -> None:
        """Remove it; one that is gone already is no error. Raises EngineError."""
        with _refusals():
            await self._links.delete(self.name)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except RoutingError as error:
        raise EngineError(f"{error} (a tunnel needs root or CAP_NET_ADMIN)") from error
