"""Guests that the central server sends: let in on a ticket, for its time, and no longer."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

import attrs
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from worldvpn_core.central.calls import Answer, PublicKeys
from worldvpn_core.central.link import CentralLink
from worldvpn_core.central.news import GuestNews, GuestsListed, News, ProbeNews, SignedOut
from worldvpn_core.central.node_calls import Probed
from worldvpn_core.central.replies import Done, NextTicket
from worldvpn_core.credit.admission import Admitted, Asked, Counted, admit
from worldvpn_core.errors import (
    AgentError,
    CentralError,
    ConfigError,
    CreditProofError,
    WorldVpnError,
)
from worldvpn_core.receipts.node_side import NodeSide, Seat
from worldvpn_core.share.door import Door
from worldvpn_core.share.events import GuestInvited, GuestRevoked
from worldvpn_core.share.farewells import Farewells
from worldvpn_core.share.fitting import misfit
from worldvpn_core.share.plan import Guest
from worldvpn_core.share.present import Present, guest_of
from worldvpn_core.share.registered import Hosted, NodeFile, owner_of
from worldvpn_core.share.runner import ShareRunner
from worldvpn_core.share.states import Serving
from worldvpn_core.share.tickets import believed, trusted

#: The server's own peer asks once or twice, whatever its clock says.
PROBE_MOST_S: Final = 60
#: What is said of a guest that may not come any more.
_GONE: Final = frozenset({"ended", "withdraw"})

_log = logging.getLogger(__name__)


class Hosting:
    """Answers offers and probes while the node serves; ``manifest`` is the newest one kept."""

    def __init__(
        self,
        link: CentralLink,
        runner: ShareRunner,
        file: NodeFile,
        manifest: Callable[[], bytes | None],
        receipts: NodeSide | None = None,
    ) -> None:
        self._link = link
        self._runner = runner
        self._file = file
        self._manifest = manifest
        #: Who exchanges receipts with guests; None: nobody here, and nothing is earned.
        self._receipts = receipts
        self._present: dict[str, Present] = {}
        #: Guests that were accepted and are not inside yet, by session.
        self._coming: dict[str, Guest] = {}
        #: What is under way, and of it what has guests out who have left.
        self._tasks, self._leaving = set[asyncio.Task[None]](), set[asyncio.Task[None]]()
        self.door = Door()
        self.farewells = Farewells(link, file, receipts)

    @property
    def guests(self) -> int:
        """How many of the server's guests are let in."""
        return sum(not present.probes for present in self._present.values())

    def heard(self, news: News) -> None:
        """Take note of the server's news."""
        match news:
            case GuestNews(action="offered"):
                self._spawn(self._offered(news))
            case GuestNews(ticket=bytes(ticket)) if news.action not in _GONE:
                self._spawn(self._told(news, ticket))
            case GuestNews(action=action, session_id=session) if action in _GONE:
                self._dismiss(session)
                self.farewells.ended(session)
            case GuestsListed(session_ids=sessions):
                self._keep_only(sessions)
                self.farewells.ended(*(set(self._file.sessions) - set(sessions)))
            case SignedOut():
                self._keep_only(())
            case ProbeNews():
                self._spawn(self._probed(news))
            case _:
                pass

    @property
    def present(self) -> Mapping[str, Present]:
        """The server's guests that are let in, by session."""
        return {name: each for name, each in self._present.items() if not each.probes}

    def send_away(self, session: str, lasting: timedelta) -> None:
        """Let a guest in no more, whatever its ticket says, nor offered again for so long."""
        self.door.shut_for(session)
        self.farewells.send_away(session, lasting)
        self._dismiss(session, at_once=True)

    def forget(self) -> None:
        """Take note that the node is gone, and everybody with it."""
        for present in self._present.values():
            present.timer.cancel()
        self._present.clear()
        if self._receipts is not None:
            self._receipts.forget()

    def drained(self, session: str) -> None:
        """Take note that nothing more is carried for the guest of ``session``."""
        self._dismiss(session)
        self.farewells.over(session)

    def close(self) -> None:
        """Stop what is under way."""
        self.forget()
        self.farewells.close()
        for task in self._tasks:
            task.cancel()

    async def _offered(self, offer: GuestNews) -> None:
        """Accept a guest where there is room, and let it in once its ticket is there."""
        # The server has given the addresses of one who left to the one who comes.
        await asyncio.gather(*self._leaving, return_exceptions=True)
        state = self._runner.state
        if not isinstance(state, Serving) or offer.x25519 is None:
            return self.farewells.refuse(offer, "not-serving")
        why = self.door.refusal(offer) or self._misfit(offer, state)
        if why is not None:
            return self.farewells.refuse(offer, why, self.door.banned_for(offer.alias))
        self._coming[offer.session_id] = guest_of(offer, offer.x25519)
        try:
            await self._accept(offer, state)
            await self._runner.settled()
        finally:
            self._coming.pop(offer.session_id, None)

    async def _accept(self, offer: GuestNews, state: Serving) -> None:
        """Answer with a key of the node's for this session alone, and let the guest in."""
        private = Ed25519PrivateKey.generate()
        keys = PublicKeys(
            x25519=state.node.public_key, ed25519=private.public_key().public_bytes_raw()
        )
        answer = Answer(node_id=offer.node_id, session_id=offer.session_id, keys=keys)
        try:
            granted = await self._link.ask(answer, NextTicket)
            self._let_in(offer, granted.ticket, private.private_bytes_raw())
        except (CentralError, AgentError, CreditProofError, ConfigError) as error:
            _log.warning("a guest was not let in: %s", error)

    async def _told(self, news: GuestNews, ticket: bytes) -> None:
        """Let a guest in again after a restart, or for longer, on a newer ticket."""
        hosted = self._file.get(news.session_id)
        if hosted is None:
            # Its own answer to the offer is still under way, or it is another run's.
            return
        try:
            self._let_in(news, ticket, hosted.ed25519_private)
        except (CreditProofError, ConfigError) as error:
            _log.warning("a guest's ticket is not taken: %s", error)

    def _let_in(self, news: GuestNews, signed: bytes, ed25519_private: bytes) -> None:
        """Let the guest in for what its ticket says.

        Raises:
            CreditProofError: the ticket lets nobody in here.
            ConfigError: what must be remembered of it cannot be kept.
        """
        state, now_s = self._runner.state, time.time()
        if not isinstance(state, Serving) or news.x25519 is None or self._misfit(news, state):
            return
        self.door.check(news)
        root_key = self._link.root_key
        seen_version = self._file.seen_version(root_key)
        keys = trusted(self._manifest(), root_key, seen_version, now_s)
        # An agent that was taken over could keep the one before, in which no key is revoked.
        self._file.saw(root_key, keys.version)
        ticket = believed(signed, keys, now_s)
        if ticket.session != UUID(news.session_id):
            raise CreditProofError(f"its ticket is of another session, {ticket.session}")
        private = Ed25519PrivateKey.from_private_bytes(ed25519_private)
        asked = Asked(
            node=UUID(news.node_id),
            node_x25519=state.node.public_key,
            node_ed25519=private.public_key().public_bytes_raw(),
            guest_x25519=news.x25519,
            now_s=int(now_s),
        )
        hosted = self._file.get(news.session_id)
        admitted = admit(ticket, asked, None if hosted is None else self._counted(hosted))
        if not isinstance(admitted, Admitted):
            raise CreditProofError(f"its ticket lets nobody in: {admitted}")
        self._file.keep(
            news.session_id,
            Hosted(
                counted=admitted.counted,
                ed25519_private=ed25519_private,
                expires_s=ticket.not_after_s,
            ),
            now_s,
        )
        if self._receipts is not None:
            addresses = (news.assigned4, news.assigned6)
            seat = Seat(ticket=ticket, signed=signed, key=private, addresses=addresses)
            # First: how far it may go is known before its first packet comes.
            self._receipts.admitted(news.session_id, seat)
        self._admit(news.session_id, news, news.x25519, ticket.not_after_s)

    def _counted(self, hosted: Hosted) -> Counted:
        """Return what is known of a session, with what it has carried by now."""
        if self._receipts is None:
            return hosted.counted
        carried = self._receipts.carried(str(hosted.counted.session)).total_bytes
        return attrs.evolve(
            hosted.counted, carried_bytes=max(carried, hosted.counted.carried_bytes)
        )

    def _admit(self, name: str, news: GuestNews | ProbeNews, x25519: bytes, expires_s: int) -> None:
        former = self._present.get(name)
        if former is not None:
            former.timer.cancel()
        else:
            self._runner.post(GuestInvited(guest=guest_of(news, x25519)))
        left_s = max(0.0, expires_s - time.time())
        timer = asyncio.get_running_loop().call_later(left_s, self._dismiss, name)
        self._present[name] = Present(
            x25519=x25519,
            expires_s=expires_s,
            timer=timer,
            probes=isinstance(news, ProbeNews),
            news=news if former is None else former.news,
            since_s=time.time() if former is None else former.since_s,
        )

    def _dismiss(self, name: str, *, at_once: bool = False) -> None:
        present = self._present.pop(name, None)
        if present is None:
            return
        present.timer.cancel()
        revoked = GuestRevoked(public_key=present.x25519)
        if at_once:
            self._runner.post(revoked)
        self._spawn(self._revoke(name, None if at_once else revoked), self._leaving)

    async def _revoke(self, name: str, revoked: GuestRevoked | None) -> None:
        """Read for the last time what the guest has carried; then let it in no more."""
        if self._receipts is not None:
            await self._receipts.leaving(name)
        if revoked is not None:
            self._runner.post(revoked)
        await self._runner.settled()

    def _keep_only(self, sessions: tuple[str, ...]) -> None:
        for name, present in tuple(self._present.items()):
            if name not in sessions and not present.probes:
                self._dismiss(name)

    async def _probed(self, probe: ProbeNews) -> None:
        """Let the server's own peer in for a moment: it makes sure that guests can come."""
        state = self._runner.state
        if not isinstance(state, Serving) or self._misfit(probe, state):
            return
        ends_s = min(probe.expires_s, int(time.time()) + PROBE_MOST_S)
        self._admit(probe.probe_id, probe, probe.x25519, ends_s)
        await self._runner.settled()
        try:
            await self._link.ask(Probed(node_id=probe.node_id, probe_id=probe.probe_id), Done)
        except WorldVpnError as error:
            _log.info("the central server could not be told: %s", error)

    def _misfit(self, news: GuestNews | ProbeNews, state: Serving) -> str | None:
        """Return why it cannot come: it is of another node, or at what is not its own."""
        if news.node_id != self._file.find(owner_of(self._link)) or news.x25519 is None:
            return "another-node"
        name = news.probe_id if isinstance(news, ProbeNews) else news.session_id
        newcomer, probes = guest_of(news, news.x25519), isinstance(news, ProbeNews)
        return misfit(newcomer, self._others(name, state), state.plan, probes=probes)

    def _others(self, name: str, state: Serving) -> tuple[Guest, ...]:
        """Return those inside, and those who will be in a moment, but for the one of ``name``."""
        inside = {one.public_key for one in state.guests}
        coming = (one for one in self._coming.values() if one.public_key not in inside)
        own = {self._coming[name].public_key} if name in self._coming else set()
        own |= {self._present[name].x25519} if name in self._present else set()
        return tuple(one for one in (*state.guests, *coming) if one.public_key not in own)

    def _spawn(self, work: Coroutine[None, None, None], *beside: set[asyncio.Task[None]]) -> None:
        task = asyncio.create_task(work)
        for each in (self._tasks, *beside):
            each.add(task)
            task.add_done_callback(each.discard)
