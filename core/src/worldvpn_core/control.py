"""What is wanted of the tunnel, and the plans that make it so."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import attrs

from worldvpn_core.contracts import JournalRecord, Transport
from worldvpn_core.decide import is_open
from worldvpn_core.errors import BusyError, ConfigError, DeniedError, WorldVpnError
from worldvpn_core.planner import Resolve, Turn, look_up, remember, tunnel_plan
from worldvpn_core.profiles import ProfileStore
from worldvpn_core.reconnect import Reconnector
from worldvpn_core.runner import TunnelRunner
from worldvpn_core.settings import Settings
from worldvpn_core.tunnel.events import (
    ConnectFailed,
    ConnectRequested,
    DisconnectRequested,
    PauseEnded,
    PauseRequested,
)
from worldvpn_core.tunnel.opener import cause_of
from worldvpn_core.tunnel.states import Blocked, Disconnected, Paused, State
from worldvpn_core.types import Cause, IpAddress, Profile, Refusal, SessionRequest

RESTARTED = Cause(
    code="daemon.restarted",
    detail="the daemon was started again while a tunnel was wanted; connecting",
    retryable=True,
)
STOPPED = Blocked(
    cause=Cause(
        code="daemon.stopped",
        detail="the daemon was stopped while a tunnel is wanted; the block stays",
        retryable=True,
    )
)

_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class Wanted:
    """What the user asked for last, to be taken up again after a fall or a crash."""

    profile_id: str
    partial: bool = False


@attrs.frozen(kw_only=True)
class Means:
    """What planning needs of the rest of the daemon."""

    profiles: ProfileStore
    transports: Mapping[str, Transport]
    resolve: Resolve
    refusal: Callable[[SessionRequest], Refusal | None]
    settings: Callable[[], Settings]
    default_dns: tuple[IpAddress, ...]


def first_state(
    pending: JournalRecord | None, settings: Settings, now_utc: datetime | None = None
) -> tuple[State, Wanted | None]:
    """Return the state a starting daemon enters, and what is wanted. Pure.

    What a former run began is taken up again: until then, blocked or still paused.
    """
    if pending is not None and pending.profile_id is not None:
        wanted = Wanted(profile_id=pending.profile_id, partial=pending.partial)
        until = pending.paused_until_utc
        now_utc = now_utc or datetime.now(UTC)
        if until is not None and until > now_utc and not settings.lockdown:
            return Paused(until_utc=until), wanted
        return Blocked(cause=RESTARTED), wanted
    if settings.auto_connect is not None:
        return Blocked(cause=RESTARTED), Wanted(profile_id=settings.auto_connect)
    return Disconnected(), None


def resumed(state: State, wanted: Wanted | None, means: Means) -> State:
    """Return the first ``state`` with the plan of a partial tunnel, as far as it is known.

    Without one everything would be blocked until there is a tunnel again.
    """
    if wanted is None or not wanted.partial or not isinstance(state, Blocked | Paused):
        return state
    try:
        profile = means.profiles.get(wanted.profile_id)
        transport = means.transports[profile.transport]
        hosts = dict(profile.known_hosts)
        hosts |= {
            server.host: (ip_address(server.host),)
            for server in profile.servers
            if server.host not in hosts
        }
        turn = Turn(attempt=1, partial=True)
        plan = tunnel_plan(profile, transport, hosts, turn, default_dns=means.default_dns)
    except (WorldVpnError, LookupError, ValueError) as error:
        _log.warning("all is blocked, for what was protected is unknown: %s", error)
        return state
    return attrs.evolve(state, plan=plan)


class TunnelControl:
    """Turns wishes into events: plans what is to be opened, and tries again by itself."""

    def __init__(self, runner: TunnelRunner, means: Means, wanted: Wanted | None) -> None:
        self._runner = runner
        self._means = means
        self._wanted = wanted
        self._attempt = 0
        self._wish = 0
        self._pause: asyncio.TimerHandle | None = None
        self.reconnector = Reconnector(self._retry)

    async def connect(self, profile_id: str, *, partial: bool, uid: int) -> int:
        """Plan a tunnel by ``profile_id`` and ask for it; return the attempt's number.

        Raises:
            ConfigError, ResolutionError, DeniedError: nothing was touched.
            BusyError: another wish came before this one was planned.
        """
        profile = self._means.profiles.get(profile_id)
        self._check(profile, partial=partial, uid=uid)
        self._wish += 1
        wish = self._wish
        fresh = is_open(self._runner.state, self._means.settings())
        event = await self._planned(profile, Turn(attempt=0, partial=partial), fresh=fresh)
        if wish != self._wish:
            raise BusyError("something else was asked for before this could be planned")
        self._wanted = Wanted(profile_id=profile.id, partial=partial)
        self.reconnector.forget()
        self._runner.post(event)
        return event.plan.attempt

    def refuse_unreadable(self, profile: Profile) -> None:
        """Check that a transport here understands ``profile``. Raises ConfigError."""
        self._transport(profile).parse(dict(profile.options))

    def disconnect(self) -> None:
        """Want no tunnel any more."""
        self._wish += 1
        self._wanted = None
        self.reconnector.stop()
        self._runner.post(DisconnectRequested())

    def pause(self, duration_s: int) -> datetime:
        """Open the host for ``duration_s`` seconds; return when it ends.

        Raises:
            BusyError: nothing is to be paused.
            DeniedError: under lockdown nothing opens the host.
        """
        if self._means.settings().lockdown:
            raise DeniedError("under lockdown the host is never open: switch lockdown off first")
        if self._wanted is None:
            raise BusyError("there is no tunnel to pause: nothing is connected")
        self._wish += 1
        self.reconnector.stop()
        until = datetime.now(UTC) + timedelta(seconds=duration_s)
        self._runner.post(PauseRequested(until_utc=until))
        return until

    def resume(self) -> None:
        """End a pause now. Raises BusyError when there is none."""
        if not isinstance(self._runner.state, Paused):
            raise BusyError("nothing is paused")
        self._runner.post(PauseEnded())

    def begin(self) -> None:
        """Take up what a former run has left wanted: the daemon has started."""
        self.heard(Disconnected(), self._runner.state)

    def heard(self, old: State, new: State) -> None:
        """Take note of a change of state."""
        self.reconnector.heard(old, new)
        if isinstance(new, Paused):
            self._end_pause(new)
        else:
            self._forget_pause()

    def hurry(self) -> None:
        """Take note that the network is another, or that the host slept."""
        self.reconnector.hurry()
        if isinstance(self._runner.state, Paused):
            # Timers stand still in suspend; a clock that was set back must not keep it open.
            latest_s = math.inf if self._pause is None else self._pause.when()
            self._end_pause(self._runner.state, latest_s)

    def _end_pause(self, paused: Paused, latest_s: float = math.inf) -> None:
        """Post the end of ``paused`` when it is due, at ``latest_s`` of the loop's time."""
        self._forget_pause()
        loop = asyncio.get_running_loop()
        left_s = (paused.until_utc - datetime.now(UTC)).total_seconds()
        due_s = min(latest_s, loop.time() + max(0.0, left_s))
        self._pause = loop.call_at(due_s, self._runner.post, PauseEnded())

    def _forget_pause(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None

    def _check(self, profile: Profile, *, partial: bool, uid: int) -> None:
        if partial and self._means.settings().lockdown:
            raise ConfigError("under lockdown everything is protected: connect without --partial")
        self._transport(profile)
        asked = SessionRequest(profile_id=profile.id, transport=profile.transport, uid=uid)
        refused = self._means.refusal(asked)
        if refused is not None:
            raise DeniedError(refused.detail)

    def _transport(self, profile: Profile) -> Transport:
        transport = self._means.transports.get(profile.transport)
        if transport is None:
            raise ConfigError(
                f"profile {profile.id} needs the transport {profile.transport!r}, "
                "and no plugin offers it"
            )
        return transport

    async def _planned(self, profile: Profile, turn: Turn, *, fresh: bool) -> ConnectRequested:
        hosts = await look_up(profile, self._means.resolve, fresh=fresh)
        remembered = remember(profile, hosts)
        if remembered != profile:
            self._means.profiles.save(remembered, replace=True)
        self._attempt += 1
        transport = self._transport(profile)
        plan = tunnel_plan(
            profile,
            transport,
            hosts,
            attrs.evolve(turn, attempt=self._attempt),
            default_dns=self._means.default_dns,
        )
        return ConnectRequested(plan=plan, outer_endpoints=transport.outer_endpoints(plan))

    async def _retry(self, failures: int) -> bool:
        wanted, wish = self._wanted, self._wish
        if wanted is None:
            return True
        try:
            profile = self._means.profiles.get(wanted.profile_id)
            self._check(profile, partial=wanted.partial, uid=0)
            turn = Turn(attempt=0, failures=failures - 1, partial=wanted.partial)
            event = await self._planned(profile, turn, fresh=False)
        except WorldVpnError as error:
            _log.warning("cannot try again: %s", error)
            self._runner.post(ConnectFailed(cause=cause_of(error)))
            return not error.retryable
        if wish == self._wish:
            self._runner.post(event)
        return True
