"""Wires the central server into the daemon: account, sessions, and what clients may ask."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import attrs

from worldvpn_core.agent.link import AgentLink
from worldvpn_core.central.around import AroundBroker, AroundDesk
from worldvpn_core.central.broker import Broker
from worldvpn_core.central.desk import AccountDesk
from worldvpn_core.central.known import AccountKnown
from worldvpn_core.central.link import CentralLink
from worldvpn_core.central.measuring import Measuring
from worldvpn_core.central.news import News, SignedOut
from worldvpn_core.central.pins import KnownNodes
from worldvpn_core.central.rotation import Rotation
from worldvpn_core.central.server import CentralServer
from worldvpn_core.central.shelf import Shelf
from worldvpn_core.central.tried import Measured
from worldvpn_core.central.tried_nodes import TriedNodes
from worldvpn_core.contracts import Meters
from worldvpn_core.decide import is_open
from worldvpn_core.errors import WorldVpnError
from worldvpn_core.notices import Notices
from worldvpn_core.receipts.desk import ReceiptsDesk
from worldvpn_core.receipts.exchanging import exchanging
from worldvpn_core.receipts.keeper import ReceiptsKeeper
from worldvpn_core.settings import Settings
from worldvpn_core.tunnel.events import ConnectRequested, Event
from worldvpn_core.tunnel.states import Connected, State, Switching
from worldvpn_core.vault.vault import Vault

_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class Around:
    """What the central server's part needs of the rest of the daemon."""

    server: CentralServer | None
    agent: AgentLink
    vault: Vault
    state_dir: Path
    settings: Callable[[], Settings]
    claim: Callable[[int], None]
    notices: Notices
    #: What counts sessions; None: no receipts are exchanged here.
    meters: Meters | None = None
    post: Callable[[Event], None]
    publish: Callable[[], None]


class CentralWired:
    """All that has to do with the central server, wired; without one, desks that say so."""

    def __init__(self, around: Around) -> None:
        self._around = around
        self.agent, self.meters = around.agent, around.meters
        self.link: CentralLink | None = None
        self.broker: Broker | None = None
        self._tried = TriedNodes(around.state_dir / "tried.json")
        self._measuring = Measuring(self._tried, self._node_of)
        self._saving = asyncio.Lock()
        self._path: tuple[bool, int | None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        #: Others who are told of news: the node.
        self.listeners: list[Callable[[News], None]] = []
        #: Answers what is asked of receipts.
        self.proofs = ReceiptsDesk()
        self.receipts: ReceiptsKeeper | None = None
        if around.server is not None:
            shelf = Shelf(around.state_dir / "central")
            self.link = CentralLink(around.agent, around.server, around.vault, shelf, self._heard)
            known = KnownNodes(around.state_dir / "nodes.json")
            known.load()
            if known.notice is not None:
                around.notices.tell("state.broken.nodes", known.notice)
            self._tried.load()
            self.broker = Broker(
                self.link,
                AroundBroker(
                    settings=around.settings,
                    post=around.post,
                    changed=around.publish,
                    known=known,
                    measured=self._measured,
                    notices=around.notices,
                ),
            )
            self.receipts = exchanging(self.link, self.broker, self.proofs, around)
        self.known = AccountKnown(
            url=None if around.server is None else around.server.url,
            secrets=lambda: None if self.link is None else self.link.secrets,
            is_locked=lambda: around.vault.is_locked,
            notices=around.notices,
        )
        self.desk = AccountDesk(
            self.link,
            around.vault,
            AroundDesk(
                settings=around.settings,
                measured=self._measured,
                claim=around.claim,
                leaving=self._leaving,
            ),
        )

    async def run(self) -> None:
        """Speak with the server until cancelled."""
        if self.link is None or self.broker is None:
            return
        await self._sweep()
        try:
            async with asyncio.TaskGroup() as parts:
                parts.create_task(self.link.run())
                parts.create_task(Rotation(self.link).run())
                if self.receipts is not None:
                    parts.create_task(self.receipts.run())
        finally:
            self.broker.close()
            await self._sweep()
            for task in self._tasks:
                task.cancel()

    def account_changed(self) -> None:
        """Take note that the vault was opened, locked or wiped, or holds something else."""
        if self.link is not None:
            self.link.account_changed()
            # Nobody is signed in: where they have been is nobody's any more.
            is_left = self.link.secrets is None and not self._around.vault.is_locked
            if is_left and self._measuring.forget():
                self._spawn(self._save())
        if self.broker is not None:
            self.broker.account_changed()
        if self.receipts is not None:
            self.receipts.account_changed()
        self.known.account_changed()

    def happened(self, state: State, event: Event) -> None:
        """Take note of ``event``, which led to ``state``, before that is followed."""
        if self._measuring.happened(state, event):
            self._spawn(self._save())

    def followed(self, state: State) -> None:
        """Take note of the tunnel's new state: sessions follow it, and so does the path there."""
        if self.broker is None:
            return
        self.broker.followed(state)
        path = _path(state, self._around.settings())
        if path != self._path:
            self._path = path
            self._spawn(self._around.agent.central_moved())

    def refused(self, event: Event) -> None:
        """Take note that ``event`` changed nothing: its session is not used."""
        if self.broker is not None and isinstance(event, ConnectRequested):
            self.broker.dropped(event.plan.attempt)

    def session(self) -> Mapping[str, object] | None:
        """Return the session that the tunnel uses, for the snapshot."""
        return None if self.broker is None else self.broker.shown()

    def _node_of(self, attempt: int) -> str | None:
        lease = None if self.broker is None else self.broker.lease_of(attempt)
        return None if lease is None else lease.granted.node_id

    def _measured(self) -> tuple[Measured, ...]:
        return self._tried.measured(int(time.time()))

    async def _sweep(self) -> None:
        """Remove counters that a crash has left."""
        if self.meters is not None:
            try:
                await self.meters.tunnels.sweep()
            except WorldVpnError as error:
                _log.warning("counters of a former run are still there: %s", error)

    async def _save(self) -> None:
        # One after the other: the last one has what is known then.
        async with self._saving:
            await asyncio.to_thread(self._tried.save)

    def _heard(self, news: News) -> None:
        self.known.heard(news)
        if self.broker is not None:
            self.broker.heard(news)
        if self.receipts is not None:
            self.receipts.heard(news)
        if isinstance(news, SignedOut):
            self._spawn(self._forget())
        for listener in self.listeners:
            listener(news)
        self._around.publish()

    @asynccontextmanager
    async def _leaving(self) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            if self.broker is not None:
                await stack.enter_async_context(self.broker.leaving())
            for listener in self.listeners:
                listener(SignedOut(code="signed-out", detail="this device is being signed out"))
            yield

    async def _forget(self) -> None:
        """Keep nothing of a sign-in that is worth nothing any more."""
        try:
            if self._around.vault.is_open:
                await self._around.vault.store(None)
        except WorldVpnError as error:
            _log.warning("what was signed in is still kept: %s", error)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _path(state: State, settings: Settings) -> tuple[bool, int | None]:
    """Return by which way the server is reached in ``state``. Pure."""
    match state:
        case Connected(plan=plan):
            return False, plan.attempt
        case Switching(old=old, plan=plan, moved=moved):
            return False, (old.plan if moved is None else plan).attempt
        case _:
            return is_open(state, settings), None
