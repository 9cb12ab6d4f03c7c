"""Loads the node's rules in its own namespace, and reads them back.

A guest that comes or goes is an element of sets: that is changed alone where nobody else has
touched the rules since they were read, and needs no reading then.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import socket
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from typing import Final

import attrs

from worldvpn_core.contracts import Namespace, Namespaces, Watched
from worldvpn_core.credit.figures import Figures
from worldvpn_core.errors import FirewallError, ShareError
from worldvpn_core.policy import NodePolicy
from worldvpn_core.types import IpAddress
from worldvpn_killswitch import listing, meter
from worldvpn_killswitch.delta import delta, is_of_elements
from worldvpn_killswitch.element_counts import asking, counts
from worldvpn_killswitch.generation import Generation
from worldvpn_killswitch.guest_watching import GuestWatching
from worldvpn_killswitch.inside import Inside
from worldvpn_killswitch.libnftables import Engine
from worldvpn_killswitch.node import node_ruleset
from worldvpn_killswitch.rooms import Guest, given, taken
from worldvpn_killswitch.rule import FAMILIES, TABLE, Ruleset, script

_log = logging.getLogger(__name__)

_FAMILY = FAMILIES[:1]
#: The kernel answers at once; this only keeps a surprise from hanging us.
_PATIENCE_S: Final = 1.0


@attrs.frozen
class _Loaded:
    """What stands, and where."""

    space: Namespace
    policy: NodePolicy
    rules: Ruleset


class NodeRules:
    """The rules of the namespace that serves guests.

    ``engine_in`` and ``generation_in`` are called inside the namespace, once: guests come and go
    by the second.
    """

    def __init__(
        self,
        namespaces: Namespaces,
        engine_in: Callable[[Namespace], Engine],
        generation_in: Callable[[], Callable[[], int]] = lambda: Generation().read,
    ) -> None:
        self._namespaces = namespaces
        self._engine_in = engine_in
        self._generation_in = generation_in
        self._loaded: _Loaded | None = None
        #: Whom the table that counts has, and where.
        self._metered: tuple[Namespace, tuple[IpAddress, ...]] | None = None
        #: The quota of each guest that has one, in the namespace of ``_metered``.
        self._rooms: dict[Guest, str] = {}
        #: What was said of guests who are not there yet.
        self._awaited: dict[Guest, int] = {}
        self._inside: tuple[Namespace, Inside] | None = None
        self._numbers = itertools.count(1)
        self._watching = GuestWatching()

    async def apply(self, policy: NodePolicy) -> None:
        """Make the rules there be those of ``policy``, in one step.

        Raises:
            ShareError: they are not what they should be; those before may still stand.
        """
        space = self._namespaces.find(policy.link.interface)
        if space is None:
            raise ShareError(f"there is no namespace {policy.link.interface} to protect")
        before, self._loaded = self._loaded, None
        if before is not None and (before.space, before.policy) == (space, policy):
            # Nothing of the host's own is in them: a tunnel that connects need not wait.
            self._loaded = before
            return
        rules = node_ruleset(policy)
        counting, rooms, self._metered = *self._counting(space, policy), None
        beside = counting + self._watching.begin(space, policy)
        try:
            inside = await self._inside_of(space)
            if await _changed(inside, before, rules, beside):
                beside = ""
            if not inside.is_untouched:
                await _replaced(inside, rules, beside)
            self._rooms = rooms
        except (OSError, RuntimeError, FirewallError) as error:
            # The thread in it takes nothing any more once it is closed.
            raise ShareError(f"the node's rules could not be loaded: {error}") from error
        await self._watching.stands(space, policy)
        self._loaded = _Loaded(space, policy, rules)
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
            inside = await self._inside_of(space)
            await inside.change("\n".join([*lines, ""]))
        except (OSError, RuntimeError, FirewallError) as error:
            raise ShareError(f"a guest could not be limited: {error}") from error
        self._rooms |= named
        for guest in named:
            self._awaited.pop(guest, None)
        return tuple(named)

    def _named(self, rooms: Iterable[Guest], present: tuple[IpAddress, ...]) -> dict[Guest, str]:
        """Return a new quota's name for each of ``rooms`` who is there."""
        here = frozenset(present)
        return {guest: f"room{next(self._numbers)}" for guest in rooms if here.issuperset(guest)}

    def forget(self) -> None:
        """Let go of a node that is gone: what speaks with its rules keeps its namespace."""
        self._inside = self._loaded = None

    async def _inside_of(self, space: Namespace) -> Inside:
        if self._inside is None or self._inside[0] is not space:
            engine = await space.run(partial(self._engine_in, space))
            self._inside = space, Inside(engine, await space.run(self._generation_in))
        return self._inside[1]

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
            here = frozenset(policy.guests)
            left = {guest: name for guest, name in self._rooms.items() if here.issuperset(guest)}
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


async def _changed(inside: Inside, before: _Loaded | None, rules: Ruleset, beside: str) -> bool:
    """Change elements alone; False: nothing was changed, and all must be loaded anew."""
    commands = None if before is None else delta(before.rules, rules, {})
    if not inside.is_untouched or commands is None or (commands and not is_of_elements(commands)):
        inside.doubt()
        return False
    try:
        await inside.change(commands + beside)
    except FirewallError as error:
        _log.info("guests could not be changed alone, all is loaded anew: %s", error)
        inside.doubt()
        return False
    return True


async def _replaced(inside: Inside, rules: Ruleset, beside: str) -> None:
    """Load all anew, and read it back. Raises FirewallError."""
    await inside.change(script(rules, _FAMILY) + beside)
    text = await inside.listed(f"list table {_FAMILY[0]} {TABLE}")
    wrong = listing.difference(listing.expected(rules), listing.parsed(text))
    if wrong is not None:
        raise FirewallError(f"the node does not hold the rules it was given: {wrong}")


def _read(kernel: socket.socket) -> dict[str, dict[bytes, int]]:
    """Return what each set of the table has counted; closes ``kernel``, which takes a while."""
    with kernel:
        kernel.settimeout(_PATIENCE_S)
        return {
            name: counts(kernel, meter.TABLE, name)
            for names in (meter.UP, meter.DOWN)
            for name in names.values()
        }
