"""Wires sharing into the daemon: runner, wishes and answers, and what a crash has left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

import attrs

from worldvpn_core.agent.link import AgentLink
from worldvpn_core.central.link import CentralLink
from worldvpn_core.central.news import News
from worldvpn_core.central.replies import Listener
from worldvpn_core.contracts import Exit, HostServices, Meters
from worldvpn_core.credit.units import REWARD_TICKS, credits_of
from worldvpn_core.enforce import Enforcer
from worldvpn_core.errors import WorldVpnError
from worldvpn_core.reach.holes import Holes
from worldvpn_core.reach.values import MapAnswer, MapPort
from worldvpn_core.reach.way_in import AroundWayIn, WayIn
from worldvpn_core.receipts.keeper import ReceiptsKeeper
from worldvpn_core.receipts.node_receipts import NodeReceipts
from worldvpn_core.runner import TunnelRunner
from worldvpn_core.settings import Settings
from worldvpn_core.share.control import ShareControl
from worldvpn_core.share.hosting import Hosting
from worldvpn_core.share.invited import GuestStore
from worldvpn_core.share.listed import Listed
from worldvpn_core.share.registered import NodeFile
from worldvpn_core.share.requests import ShareRequests
from worldvpn_core.share.runner import ShareRunner
from worldvpn_core.share.states import Draining, Off, Serving, ShareState
from worldvpn_core.share.warden import Told, Warden
from worldvpn_core.tunnel.states import Connected, Disconnected, Paused, State, Switching
from worldvpn_core.types import Endpoint, IpAddress, IpNetwork

_log = logging.getLogger(__name__)


class CentralPart(Protocol):
    """What the daemon has of the central server, and for receipts."""

    agent: AgentLink
    link: CentralLink | None
    meters: Meters | None
    receipts: ReceiptsKeeper | None


@attrs.frozen(kw_only=True)
class AroundSharing:
    """What sharing needs of the rest of the daemon."""

    enforcer: Enforcer
    tunnel: TunnelRunner
    host: HostServices
    ask_router: Callable[[MapPort], Awaitable[MapAnswer]]
    exit_: Exit | None
    settings: Callable[[], Settings]
    change: Callable[[Settings], None]
    publish: Callable[[], None]
    dns: tuple[IpAddress, ...]
    state_dir: Path
    #: The central server's part, which sends guests; None: this host belongs to none.
    central: CentralPart | None = None


class Sharing:
    """All of sharing, wired."""

    def __init__(self, around: AroundSharing) -> None:
        self._around = around
        guests = GuestStore(around.state_dir / "guests.json")
        guests.load()
        #: A sentence for the user about what of it could not be read.
        self.notice = guests.notice
        self.runner = ShareRunner(
            around.enforcer, around.tunnel, around.exit_, on_change=self._changed
        )
        self.control = ShareControl(
            runner=self.runner,
            guests=guests,
            exit_=around.exit_,
            settings=around.settings,
            change=around.change,
            tunnel_state=lambda: around.tunnel.state,
            dns=around.dns,
        )
        self.way_in = WayIn(
            AroundWayIn(
                enforcer=around.enforcer,
                tunnel=around.tunnel,
                gateway=around.host.uplinks.gateway,
                ask=around.ask_router,
                settings=around.settings,
                state_dir=around.state_dir,
                changed=self._way_changed,
            )
        )
        self._public: Endpoint | None = None
        self._offered: tuple[type[ShareState], int | None] = (Off, None)
        self._tunnelled = False
        self.hosting: Hosting | None = None
        self.receipts: NodeReceipts | None = None
        self.listed: Listed | None = None
        link = None if around.central is None else around.central.link
        if link is not None and around.exit_ is not None:
            self._host_guests(link, around.exit_)
        self.warden = Warden(self._told(guests), self.hosting, around.state_dir / "sharing.json")
        self.control.own_hold = lambda: self.warden.hold
        self.requests = ShareRequests(
            control=self.control,
            warden=self.warden,
            way_in=self.way_in,
            listed=self.listed,
            hosting=self.hosting,
        )

    def _told(self, guests: GuestStore) -> Told:
        meters = None if self._around.central is None else self._around.central.meters
        return Told(
            settings=self._around.settings,
            state=lambda: self.runner.state,
            counts=None if meters is None else meters.guests,
            devices=guests,
            follow=self.control.follow,
            accepts=self.account_changed,
            publish=self._around.publish,
            uplink=self._around.host.uplink,
            is_stuck=self._is_stuck,
            earned=self._earned,
        )

    def _host_guests(self, link: CentralLink, exit_: Exit) -> None:
        file = NodeFile(self._around.state_dir / "node.json")
        file.load()
        self.holes = Holes(link.address, self.runner)
        self.receipts = self._exchanges()
        self.hosting = Hosting(
            link,
            self.runner,
            file,
            lambda: link.kept("manifest"),
            None if self.receipts is None else self.receipts.side,
        )
        self.listed = Listed(
            link=link,
            file=file,
            settings=self._around.settings,
            state=lambda: self.runner.state,
            adopt=self._adopt,
            protocol=exit_.name,
            accepts=lambda: self.warden.terms.accepts,
            public=self.way_in.public,
            call=self._call,
            changed=self._around.publish,
            is_tunnelled=lambda: _is_tunnelled(self._around.tunnel.state),
        )

    def _exchanges(self) -> NodeReceipts | None:
        central = self._around.central
        if central is None or central.receipts is None or central.meters is None:
            return None
        return NodeReceipts(
            meter=central.meters.guests,
            keeper=central.receipts,
            agent=central.agent,
            namespaces=self._around.host.namespaces,
            over=self._drained,
        )

    async def _is_stuck(self) -> bool:
        return self.receipts is not None and await self.receipts.is_stuck()

    def _earned(self, session: str) -> int | None:
        """Return the whole credits that both ends of ``session`` have signed for."""
        if self.receipts is None:
            return None
        return credits_of(REWARD_TICKS * self.receipts.side.claimed(session).total_bytes)

    def _drained(self, session: str) -> None:
        if self.hosting is not None:
            self.hosting.drained(session)

    async def run(self) -> None:
        """Serve until cancelled."""
        async with asyncio.TaskGroup() as parts:
            parts.create_task(self.runner.run())
            if self.receipts is not None:
                parts.create_task(self.receipts.run())
            parts.create_task(self.warden.run())
            parts.create_task(self.way_in.run())
            if self.listed is not None:
                parts.create_task(self.listed.run())

    def heard(self, news: News) -> None:
        """Take note of the central server's news."""
        if self.hosting is not None:
            self.hosting.heard(news)
            self.holes.heard(news)

    def account_changed(self) -> None:
        """Take note that somebody signed in, or out."""
        if self.listed is not None:
            self.listed.hurry()

    def tunnel_changed(self) -> None:
        """Take note that the tunnel's state is another."""
        self.control.follow()
        tunnelled = _is_tunnelled(self._around.tunnel.state)
        if tunnelled != self._tunnelled:
            self._tunnelled = tunnelled
            if self.listed is not None and not self.listed.is_listed:
                self.listed.hurry()

    def _call(self, listeners: tuple[Listener, ...]) -> bool:
        """Have the node call the central server where only a hole may let guests in."""
        found = "" if self.listed is None else self.listed.code
        return self.way_in.needs_hole(found) and self.holes.call(listeners)

    def _way_changed(self) -> None:
        public = self.way_in.public()
        if public != self._public:
            self._public = public
            self.account_changed()
        self._around.publish()

    async def sweep(self) -> None:
        """Remove the node that a crash has left."""
        for name in await self._around.host.namespaces.all():
            _log.info("removing the namespace %s, left by a former run", name)
            try:
                await self._around.host.namespaces.remove(name)
            except WorldVpnError as error:
                # The host's protection must not wait for it; the next node says what it lacks.
                _log.warning("%s", error)

    async def leave(self) -> None:
        """Close the node; an open host gets back what sharing has changed on it."""
        was_on = not isinstance(self.runner.state, Off)
        if self.hosting is not None:
            self.hosting.close()
        await self.way_in.leave()
        await self.runner.close()
        state = self._around.tunnel.state
        if was_on and isinstance(state, Disconnected | Paused):
            try:
                await self._around.enforcer.enter(state)
            except WorldVpnError:
                _log.exception("not all of what sharing needed could be given back")

    def _adopt(self, prefixes: tuple[IpNetwork, ...]) -> None:
        self.control.guests.adopt(prefixes)
        self.control.reopen()

    def _changed(self, state: ShareState) -> None:
        self.control.heard(state)
        self.way_in.follow(state)
        if self.hosting is not None and not isinstance(state, Serving | Draining):
            self.hosting.forget()
        if self.receipts is not None:
            self.receipts.followed(state)
        # Guests come and go without the server being told anew.
        offered = (type(state), None if isinstance(state, Off) else state.plan.attempt)
        if offered == self._offered:
            self.warden.guests_changed()
        else:
            self._offered = offered
            self.warden.hurry()
            if self.listed is not None:
                self.listed.hurry()
        self._around.publish()


def _is_tunnelled(state: State) -> bool:
    """Say whether the central server sees a tunnel's exit in ``state``. Pure."""
    match state:
        case Connected(plan=plan):
            return not plan.partial
        case Switching(old=old, plan=plan, moved=moved):
            return not (old.plan if moved is None else plan).partial
        case _:
            return False
