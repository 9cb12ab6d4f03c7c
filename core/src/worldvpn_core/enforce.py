"""Makes the host be what a state demands: firewall first, then routes, then names."""

from __future__ import annotations

import contextlib
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
from worldvpn_core.errors import DnsError, ShareError
from worldvpn_core.policy import DnsPolicy, PolicySet, RoutingPolicy
from worldvpn_core.settings import Settings
from worldvpn_core.share.states import Off, ShareState
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
    state: State,
    changes: tuple[Change, ...],
    before: JournalRecord | None,
    *,
    is_sharing: bool = False,
) -> JournalRecord | None:
    """Return what the journal must hold while ``state`` lasts; None: nothing is wanted.

    A state that knows no plan, as after a restart, wants what was wanted ``before``.
    """
    if isinstance(state, Disconnected):
        return JournalRecord(profile_id=None, changes=changes) if is_sharing else None
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
        #: What the node is: its demands are part of every state's.
        self.share: ShareState = Off()
        #: Where the router in front of the node is asked, while it is.
        self.router: tuple[Endpoint, ...] = ()
        #: Why the node's own part does not stand, as of the last time; None: it does.
        self.share_failure: ShareError | None = None
        self._is_held = False
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
            firewall=firewall_policy(state, self.share, settings, self._bootstrap, self.router),
            routing=routing_policy(state, self.share, settings),
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
        is_sharing = demands.routing.node is not None
        self._recorded = _merged(self._recorded, await self._fresh(demands))
        wanted = intent(state, self._recorded, self._record, is_sharing=is_sharing)
        if wanted is not None and wanted != self._record:
            await self._journal.begin(wanted)
            self._record = wanted
        await self._apply(demands, self._enforced)
        self._is_held = demands.routing.held or demands.dns.held
        if isinstance(state, Disconnected | Paused):
            self._recorded = await self._routing.record(demands.routing) if is_sharing else ()
        if isinstance(state, Disconnected) and self._record is not None and not is_sharing:
            await self._journal.end()
            self._record = None

    async def block(self, state: State) -> None:
        """Load the rules of ``state`` alone, where what else it demands cannot be recorded.

        Raises:
            FirewallError: the host may be open.
        """
        self._enforced = None
        with contextlib.suppress(ShareError):
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
        try:
            await self._routing.apply(self.demands(state).routing)
        except ShareError as error:
            self.share_failure = error

    async def repeat_dns(self, state: State) -> None:
        """Enforce the resolver of ``state`` again, for others have changed it."""
        if self._dns is not None:
            await self._dns.apply(self.demands(state).dns)

    @property
    def is_enforced(self) -> bool:
        """Whether all that was demanded last stands, the node's own part perhaps apart."""
        return self._enforced is not None

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

    async def _fresh(self, demands: Demands) -> tuple[Change, ...]:
        """Return what the host is like without us, of all that ``demands`` may change."""
        is_held = demands.routing.held or demands.dns.held
        routing = demands.routing
        if is_held and not routing.held:
            routing = attrs.evolve(routing, held=True)
        found = await self._routing.record(routing) if is_held or routing.node else ()
        if not is_held or self._is_held or self._dns is None:
            return found
        return (*found, *await self._dns.record())

    async def _apply(self, demands: Demands, before: Demands | None) -> None:
        # Until all of it holds, none of it is known to.
        self._enforced = None
        share_failure: ShareError | None = None
        if before is None or before.firewall != demands.firewall:
            try:
                await self._firewall.apply(demands.firewall)
            except ShareError as error:
                share_failure = error
        if before is None or before.routing != demands.routing:
            try:
                await self._routing.apply(demands.routing)
            except ShareError as error:
                share_failure = share_failure or error
        if self._dns is not None and (before is None or before.dns != demands.dns):
            await self._dns.apply(demands.dns)
        self._enforced = demands
        self.share_failure = share_failure

    def _adopt(self, changes: tuple[Change, ...]) -> None:
        self._routing.adopt(changes)
        if self._dns is not None:
            self._dns.adopt(changes)


def _merged(kept: tuple[Change, ...], fresh: tuple[Change, ...]) -> tuple[Change, ...]:
    """Return ``kept`` and what of ``fresh`` it says nothing about."""
    known = {(change.kind, change.name) for change in kept}
    return (*kept, *(change for change in fresh if (change.kind, change.name) not in known))
