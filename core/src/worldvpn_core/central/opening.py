"""Opening a session: where the owner lets it be, around nodes that have just failed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import attrs

from worldvpn_core.central import causes
from worldvpn_core.central.calls import MOST_NODES
from worldvpn_core.central.failed import FailedNodes
from worldvpn_core.central.leases import Choice, FreshKeys, Lease
from worldvpn_core.central.link import CentralLink
from worldvpn_core.central.pins import KnownNodes, recognise
from worldvpn_core.central.place import Place
from worldvpn_core.central.replies import Granted
from worldvpn_core.central.tried import Measured
from worldvpn_core.errors import CentralBusyError, ContractError, OutOfCreditError
from worldvpn_core.notices import Notices
from worldvpn_core.settings import Settings


@attrs.frozen(kw_only=True)
class Opening:
    """Asks for sessions. ``end`` ends one that must not be used."""

    link: CentralLink
    settings: Callable[[], Settings]
    known: KnownNodes
    measured: Callable[[], tuple[Measured, ...]]
    notices: Notices
    end: Callable[[str], None]
    failed: FailedNodes = attrs.field(factory=FailedNodes)

    def choice(self, place: Place, transport: str, former: Lease | None) -> Choice:
        """Return what is asked for at ``place``, instead of ``former``."""
        settings = self.settings()
        choice = Choice(
            place=place,
            transport=transport,
            blocked=settings.blocked_nodes,
            favourites=settings.favourite_nodes,
            measured=self.measured(),
            replaces=None if former is None else former.id,
        )
        return self.around(choice, self.failed.now())

    def around(self, choice: Choice, nodes: tuple[str, ...]) -> Choice:
        """Return ``choice`` without ``nodes``, where it leaves others."""
        if not choice.is_free:
            # Whoever asks for one node has it.
            return choice
        avoided = dict.fromkeys((*choice.blocked, *nodes))
        return attrs.evolve(choice, blocked=tuple(avoided)[:MOST_NODES])

    async def around_failed(self, choice: Choice) -> Lease:
        """Open a session around nodes that have failed; at one of them where there is no other.

        The one that failed last is the last to be asked.

        Raises:
            CentralError, AgentError, ContractError: as ``opened``.
        """
        try:
            return await self.opened(choice)
        except CentralBusyError:
            if not choice.is_free or not self.failed.now():
                raise
        free = attrs.evolve(choice, blocked=self.settings().blocked_nodes)
        # Whether another is back is not known; the one that fell just now most likely is not,
        # and the server would wait seconds for its answer.
        if newest := self.failed.forget_older():
            with contextlib.suppress(CentralBusyError):
                return await self.opened(self.around(free, newest))
        self.failed.forget()
        return await self.opened(free)

    async def opened(self, choice: Choice) -> Lease:
        """Open a session, with keys of its own; pin its node's key.

        Raises:
            CentralError, AgentError: it was refused, or nobody answers.
            ContractError: it is at a node that the owner has blocked; it was ended.
        """
        keys = FreshKeys.drawn()
        asking = asyncio.ensure_future(self.link.ask(choice.call(keys), Granted))
        try:
            granted = await asyncio.shield(asking)
        except asyncio.CancelledError:
            # Nobody wants it any more; what the server opens all the same is ended.
            asking.add_done_callback(self._unwanted)
            raise
        except OutOfCreditError as error:
            raise OutOfCreditError(causes.OUT_OF_CREDIT.detail) from error
        if granted.node_id in self.settings().blocked_nodes:
            self.end(granted.session_id)
            raise ContractError("a session was opened at a node that you have blocked")
        recognise(self.known, self.notices, granted)
        return Lease(
            place=choice.place,
            transport=choice.transport,
            granted=granted,
            keys=keys,
            expires_s=granted.expires_s,
            cap_bytes=granted.cap_bytes,
        )

    def _unwanted(self, asking: asyncio.Future[Granted]) -> None:
        if not asking.cancelled() and asking.exception() is None:
            self.end(asking.result().session_id)
