"""Loads the node's rules in its own namespace, and reads them back."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from typing import Final

from worldvpn_core.contracts import Namespace, Namespaces, Watched
from worldvpn_core.credit.figures import Figures
from worldvpn_core.errors import FirewallError, ShareError
from worldvpn_core.policy import NodePolicy
from worldvpn_core.types import IpAddress
from worldvpn_killswitch import listing, meter
from worldvpn_killswitch.element_counts import asking, counts
from worldvpn_killswitch.guest_watching import GuestWatching
from worldvpn_killswitch.libnftables import Engine
from worldvpn_killswitch.node import node_ruleset
from worldvpn_killswitch.rooms import Guest, given, taken
from worldvpn_killswitch.rule import FAMILIES, TABLE, script

_FAMILY = FAMILIES[:1]
#: The kernel answers at once; this only keeps a surprise from hanging us.
_PATIENCE_S: Final = 1.0


class NodeRules:
    """The rules of the namespace that serves guests.

    ``engine_in`` is called inside the namespace, once: guests come and go by the second.
    """

    def __init__(self, namespaces: Namespaces, engine_in: Callable[[Namespace], Engine]) -> None:
        self._namespaces = namespaces
        self._engine_in = engine_in
        self._loaded: tuple[Namespace, NodePolicy] | None = None
        #: Whom the table that counts has, and where.
        self._metered: tuple[Namespace, tuple[IpAddress, ...]] | None = None
        #: The quota of each guest that has one, in the namespace of ``_metered``.
        self._rooms: dict[Guest, str] = {}
        #: What was said of guests who are not there yet.
        self._awaited: dict[Guest, int] = {}
        self._engine: tuple[Namespace, Engine] | None = None
        self._numbers = itertools.count(1)
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
        rules = node_ruleset(policy)
        counting, rooms, self._metered = *self._counting(space, policy), None
        watching = self._watching.begin(space, policy)
        try:
            engine = await self._engine_of(space)
            await engine.run(script(rules, _FAMILY) + counting + watching)
            self._rooms = rooms
            text = await engine.run(f"list table {_FAMILY[0]} {TABLE}")
        except (OSError, RuntimeError, FirewallError) as error:
            # The thread in it takes nothing any more once it is closed.
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
            read = await asyncio.to_thread(_read, await space.run(asking))
        except (OSError, RuntimeError, FirewallError) as error:
            # The thread in it takes nothing any more once it is closed.
            raise ShareError(f"what guests carry cannot be read: {error}") from error
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

    async def allow(self, rooms: Mapping[Guest, int]) -> Collection[Guest]:
        """Let each guest carry so many bytes more, and no packet after them.

        Returns those who are there; for others it holds from the moment they are. Raises:
            ShareError: what was allowed before still holds.
        """
        self._awaited |= rooms
        if self._metered is None:
            raise ShareError("there is no node whose guests could be limited")
        space, present = self._metered
        named = self._named(rooms, present)
        lines: list[str] = []
        for guest, name in named.items():
            lines += given(meter.TABLE, guest, self._rooms.get(guest), name, rooms[guest])
        if not lines:
            return ()
        try:
            engine = await self._engine_of(space)
            await engine.run("\n".join([*lines, ""]))
        except (OSError, RuntimeError, FirewallError) as error:
            raise ShareError(f"a guest could not be limited: {error}") from error
        self._rooms |= named
        for guest in named:
            self._awaited.pop(guest, None)
        return tuple(named)

    def _named(self, rooms: Iterable[Guest], present: tuple[IpAddress, ...]) -> dict[Guest, str]:
        """Return a new quota's name for each of ``rooms`` who is there."""
        return {guest: f"room{next(self._numbers)}" for guest in rooms if set(guest) <= {*present}}

    def forget(self) -> None:
        """Let go of a node that is gone: what speaks with its rules keeps its namespace."""
        self._engine = None

    async def _engine_of(self, space: Namespace) -> Engine:
        if self._engine is None or self._engine[0] is not space:
            self._engine = space, await space.run(partial(self._engine_in, space))
        return self._engine[1]

    def _counting(self, space: Namespace, policy: NodePolicy) -> tuple[str, dict[Guest, str]]:
        """Return what lets the guests of ``policy`` be counted, and those who stay go on.

        With it the quotas that there are then.
        """
        named = self._named(self._awaited, policy.guests)
        if self._metered is None or self._metered[0] is not space:
            before: tuple[IpAddress, ...] = ()
            left: dict[Guest, str] = {}
            first = meter.begun()
        else:
            before = self._metered[1]
            left = {
                guest: name for guest, name in self._rooms.items() if set(guest) <= {*policy.guests}
            }
            gone = [
                line
                for guest, name in self._rooms.items()
                if guest not in left
                for line in taken(meter.TABLE, guest, name)
            ]
            first = "".join(f"{line}\n" for line in gone)
        come = [
            line
            for guest, name in named.items()
            for line in given(meter.TABLE, guest, left.get(guest), name, self._awaited[guest])
        ]
        # Who is not among them now is said again when it is.
        self._awaited.clear()
        lines = meter.changed(before, policy.guests) + "".join(f"{line}\n" for line in come)
        return first + lines, left | named


def _read(kernel: socket.socket) -> dict[str, dict[bytes, int]]:
    """Return what each set of the table has counted; closes ``kernel``, which takes a while."""
    with kernel:
        kernel.settimeout(_PATIENCE_S)
        return {
            name: counts(kernel, meter.TABLE, name)
            for names in (meter.UP, meter.DOWN)
            for name in names.values()
        }
