"""Sessions with nodes: opened for a place, kept going while their tunnel lives, ended after."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import attrs

from worldvpn_core.central import causes
from worldvpn_core.central.ahead import Ahead
from worldvpn_core.central.around import AroundBroker
from worldvpn_core.central.causes import OURS
from worldvpn_core.central.endings import Endings
from worldvpn_core.central.leases import Choice, Lease, profile_of
from worldvpn_core.central.left import Left
from worldvpn_core.central.link import CentralLink
from worldvpn_core.central.news import News, Reach, Reached, SessionNews, SignedOut
from worldvpn_core.central.opening import Opening
from worldvpn_core.central.place import Place
from worldvpn_core.central.topping import Topping
from worldvpn_core.contracts import SessionTransport, Transport
from worldvpn_core.credit.frames import Reason
from worldvpn_core.errors import (
    CentralOfflineError,
    ConfigError,
    OutOfCreditError,
    SignedOutError,
    WorldVpnError,
)
from worldvpn_core.receipts.guest_side import GuestSide
from worldvpn_core.tunnel.events import TunnelDown
from worldvpn_core.tunnel.machine import plan_of
from worldvpn_core.tunnel.states import (
    Blocked,
    Connected,
    Disconnected,
    Disconnecting,
    Paused,
    State,
    Switching,
)
from worldvpn_core.types import Cause, Counters, Link, Path, Profile, TunnelInfo, TunnelPlan

#: A node checks the ticket meanwhile: a handshake begun before is lost, and costs 300 ms.
LET_IN_S: Final = 0.03


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
        self._counters: Counters | None = None
        self._left = Left()
        #: Who exchanges receipts for the tunnels' sessions; None: nobody here.
        self.receipts: GuestSide | None = None
        self.endings = Endings(link)
        self._opening = Opening(
            link=link,
            settings=around.settings,
            known=around.known,
            measured=around.measured,
            notices=around.notices,
            end=self.endings.end,
        )
        self._ahead = Ahead(self._opening, self.endings.end)
        self._topping = Topping(
            link, renewed=self._renewed, over=self._over, short=self._ahead.give_back
        )

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
        mark, former = self._left.mark(), self._leases.get(self._newest or "")
        if again and former is not None:
            self._opening.failed.note(former.granted.node_id)
        choice = self._opening.choice(place, transport.name, former if again else None)
        try:
            lease = await self._opened(choice, former)
        except CentralOfflineError as error:
            former = self._leases.get(choice.replaces or "")
            lease = await self._ahead.instead(choice, former, error)
        if cause := self._left.since(mark):
            self.endings.over(lease)
            raise SignedOutError(cause.detail)
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
                self._forsake(Cause(code=SignedOutError.code, detail=detail, retryable=False))
                self._leases.clear()
            case Reached(reach=Reach.ONLINE):
                self.endings.again()
            case _:
                pass

    def followed(self, state: State) -> None:
        """Take note of the tunnel's new state."""
        plan = plan_of(state)
        if plan is not None and plan.attempt == self._pending:
            self._pending = None
        match state:
            case Connected(plan=plan, tunnel=tunnel):
                self._live = plan.attempt if plan.attempt in self._bound else None
                self._begin(plan.attempt, tunnel.path)
                self._keep_only(self._bound.get(plan.attempt))
                if cause := self._left.why_not(plan.attempt):
                    self._around.post(TunnelDown(attempt=plan.attempt, cause=cause))
            case Disconnecting() | Switching(moved=TunnelInfo()):
                # Its interface goes now: what it has carried is read once more before.
                self._moved(self._live)
            case Disconnected() | Paused() | Blocked(cause=Cause(retryable=False)):
                self._live = None
                self._keep_only(None)
            case _:
                pass

    def counted(self, plan: TunnelPlan, counters: Counters) -> None:
        """Take note of what the tunnel of ``plan`` has carried."""
        if plan.attempt == self._live:
            self._topping.carried(counters.received_bytes + counters.sent_bytes)
            if counters != self._counters:
                self._moved(self._live)
            self._counters = counters

    @asynccontextmanager
    async def leaving(self) -> AsyncIterator[None]:
        """End everything, as far as the server answers; nothing is opened inside."""
        self._left.is_leaving = True
        try:
            # While the tunnel stands: by its fall, the way to the server is another for a moment.
            self._ahead.leave()
            await self.endings.all_ended()
            self._forsake(causes.SIGNED_OUT)
            self._keep_only(None)
            await self.endings.all_ended()
            yield
        finally:
            self._left.is_leaving = False

    def has(self, session: str) -> bool:
        """Say whether ``session`` may still be used from here."""
        return session in self._leases or self._ahead.holds(session)

    def lease_of(self, attempt: int) -> Lease | None:
        """Return the session that ``attempt`` uses; None: it uses none."""
        return self._leases.get(self._bound.get(attempt, ""))

    def shown(self) -> Mapping[str, object] | None:
        """Return the session that the tunnel uses now, for the snapshot."""
        lease = self.lease_of(self._live or 0)
        if lease is None:
            return None
        carried = None if self.receipts is None else self.receipts.shown(lease.id)
        return {**lease.shown(), "carried": carried}

    def close(self) -> None:
        """Stop what is under way."""
        self._topping.stop()
        self._ahead.stop()
        self.endings.close()
        if self.receipts is not None:
            self.receipts.forget()

    async def _opened(self, choice: Choice, former: Lease | None) -> Lease:
        try:
            lease = await self._opening.around_failed(choice)
        except OutOfCreditError:
            # All that there is may be held for the tunnel that fell: its last word frees it.
            if former is None or choice.replaces is None:
                raise
            self._let_go(former.id)
            await self.endings.all_ended()
            choice = attrs.evolve(choice, replaces=None)
            lease = await self._opening.opened(choice)
        if choice.replaces is not None:
            self._ahead.forget(choice.replaces)
            self._let_go(choice.replaces)
        try:
            await asyncio.sleep(LET_IN_S)
        except asyncio.CancelledError:
            self.endings.over(lease)
            raise
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
        lease = self._leases.pop(session, None)
        if lease is not None and not self._ahead.holds(session):
            self.endings.over(lease)
        elif self.receipts is not None:
            self.receipts.rest(session)

    def _begin(self, attempt: int, path: Path) -> None:
        lease = self.lease_of(attempt)
        if self.receipts is not None and lease is not None and isinstance(path, Link):
            self.receipts.begin(lease, path.name)

    def _moved(self, attempt: int | None) -> None:
        if self.receipts is not None and attempt is not None:
            self.receipts.moved(self._bound.get(attempt, ""))

    def _ended(self, session: str, reason: str) -> None:
        live = self._bound.get(self._live or 0)
        self.endings.ended(session)
        if session in self._leases:
            # Its ticket has no time left that a node would take it for.
            self._leases[session] = attrs.evolve(self._leases[session], expires_s=0)
        if reason not in OURS and session == live:
            self._fall(causes.of_end(reason))

    def _renewed(self, lease: Lease) -> None:
        if lease.id in self._leases:
            self._leases[lease.id] = lease
            if self.receipts is not None:
                self.receipts.renewed(lease.id, lease.granted.ticket)
            self._around.changed()

    def drained(self, session: str, reason: Reason) -> None:
        """Take note that the node carries no more for ``session``: another one may."""
        if session == self._bound.get(self._live or 0):
            self._fall(causes.of_drain(reason.code))

    def _over(self, error: WorldVpnError) -> None:
        self._fall(causes.of_no_ticket(error))

    def _forsake(self, cause: Cause) -> None:
        self._left.forsake(self._bound.keys() - {self._live}, cause)
        self._pending = None
        self._fall(cause)

    def _fall(self, cause: Cause) -> None:
        attempt, self._live = self._live, None
        self._topping.stop()
        if attempt is not None:
            self._around.post(TunnelDown(attempt=attempt, cause=cause))
