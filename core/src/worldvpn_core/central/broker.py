"""Sessions with nodes: opened for a place, kept going while their tunnel lives, ended after."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Final

import attrs

from worldvpn_core.central import causes
from worldvpn_core.central.ahead import Ahead
from worldvpn_core.central.calls import End
from worldvpn_core.central.causes import OURS
from worldvpn_core.central.leases import LEAST_LEFT_S, Choice, Lease, profile_of
from worldvpn_core.central.link import CentralLink
from worldvpn_core.central.news import News, Reach, Reached, SessionNews, SignedOut
from worldvpn_core.central.opening import Opening
from worldvpn_core.central.pins import KnownNodes
from worldvpn_core.central.place import Place
from worldvpn_core.central.replies import Done
from worldvpn_core.central.topping import Topping
from worldvpn_core.central.tried import Measured
from worldvpn_core.contracts import SessionTransport, Transport
from worldvpn_core.errors import (
    AgentError,
    CentralOfflineError,
    ConfigError,
    NoCreditProofError,
    OutOfCreditError,
    SignedOutError,
    WorldVpnError,
)
from worldvpn_core.notices import Notices
from worldvpn_core.settings import Settings
from worldvpn_core.tunnel.events import Event, TunnelDown
from worldvpn_core.tunnel.machine import plan_of
from worldvpn_core.tunnel.states import Blocked, Connected, Disconnected, Paused, State
from worldvpn_core.types import Cause, Counters, Profile, TunnelPlan

#: How long a sign-out waits for sessions to be ended: after it nobody can end them.
LEAVE_S: Final = 5.0
#: A node checks the ticket meanwhile: a handshake begun before is lost, and costs 300 ms.
LET_IN_S: Final = 0.06
_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class AroundBroker:
    """What the broker needs of the rest of the daemon.

    ``post`` takes events for the tunnel; ``changed`` is called when what is shown is another.
    """

    settings: Callable[[], Settings]
    post: Callable[[Event], None]
    changed: Callable[[], None]
    known: KnownNodes
    measured: Callable[[], tuple[Measured, ...]]
    notices: Notices


class Broker:
    """Opens sessions, and is told what becomes of the tunnels that use them."""

    def __init__(self, link: CentralLink, around: AroundBroker) -> None:
        self._link = link
        self._around = around
        self._leases: dict[str, Lease] = {}
        #: The session of each attempt that was planned.
        self._bound: dict[int, str] = {}
        #: The newest attempt, until the tunnel has heard of it.
        self._pending: int | None = None
        self._newest: str | None = None
        self._live: int | None = None
        #: What is to be ended, each with the last word on it.
        self._ending: dict[str, bytes | None] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._topping = Topping(link, renewed=self._renewed, over=self._over)
        self._opening = Opening(
            link=link,
            settings=around.settings,
            known=around.known,
            measured=around.measured,
            notices=around.notices,
            end=self._end,
        )
        self._ahead = Ahead(self._opening, self._end)

    async def profile(self, place: Place, transport: Transport, *, again: bool) -> Profile:
        """Open a session at ``place`` and return the profile by which ``transport`` uses it.

        ``again``: the tunnel of the newest one fell, so another node is taken where there is
        one. While the server is away, a session that still has time is used again, or one that
        was fetched ahead.

        Raises:
            SignedOutError, OutOfCreditError: nothing can be opened; trying again cannot help.
            NoCreditProofError: the server is away, and no ticket is left.
            CentralError, AgentError: it was refused.
            ConfigError: the transport knows no sessions.
        """
        if not isinstance(transport, SessionTransport):
            raise ConfigError(f"{transport.name} cannot go through the directory's nodes")
        former = self._leases.get(self._newest or "")
        if again and former is not None:
            self._opening.failed.note(former.granted.node_id)
        choice = self._opening.choice(place, transport.name, former if again else None)
        try:
            lease = await self._opened(choice, former)
        except CentralOfflineError as error:
            lease = await self._without_server(choice, error)
        self._leases[lease.id] = lease
        self._newest = lease.id
        return profile_of(lease, transport)

    def bind(self, attempt: int, profile: Profile) -> None:
        """Take note that ``attempt`` uses the session of ``profile``."""
        if profile.id in self._leases:
            self._bound[attempt] = profile.id
            self._pending = attempt

    def dropped(self, attempt: int) -> None:
        """Take note that ``attempt`` is not made after all."""
        session = self._bound.pop(attempt, None)
        if self._pending == attempt:
            self._pending = None
        if session is not None and session not in self._bound.values():
            self._let_go(session)

    def account_changed(self) -> None:
        """Take note that the vault was opened, locked or wiped, or holds something else."""
        self._ahead.account_changed()

    def heard(self, news: News) -> None:
        """Take note of the server's news."""
        self._ahead.heard(news)
        match news:
            case SessionNews(session_id=session, action="ended", reason=reason):
                self._ended(session, reason or "ended")
            case SignedOut(detail=detail):
                self._fall(Cause(code=SignedOutError.code, detail=detail, retryable=False))
                self._leases.clear()
            case Reached(reach=Reach.ONLINE):
                for session, word in tuple(self._ending.items()):
                    self._end(session, word)
            case _:
                pass

    def followed(self, state: State) -> None:
        """Take note of the tunnel's new state."""
        plan = plan_of(state)
        if plan is not None and plan.attempt == self._pending:
            self._pending = None
        match state:
            case Connected(plan=plan):
                self._live = plan.attempt if plan.attempt in self._bound else None
                self._keep_only(self._bound.get(plan.attempt))
            case Disconnected() | Paused():
                self._live = None
                self._keep_only(None)
            case Blocked(cause=cause) if not cause.retryable:
                self._live = None
                self._keep_only(None)
            case _:
                pass

    def counted(self, plan: TunnelPlan, counters: Counters) -> None:
        """Take note of what the tunnel of ``plan`` has carried."""
        if plan.attempt == self._live:
            self._topping.carried(counters.received_bytes + counters.sent_bytes)

    async def leave(self) -> None:
        """End everything, as far as the server answers: the account is being signed out."""
        # While the tunnel stands: by its fall, the way to the server is another for a moment.
        self._ahead.leave()
        await self._all_ended()
        self._fall(causes.SIGNED_OUT)
        self._pending = None
        self._keep_only(None)
        await self._all_ended()

    async def _all_ended(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=LEAVE_S)

    def lease_of(self, attempt: int) -> Lease | None:
        """Return the session that ``attempt`` uses; None: it uses none."""
        return self._leases.get(self._bound.get(attempt, ""))

    def shown(self) -> Mapping[str, object] | None:
        """Return the session that the tunnel uses now, for the snapshot."""
        lease = self.lease_of(self._live or 0)
        return None if lease is None else lease.shown()

    def close(self) -> None:
        """Stop what is under way."""
        self._topping.stop()
        self._ahead.stop()
        for task in self._tasks:
            task.cancel()

    async def _opened(self, choice: Choice, former: Lease | None) -> Lease:
        try:
            lease = await self._opening.around_failed(choice)
        except OutOfCreditError:
            # What is held for the session to be replaced may be all that there is.
            if former is None or choice.replaces is not None:
                raise
            choice = attrs.evolve(choice, replaces=former.id)
            lease = await self._opening.opened(choice)
        if choice.replaces is not None:
            self._leases.pop(choice.replaces, None)
            self._ahead.forget(choice.replaces)
        await asyncio.sleep(LET_IN_S)
        return lease

    async def _without_server(self, choice: Choice, error: CentralOfflineError) -> Lease:
        """Return a session that needs no server: at a node that has not failed, or not lately."""
        now_s = time.time()
        former = self._leases.get(choice.replaces or "")
        found = [
            *([] if former is None or former.left_s(now_s) < LEAST_LEFT_S else [former]),
            *self._ahead.usable(choice.place, choice.transport),
        ]
        blocked = self._around.settings().blocked_nodes
        usable = [each for each in found if each.granted.node_id not in blocked]
        if not usable:
            raise NoCreditProofError(f"there is no ticket, and no new one: {error}") from error
        lease = min(usable, key=lambda each: self._opening.failed.since_s(each.granted.node_id))
        await self._ahead.used(lease)
        return lease

    def _keep_only(self, session: str | None) -> None:
        """End every session but this one; keep that one going.

        One that was opened for what the tunnel has not heard of yet is not over, but to come.
        """
        coming = self._bound.get(self._pending or 0)
        for each in tuple(self._leases):
            if each not in {session, coming}:
                self._let_go(each)
        self._bound = {attempt: at for attempt, at in self._bound.items() if at in self._leases}
        lease = self._leases.get(session or "")
        self._ahead.follow(lease)
        if lease is None:
            self._topping.stop()
        else:
            self._topping.keep(lease)

    def _let_go(self, session: str) -> None:
        if self._leases.pop(session, None) is not None and not self._ahead.holds(session):
            self._end(session)

    def _end(self, session: str, word: bytes | None = None) -> None:
        """End ``session`` at the server; one that is away hears of it when it is back."""
        self._ending[session] = word
        self._spawn(self._ended_there(session, word))

    async def _ended_there(self, session: str, word: bytes | None) -> None:
        try:
            await self._link.ask(End(session_id=session, final_receipt=word), Done)
        except (CentralOfflineError, AgentError) as error:
            _log.info("a session is ended later: %s", error)
        except WorldVpnError as error:
            self._ending.pop(session, None)
            _log.info("a session was not ended: %s", error)
        else:
            self._ending.pop(session, None)

    def _ended(self, session: str, reason: str) -> None:
        live = self._bound.get(self._live or 0)
        self._ending.pop(session, None)
        if session in self._leases:
            # Its ticket has no time left that a node would take it for.
            self._leases[session] = attrs.evolve(self._leases[session], expires_s=0)
        if reason not in OURS and session == live:
            self._fall(causes.of_end(reason))

    def _renewed(self, lease: Lease) -> None:
        if lease.id in self._leases:
            self._leases[lease.id] = lease
            self._around.changed()

    def _over(self, error: WorldVpnError) -> None:
        """End the tunnel whose ticket has run out, with what kept it from getting another."""
        self._fall(causes.of_no_ticket(error))

    def _fall(self, cause: Cause) -> None:
        attempt, self._live = self._live, None
        self._topping.stop()
        if attempt is not None:
            self._around.post(TunnelDown(attempt=attempt, cause=cause))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
