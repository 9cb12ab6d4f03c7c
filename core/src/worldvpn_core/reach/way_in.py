"""Wires how guests get to the node: the router, the owner's word, and what is said of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import attrs

from worldvpn_core.contracts import Gateway
from worldvpn_core.enforce import Enforcer
from worldvpn_core.reach.file import MappingFile
from worldvpn_core.reach.keeper import AroundMapping, MappingKeeper
from worldvpn_core.reach.standing import Standing, Trouble, Way, led_port, told
from worldvpn_core.reach.values import MapAnswer, MapPort
from worldvpn_core.runner import TunnelRunner
from worldvpn_core.setting_values import public_endpoint
from worldvpn_core.settings import Settings
from worldvpn_core.share.listed import SEEN
from worldvpn_core.share.states import ShareState
from worldvpn_core.types import Endpoint


@attrs.frozen(kw_only=True)
class AroundWayIn:
    """What the way in needs of the rest of sharing."""

    enforcer: Enforcer
    tunnel: TunnelRunner
    gateway: Callable[[], Awaitable[Gateway | None]]
    ask: Callable[[MapPort], Awaitable[MapAnswer]]
    settings: Callable[[], Settings]
    state_dir: Path
    changed: Callable[[], None]


class WayIn:
    """How guests' packets get past the router in front of this host."""

    def __init__(self, around: AroundWayIn) -> None:
        self._around = around
        self._port: int | None = None
        #: Nobody enforces any more what is asked for: the daemon ends.
        self._is_leaving = False
        file = MappingFile(around.state_dir / "mapping.json")
        file.load()
        self._keeper = MappingKeeper(
            AroundMapping(
                ask=around.ask,
                gateway=around.gateway,
                admit=self._admit,
                changed=around.changed,
            ),
            file,
        )

    async def run(self) -> None:
        """Keep the way open until cancelled."""
        await self._keeper.run()

    async def leave(self) -> None:
        """Have the router lead nothing on any more; what is let out to it is not enforced here."""
        self._is_leaving = True
        # In a task of its own: in one that was cancelled before, no timeout of Python 3.11 ends
        # as one, and what comes after it would be left undone.
        await asyncio.create_task(self._keeper.release())

    def follow(self, state: ShareState) -> None:
        """Take note of the node's state: the router is asked while guests may come or finish."""
        settings = self._around.settings()
        self._port = led_port(state, self._port)
        is_asked = settings.share_router and settings.share_endpoint is None
        self._keeper.want(self._port if is_asked else None)

    def public(self) -> Endpoint | None:
        """Return where guests come to; the address may be left to the server."""
        manual = self._manual()
        if manual is not None:
            return manual
        mapped = self._keeper.standing.mapped
        return None if mapped is None else Endpoint(host=SEEN, port=mapped.public_port)

    def needs_hole(self, server: str) -> bool:
        """Say whether guests may come in by no other way, as far as ``server`` has found out."""
        standing = self._standing()
        is_open = standing.way in {Way.DIRECT, Way.MAPPED, Way.MANUAL}
        return not is_open or standing.trouble is not None or server not in {"", "reached"}

    def shown(self, server: str, *, by_hole: bool = False) -> Mapping[str, object] | None:
        """Return what clients are shown; None: nobody is served.

        ``server`` is what the central server has found, and whether only ``by_hole``.
        """
        if self._port is None:
            return None
        standing = self._standing()
        if by_hole and server == "reached":
            standing = attrs.evolve(standing, way=Way.PUNCHED)
        return told(standing, server, self._port, self._manual())

    def _standing(self) -> Standing:
        if self._manual() is not None:
            return Standing(way=Way.MANUAL)
        if not self._around.settings().share_router:
            return Standing(way=Way.CLOSED, trouble=Trouble.NOT_ASKED)
        return self._keeper.standing

    def _manual(self) -> Endpoint | None:
        text = self._around.settings().share_endpoint
        return None if text is None else public_endpoint(text)

    async def _admit(self, endpoints: tuple[Endpoint, ...]) -> None:
        if endpoints != self._around.enforcer.router:
            self._around.enforcer.router = endpoints
            if not self._is_leaving:
                await self._around.tunnel.enforced()
