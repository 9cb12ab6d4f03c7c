"""What the daemon knows beside the state, gathered for the snapshot."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Final

import attrs

from worldvpn_core.agent.link import AgentLink
from worldvpn_core.notices import Notices
from worldvpn_core.profiles import ProfileStore
from worldvpn_core.protocols import Protocols
from worldvpn_core.settings import Settings
from worldvpn_core.snapshot import Around, shown, snapshot
from worldvpn_core.system import System
from worldvpn_core.tunnel.events import Event
from worldvpn_core.tunnel.states import State
from worldvpn_core.types import Counters, TunnelPlan

WITHOUT_AGENT: Final = (
    "agent.missing",
    "worldvpn-agent is being started again: until then no profile is read and no name resolved.",
)


@attrs.define(kw_only=True, eq=False)
class Picture:
    """Keeps what changes around the state, and draws the snapshot from it."""

    settings: Callable[[], Settings]
    profiles: ProfileStore
    protocols: Protocols
    system: System
    agent: AgentLink
    notices: Notices
    sharing: Callable[[], Mapping[str, object]] = dict
    account: Callable[[], Mapping[str, object]] = dict
    session: Callable[[], Mapping[str, object] | None] = lambda: None
    publish: Callable[[], None] = lambda: None
    _since_utc: datetime = attrs.field(factory=lambda: datetime.now(UTC), init=False)
    _counters: Counters = attrs.field(factory=Counters, init=False)
    _mtu_bytes: dict[int, int] = attrs.field(factory=dict, init=False)

    def heard(self, old: State, new: State, event: Event) -> None:
        """Take note of a change of state."""
        self.notices.heard(old, new, event)
        if type(old) is not type(new):
            self._since_utc = datetime.now(UTC)
        if shown(new)[1] is None:
            self._counters = Counters()
            self._mtu_bytes.clear()

    def counted(self, plan: TunnelPlan, counters: Counters) -> None:
        """Take note of what the tunnel of ``plan`` has carried."""
        del plan
        if counters != self._counters:
            self._counters = counters
            self.publish()

    def measured(self, plan: TunnelPlan, mtu_bytes: int) -> None:
        """Take note of how large packets may be in the tunnel of ``plan``."""
        self._mtu_bytes[plan.attempt] = mtu_bytes
        self.publish()

    def _without_agent(self) -> tuple[tuple[str, str], ...]:
        return () if self.agent.pid is not None else (WITHOUT_AGENT,)

    def draw(self, state: State, retry_in_s: float | None) -> dict[str, object]:
        """Return the snapshot of ``state``."""
        settings, firewall, dns = self.settings(), self.system.firewall, self.system.dns
        plan, _info = shown(state)
        around = Around(
            settings=settings,
            profile_names={profile.id: profile.name for profile in self.profiles.all()},
            labels=self.protocols.labels,
            since_utc=self._since_utc,
            counters=self._counters,
            mtu_bytes=(plan.mtu_bytes or self._mtu_bytes.get(plan.attempt)) if plan else None,
            retry_in_s=retry_in_s,
            firewall=firewall.facts,
            dns=None if dns is None else dns.name,
            sharing=self.sharing(),
            account=self.account(),
            session=self.session(),
            notices=(*self.notices.all(settings), *self._without_agent()),
            daemon={
                "version": version("worldvpn-core"),
                "pid": os.getpid(),
                "agent_pid": self.agent.pid,
            },
        )
        return snapshot(state, around)
