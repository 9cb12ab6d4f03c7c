"""``worldvpnd reset``: give the host back as it was, with no daemon running."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Final

import attrs

from worldvpn_core.alone import alone
from worldvpn_core.contracts import JournalRecord, Links, Namespaces
from worldvpn_core.errors import WorldVpnError
from worldvpn_core.policy import DnsPolicy, FirewallPolicy, PolicySet, RoutingPolicy
from worldvpn_core.settings import Settings, SettingsFile
from worldvpn_core.system import Places, System
from worldvpn_core.types import LINK_PREFIX

_NOT_UNDONE: Final = "not undone"


async def undo(system: System, places: Places) -> tuple[str, ...]:
    """Remove all of ours from this host, lockdown included; say what was undone.

    What the journal recorded gets its old value back, unless others have changed it
    since. Goes as far as it can: what fails is said, and does not keep the rest.

    Raises:
        BusyError: a daemon is running, and would undo what is undone here.
    """
    with alone(places.state):
        return tuple(await _Undoing().all(system, places))


@attrs.define
class _Undoing:
    """Tries one thing after the other, and keeps what is to be said of each."""

    said: list[str] = attrs.field(factory=list)

    async def all(self, system: System, places: Places) -> list[str]:
        host = system.host
        pending = self._pending(system)
        changes = () if pending is None else pending.changes
        host.routing.adopt(changes)
        await self._attempt(
            f"rules of {system.firewall.facts.name} removed",
            system.firewall.apply(PolicySet(host=FirewallPolicy(protects=()))),
        )
        if system.meters is not None:
            await self._attempt("counters of sessions removed", system.meters.tunnels.sweep())
        await self._attempt(
            "routes and routing rules removed", host.routing.apply(RoutingPolicy(held=False))
        )
        if system.dns is not None:
            system.dns.adopt(changes)
            await self._attempt("resolver restored", system.dns.apply(DnsPolicy(held=False)))
        await self._remove_namespaces(host.namespaces)
        await self._remove(host.links)
        self.said.extend(f"restored: {change.kind} {change.name}" for change in changes)
        file = SettingsFile(places.state / "settings.json")
        settings = file.load()
        if settings.lockdown or settings.auto_connect or settings.sharing:
            await self._attempt(
                "settings lockdown, auto_connect and sharing switched off", _calm(file, settings)
            )
        if pending is not None and not any(line.startswith(_NOT_UNDONE) for line in self.said):
            await self._attempt("record of what was changed emptied", host.journal.end())
        return self.said

    def _pending(self, system: System) -> JournalRecord | None:
        try:
            return system.host.journal.pending()
        except WorldVpnError as error:
            self.said.append(f"{_NOT_UNDONE}: what was recorded: {error}")
            return None

    async def _remove_namespaces(self, namespaces: Namespaces) -> None:
        for name in await namespaces.all():
            await self._attempt(f"namespace {name} removed", namespaces.remove(name))

    async def _remove(self, links: Links) -> None:
        try:
            present = await links.all()
        except WorldVpnError as error:
            self.said.append(f"{_NOT_UNDONE}: interfaces: {error}")
            return
        for link in present:
            if link.name.startswith(LINK_PREFIX):
                await self._attempt(f"interface {link.name} removed", links.delete(link.name))

    async def _attempt(self, what: str, step: Awaitable[None]) -> None:
        try:
            await step
        except WorldVpnError as error:
            self.said.append(f"{_NOT_UNDONE}: {what}: {error}")
        else:
            self.said.append(what)


async def _calm(file: SettingsFile, settings: Settings) -> None:
    file.save(attrs.evolve(settings, lockdown=False, auto_connect=None, sharing=False))
