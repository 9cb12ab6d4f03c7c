"""Makes the host be what a state demands: firewall first, then routes, then names."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from worldvpn_core.contracts import (
    Change,
    DnsProtector,
    FirewallBackend,
    Journal,
    JournalRecord,
    Routing,
)
from worldvpn_core.decide import dns_policy, firewall_policy, routing_policy
from worldvpn_core.errors import DnsError
from worldvpn_core.policy import DnsPolicy, PolicySet, RoutingPolicy
from worldvpn_core.settings import Settings
from worldvpn_core.share.states import Off
from worldvpn_core.tunnel.machine import plan_of
from worldvpn_core.tunnel.states import Disconnected, Paused, State
from worldvpn_core.types import Endpoint


@attrs.frozen(kw_only=True)
class Demands:
    """All that one state asks of the host."""

    firewall: PolicySet
    routing: RoutingPolicy
    dns: DnsPolicy


@attrs.frozen(kw_only=True)
class Protection:
    """Whoever makes the host be what is demanded."""

    firewall: FirewallBackend
    routing: Routing
    journal: Journal
    dns: DnsProtector | None = None


def intent(
    state: State, changes: tuple[Change, ...], before: JournalRecord | None
) -> JournalRecord | None:
    """Return what the journal must hold while ``state`` lasts; None: nothing is wanted.

    A state that knows no plan, as after a restart, wants what was wanted ``before``.
    """
    if isinstance(state, Disconnected):
        return None
    plan = plan_of(state)
    wanted = before if plan is None else plan
    return JournalRecord(
        profile_id=None if wanted is None else wanted.profile_id,
        partial=wanted is not None and wanted.partial,
        paused_until_utc=state.until_utc if isinstance(state, Paused) else None,
        changes=changes,
    )


class Enforcer:
    """Applies the demands of states, and keeps the journal one step ahead of them."""

    def __init__(
        self,
        protection: Protection,
        *,
        settings: Callable[[], Settings],
        bootstrap: tuple[Endpoint, ...] = (),
    ) -> None:
        self._firewall = protection.firewall
        self._routing = protection.routing
        self._dns = protection.dns
        self._journal = protection.journal
        self._settings = settings
        self._bootstrap = bootstrap
        self._enforced: Demands | None = None
        self._record = self._journal.pending()
        #: What the host was like before us, for as long as anything of it is changed.
        self._recorded: tuple[Change, ...] = ()
        if self._record is not None and self._record.changes:
            self._recorded = self._record.changes
            self._adopt(self._recorded)

    def demands(self, state: State) -> Demands:
        """Return what ``state`` asks for under the present settings."""
        settings = self._settings()
        return Demands(
            firewall=firewall_policy(state, Off(), settings, self._bootstrap),
            routing=routing_policy(state, Off(), settings),
            dns=dns_policy(state, settings),
        )

    async def enter(self, state: State) -> None:
        """Make the host be what ``state`` demands.

        What will be changed is recorded first; that it was all undone, last.

        Raises:
            JournalError: nothing was touched.
            ProtectionError: the host is not, or not wholly, what ``state`` demands.
        """
        demands = self.demands(state)
        if (demands.routing.held or demands.dns.held) and not self._recorded:
            dns = () if self._dns is None else await self._dns.record()
            self._recorded = (*await self._routing.record(), *dns)
        wanted = intent(state, self._recorded, self._record)
        if wanted is not None and wanted != self._record:
            await self._journal.begin(wanted)
            self._record = wanted
        await self._apply(demands, self._enforced)
        if isinstance(state, Disconnected | Paused):
            self._recorded = ()
        if isinstance(state, Disconnected) and self._record is not None:
            await self._journal.end()
            self._record = None

    async def block(self, state: State) -> None:
        """Load the rules of ``state`` alone, where what else it demands cannot be recorded.

        Raises:
            FirewallError: the host may be open.
        """
        self._enforced = None
        await self._firewall.apply(self.demands(state).firewall)

    async def repeat(self, state: State) -> None:
        """Enforce all of ``state`` again: links, routes or files may have changed.

        Raises:
            ProtectionError: as ``enter``.
        """
        self._enforced = None
        await self.enter(state)

    async def repeat_routing(self, state: State) -> None:
        """Enforce the routing of ``state`` again, for others have changed routes."""
        await self._routing.apply(self.demands(state).routing)

    async def repeat_dns(self, state: State) -> None:
        """Enforce the resolver of ``state`` again, for others have changed it."""
        if self._dns is not None:
            await self._dns.apply(self.demands(state).dns)

    def changed(self) -> tuple[str, ...]:
        """Name what of this host is changed now, beside rules, routes and links of ours."""
        return tuple(f"{change.kind} {change.name}" for change in self._recorded)

    async def disturbed(self) -> None:
        """Return when someone has changed or removed our rules."""
        await self._firewall.disturbed()

    async def drifted(self) -> None:
        """Return when someone has overwritten the resolver's settings."""
        if self._dns is None:
            raise DnsError("no plugin protects this host's resolver")
        await self._dns.drifted()

    async def _apply(self, demands: Demands, before: Demands | None) -> None:
        # Until all of it holds, none of it is known to.
        self._enforced = None
        if before is None or before.firewall != demands.firewall:
            await self._firewall.apply(demands.firewall)
        if before is None or before.routing != demands.routing:
            await self._routing.apply(demands.routing)
        if self._dns is not None and (before is None or before.dns != demands.dns):
            await self._dns.apply(demands.dns)
        self._enforced = demands

    def _adopt(self, changes: tuple[Change, ...]) -> None:
        self._routing.adopt(changes)
        if self._dns is not None:
            self._dns.adopt(changes)
