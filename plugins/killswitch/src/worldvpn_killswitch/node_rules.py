"""Loads the node's rules in its own namespace, reads them back, and reads what they count."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from worldvpn_core.contracts import Namespace, Namespaces, Shaped, Watched
from worldvpn_core.credit.exchange import Figures
from worldvpn_core.errors import EngineError, FirewallError, ShareError, WorldVpnError
from worldvpn_core.policy import NodePolicy
from worldvpn_core.types import IpAddress
from worldvpn_killswitch import guest_watch, listing, meter
from worldvpn_killswitch.element_counts import NETLINK_NETFILTER, Count, counts
from worldvpn_killswitch.libnftables import Engine
from worldvpn_killswitch.node import node_ruleset
from worldvpn_killswitch.rule import FAMILIES, TABLE, script
from worldvpn_killswitch.shares import shaping_of
from worldvpn_killswitch.watched import watched_of

_FAMILY = FAMILIES[:1]
#: The kernel answers at once; this only keeps a surprise from hanging us.
_PATIENCE_S: Final = 1.0
_NOBODY: Final = "there is no node whose guests could be counted"
_T = TypeVar("_T")


class NodeRules:
    """The rules of the namespace that serves guests."""

    def __init__(self, namespaces: Namespaces, engine_in: Callable[[Namespace], Engine]) -> None:
        self._namespaces = namespaces
        self._engine_in = engine_in
        self._loaded: tuple[Namespace, NodePolicy] | None = None
        #: Whom the tables that count have, and where.
        self._counted: tuple[Namespace, NodePolicy] | None = None

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
        counting, self._counted = self._counting(space, policy), None
        try:
            await engine.run(script(rules, _FAMILY) + counting)
            text = await engine.run(f"list table {_FAMILY[0]} {TABLE}")
            await _share_out(space, policy)
        except WorldVpnError as error:
            raise ShareError(f"the node's rules could not be loaded: {error}") from error
        wrong = listing.difference(listing.expected(rules), listing.parsed(text))
        if wrong is not None:
            raise ShareError(f"the node does not hold the rules it was given: {wrong}")
        self._loaded = self._counted = (space, policy)

    async def carried(self) -> Mapping[IpAddress, Figures]:
        """Return what each guest's flows have carried since it came, as the kernel has counted it.

        Raises:
            ShareError: there is no node, or the kernel does not tell.
        """
        policy, read = await self._read(_carried)
        return {
            guest: Figures(
                up_bytes=read[meter.UP[guest.version]].get(guest.packed, Count()).bytes,
                down_bytes=read[meter.DOWN[guest.version]].get(guest.packed, Count()).bytes,
            )
            for guest in policy.guests
        }

    async def watched(self) -> Mapping[IpAddress, Watched]:
        """Return what each guest has done, as the kernel has seen it.

        Raises:
            ShareError: there is no node, or the kernel does not tell.
        """
        policy, read = await self._read(_watched)
        return watched_of(policy, read)

    async def _read(
        self, reading: Callable[[socket.socket, NodePolicy], _T]
    ) -> tuple[NodePolicy, _T]:
        if self._counted is None:
            raise ShareError(_NOBODY)
        space, policy = self._counted
        try:
            # Not kept: a socket would keep the namespace, too.
            kernel = await space.netlink(NETLINK_NETFILTER)
            return policy, await asyncio.to_thread(_closing, reading, kernel, policy)
        except (EngineError, FirewallError) as error:
            raise ShareError(str(error)) from error

    def _counting(self, space: Namespace, policy: NodePolicy) -> str:
        """Return what lets the guests of ``policy`` be counted, and those who stay go on."""
        if self._counted is None or self._counted[0] is not space:
            made = meter.begun() + guest_watch.begun()
            return made + meter.changed((), policy.guests) + guest_watch.changed(None, policy)
        before = self._counted[1]
        counted = meter.changed(before.guests, policy.guests)
        return counted + guest_watch.changed(before, policy)


async def _share_out(space: Namespace, policy: NodePolicy) -> None:
    """Let each guest have its share. Raises ShareError: there are no shares here."""
    shaping = shaping_of(policy)
    if isinstance(space, Shaped):
        await space.shape(shaping)
    elif shaping is not None:
        raise ShareError("this system cannot share a rate out among guests")


def _closing(
    reading: Callable[[socket.socket, NodePolicy], _T], kernel: socket.socket, policy: NodePolicy
) -> _T:
    """Read, then close ``kernel``, which takes a while."""
    with kernel:
        kernel.settimeout(_PATIENCE_S)
        return reading(kernel, policy)


def _carried(kernel: socket.socket, _policy: NodePolicy) -> dict[str, dict[bytes, Count]]:
    names = (*meter.UP.values(), *meter.DOWN.values())
    return {name: counts(kernel, meter.TABLE, name) for name in names}


def _watched(kernel: socket.socket, policy: NodePolicy) -> dict[str, dict[bytes, Count]]:
    names = [*guest_watch.read_of_all(policy.guests), *guest_watch.read_of_sent(policy.sent)]
    return {name: counts(kernel, guest_watch.TABLE, name) for name in names}
