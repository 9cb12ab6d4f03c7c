"""Loads the node's rules in its own namespace, and reads them back."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping
from typing import Final

from worldvpn_core.contracts import Namespace, Namespaces, Watched
from worldvpn_core.credit.exchange import Figures
from worldvpn_core.errors import EngineError, FirewallError, ShareError
from worldvpn_core.policy import NodePolicy
from worldvpn_core.types import IpAddress
from worldvpn_killswitch import listing, meter
from worldvpn_killswitch.element_counts import NETLINK_NETFILTER, counts
from worldvpn_killswitch.guest_watching import GuestWatching
from worldvpn_killswitch.libnftables import Engine
from worldvpn_killswitch.node import node_ruleset
from worldvpn_killswitch.rule import FAMILIES, TABLE, script

_FAMILY = FAMILIES[:1]
#: The kernel answers at once; this only keeps a surprise from hanging us.
_PATIENCE_S: Final = 1.0


class NodeRules:
    """The rules of the namespace that serves guests."""

    def __init__(self, namespaces: Namespaces, engine_in: Callable[[Namespace], Engine]) -> None:
        self._namespaces = namespaces
        self._engine_in = engine_in
        self._loaded: tuple[Namespace, NodePolicy] | None = None
        #: Whom the table that counts has, and where.
        self._metered: tuple[Namespace, tuple[IpAddress, ...]] | None = None
        self._watching = GuestWatching()

    async def apply(self, policy: NodePolicy) -> None:
        """Replace the rules there by ``policy`` in one step, and read them back.

        Raises:
            ShareError: they are not what they should be; those before may still stand.
        """
        space = self._namespaces.find(policy.link.interface)
        if space is None:
            raise ShareError(f"there is no namespace {policy.link.interface} to protect")
        if self._loaded == (space, policy):
            # Nothing of the host's own is in them: a tunnel that connects need not wait.
            return
        self._loaded = None
        engine, rules = self._engine_in(space), node_ruleset(policy)
        counting, self._metered = self._counting(space, policy), None
        watching = self._watching.begin(space, policy)
        try:
            await engine.run(script(rules, _FAMILY) + counting + watching)
            text = await engine.run(f"list table {_FAMILY[0]} {TABLE}")
        except FirewallError as error:
            raise ShareError(f"the node's rules could not be loaded: {error}") from error
        wrong = listing.difference(listing.expected(rules), listing.parsed(text))
        if wrong is not None:
            raise ShareError(f"the node does not hold the rules it was given: {wrong}")
        await self._watching.stands(space, policy)
        self._loaded = (space, policy)
        self._metered = (space, policy.guests)

    async def carried(self) -> Mapping[IpAddress, Figures]:
        """Return what each guest's flows have carried since it came, as the kernel has counted it.

        Raises:
            ShareError: there is no node, or the kernel does not tell.
        """
        if self._metered is None:
            raise ShareError("there is no node whose guests could be counted")
        space, guests = self._metered
        try:
            # Not kept: a socket would keep the namespace, too.
            read = await asyncio.to_thread(_read, await space.netlink(NETLINK_NETFILTER))
        except (EngineError, FirewallError) as error:
            raise ShareError(str(error)) from error
        return {
            guest: Figures(
                up_bytes=read[meter.UP[guest.version]].get(guest.packed, 0),
                down_bytes=read[meter.DOWN[guest.version]].get(guest.packed, 0),
            )
            for guest in guests
        }

    async def watched(self) -> Mapping[IpAddress, Watched]:
        """Return what each guest has done. Raises ShareError as ``carried``."""
        return await self._watching.read()

    def _counting(self, space: Namespace, policy: NodePolicy) -> str:
        """Return what lets the guests of ``policy`` be counted, and those who stay go on."""
        if self._metered is None or self._metered[0] is not space:
            return meter.begun() + meter.changed((), policy.guests)
        return meter.changed(self._metered[1], policy.guests)


def _read(kernel: socket.socket) -> dict[str, dict[bytes, int]]:
    """Return what each set of the table has counted; closes ``kernel``, which takes a while."""
    with kernel:
        kernel.settimeout(_PATIENCE_S)
        return {
            name: counts(kernel, meter.TABLE, name)
            for names in (meter.UP, meter.DOWN)
            for name in names.values()
        }
