"""Wishes for the tunnel, and the plans that make them so."""

from __future__ import annotations

import asyncio
import logging
import math
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import attrs

from worldvpn_core.central.broker import Broker
from worldvpn_core.central.leases import place_of, target_of
from worldvpn_core.central.place import Place
from worldvpn_core.contracts import Transport
from worldvpn_core.decide import is_open
from worldvpn_core.errors import (
    BusyError,
    CentralRefusedError,
    ConfigError,
    DeniedError,
    NoCreditProofError,
    WorldVpnError,
)
from worldvpn_core.planner import Turn, look_up, remember, tunnel_plan
from worldvpn_core.protocols import Protocols
from worldvpn_core.reconnect import Reconnector
from worldvpn_core.runner import TunnelRunner
from worldvpn_core.tunnel.events import (
    ConnectFailed,
    ConnectRequested,
    DisconnectRequested,
    PauseEnded,
    PauseRequested,
)
from worldvpn_core.tunnel.opener import cause_of
from worldvpn_core.tunnel.states import Disconnected, Paused, State
from worldvpn_core.types import Profile, SessionRequest
from worldvpn_core.wanted import Means, Wanted

_log = logging.getLogger(__name__)


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

    @property
    def protocols(self) -> Protocols:
        """By what places of the directory can be reached."""
        return Protocols.among(self._means.transports.values())

    async def connect(self, target: str, *, partial: bool, uid: int) -> int:
        """Plan a tunnel by ``target``, a profile's id or ``@PLACE``, and ask for it.

        Returns the attempt's number.

        Raises:
            ConfigError, ResolutionError, DeniedError, CentralError: nothing was touched.
            BusyError: another wish came before this one was planned.
        """
        place = place_of(target)
        self._wish += 1
        wish = self._wish
        turn = Turn(attempt=0, partial=partial)
        if place is None:
            profile = self._means.profiles.get(target)
            self._check(profile.id, self._transport(profile), turn, uid)
            target = profile.id
            fresh = is_open(self._runner.state, self._means.settings())
            event = await self._planned(profile, turn, fresh=fresh)
        else:
            event = await self._brokered(place, turn, uid)
        if wish != self._wish:
            self._drop(event)
            raise BusyError("something else was asked for before this could be planned")
        self._wanted = Wanted(profile_id=target, partial=partial)
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

    def _check(self, target: str, transport: Transport, turn: Turn, uid: int) -> None:
        if turn.partial and self._means.settings().lockdown:
            raise ConfigError("under lockdown everything is protected: connect without --partial")
        asked = SessionRequest(profile_id=target, transport=transport.name, uid=uid)
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

    async def _brokered(self, place: Place, turn: Turn, uid: int) -> ConnectRequested:
        """Open a session at ``place``, and plan the tunnel that uses it."""
        broker = self._means.broker
        if broker is None:
            raise ConfigError(
                "this computer belongs to no central server: connect by a profile, "
                "or write [central] in daemon.toml"
            )
        if turn.partial:
            raise ConfigError("a place of the directory protects everything: leave --partial out")
        transport, profile = await self._opened(broker, place, turn, uid)
        self._attempt += 1
        broker.bind(self._attempt, profile)
        turn = attrs.evolve(turn, attempt=self._attempt, failures=0)
        hosts = {server.host: (ip_address(server.host),) for server in profile.servers}
        plan = tunnel_plan(profile, transport, hosts, turn, resolvers=self._means.resolvers)
        # By this the journal finds the place again: the session's own id is worth nothing then.
        plan = attrs.evolve(plan, profile_id=target_of(place))
        return ConnectRequested(plan=plan, outer_endpoints=transport.outer_endpoints(plan))

    async def _opened(
        self, broker: Broker, place: Place, turn: Turn, uid: int
    ) -> tuple[Transport, Profile]:
        """Open a session by the owner's protocol, or by the first that ``place`` has a node for."""
        refused: WorldVpnError = ConfigError(
            "no plugin here goes through the directory's nodes: connect by a profile"
        )
        for transport in self.protocols.to_try(self._means.settings().protocol):
            self._check(target_of(place), transport, turn, uid)
            try:
                return transport, await broker.profile(place, transport, again=turn.failures > 0)
            except (CentralRefusedError, NoCreditProofError) as error:
                # One that will do later is worth trying again, whatever the others say.
                refused = refused if refused.retryable else error
        raise refused

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
            resolvers=self._means.resolvers,
        )
        return ConnectRequested(plan=plan, outer_endpoints=transport.outer_endpoints(plan))

    async def _replanned(self, wanted: Wanted, failures: int) -> ConnectRequested:
        place = place_of(wanted.profile_id)
        if place is not None:
            # A place is taken up for the first time after a restart, too.
            failures = failures if self._attempt else 0
            return await self._brokered(place, Turn(attempt=0, failures=failures), 0)
        profile = self._means.profiles.get(wanted.profile_id)
        turn = Turn(attempt=0, failures=failures - 1, partial=wanted.partial)
        self._check(profile.id, self._transport(profile), turn, 0)
        return await self._planned(profile, turn, fresh=False)

    async def _retry(self, failures: int) -> bool:
        wanted, wish = self._wanted, self._wish
        if wanted is None:
            return True
        try:
            event = await self._replanned(wanted, failures)
        except WorldVpnError as error:
            _log.warning("cannot try again: %s", error)
            self._runner.post(ConnectFailed(cause=cause_of(error)))
            return not error.retryable
        if wish == self._wish:
            self._runner.post(event)
        else:
            self._drop(event)
        return True

    def _drop(self, event: ConnectRequested) -> None:
        """Let go of what was opened for a plan that nobody wants any more."""
        if self._means.broker is not None:
            self._means.broker.dropped(event.plan.attempt)
