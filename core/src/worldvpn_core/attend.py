"""Attends to the host: what others change on it is noticed, and put right."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from worldvpn_core.contracts import (
    HostEvent,
    HostServices,
    LinkFacts,
    LinksChanged,
    NetworkChanged,
    Resumed,
)
from worldvpn_core.enforce import Enforcer
from worldvpn_core.errors import ProtectionError
from worldvpn_core.runner import TunnelRunner
from worldvpn_core.types import LINK_PREFIX

#: When someone keeps changing our rules, answer this often at the most.
BREATH_S: Final = 0.05
#: When someone else keeps overwriting the resolver, answer this often at the most.
PATIENCE_S: Final = 1.0
#: Where changes cannot be noticed, what is ours is set this often.
UNWATCHED_S: Final = 10.0

_log = logging.getLogger(__name__)


class Attendant:
    """Follows the host's news while the daemon runs."""

    def __init__(
        self,
        host: HostServices,
        enforcer: Enforcer,
        runner: TunnelRunner,
        *,
        hurry: Callable[[], None],
    ) -> None:
        self._host = host
        self._enforcer = enforcer
        self._runner = runner
        self._hurry = hurry
        self._links: frozenset[LinkFacts] = frozenset()

    async def follow_host(self) -> None:
        """Render rules anew when links change, routes when the network does; for ever."""
        self._links = await self._foreign_links()
        async for event in self._host.events.watch():
            await self._heard(event)

    async def follow_resolver(self) -> None:
        """Set the resolver again whenever someone overwrites it; for ever."""
        while True:
            try:
                await self._enforcer.drifted()
            except ProtectionError as error:
                _log.warning("the resolver is not watched, only set now and then: %s", error)
                await asyncio.sleep(UNWATCHED_S)
            else:
                _log.info("the resolver was overwritten by someone else: setting it again")
            self._runner.enforce_again("dns")
            await asyncio.sleep(PATIENCE_S)

    async def follow_rules(self) -> None:
        """Load our rules again whenever someone else has changed them; for ever."""
        while True:
            try:
                await self._enforcer.disturbed()
            except ProtectionError as error:
                _log.warning("our rules are not watched, only loaded now and then: %s", error)
                await asyncio.sleep(UNWATCHED_S)
            else:
                _log.warning("our rules were changed by someone else: loading them again")
            await self._runner.enforced()
            await asyncio.sleep(BREATH_S)

    async def _heard(self, event: HostEvent) -> None:
        match event:
            case LinksChanged():
                links = await self._foreign_links()
                if links != self._links:
                    self._links = links
                    self._runner.enforce_again()
                    self._hurry()
            case NetworkChanged():
                self._runner.enforce_again("routing")
                self._hurry()
            case Resumed():
                self._runner.enforce_again()
                self._hurry()

    async def _foreign_links(self) -> frozenset[LinkFacts]:
        """Return the links that are not ours: those the rules depend on."""
        try:
            links = await self._host.links.all()
        except ProtectionError as error:
            _log.warning("the links cannot be read: %s", error)
            return frozenset()
        return frozenset(link for link in links if not link.name.startswith(LINK_PREFIX))
