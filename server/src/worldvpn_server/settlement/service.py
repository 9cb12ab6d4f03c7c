"""Settling as the rest of the server sees it: receipts go in, outcomes come out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol, Self
from uuid import UUID

import attrs

from worldvpn_core.credit.receipt import Role
from worldvpn_server.clock import Clock
from worldvpn_server.database.pool import Database, Tx
from worldvpn_server.errors import InvalidError, NotFoundError, TooLargeError
from worldvpn_server.operations.jobs import Job
from worldvpn_server.seams import Bus, Ledger, Treasury
from worldvpn_server.settlement import rows
from worldvpn_server.settlement.expiry import Expiry
from worldvpn_server.settlement.figures import Said, Word
from worldvpn_server.settlement.group import Group
from worldvpn_server.settlement.intake import Proof, check, keep
from worldvpn_server.settlement.payout import Payouts
from worldvpn_server.settlement.settle import Settler
from worldvpn_server.settlement.values import MOST_RECEIPTS, News, Outcome
from worldvpn_server.settlement.vesting import Vesting

_SWEEP_S: Final = 60.0
_NOTHING: Final = Word(up_bytes=0, down_bytes=0, elapsed_ms=0)


class Money(Ledger, Treasury, Protocol):
    """Both sides of the ledger."""


@attrs.frozen(kw_only=True)
class Settlement:
    """Takes receipts, settles sessions, pays owners. Made by ``over``; one a process."""

    database: Database
    clock: Clock
    settler: Settler
    payouts: Payouts
    vesting: Vesting
    expiry: Expiry
    _payout_interval_s: float
    _group: Group[bytes, Outcome] = attrs.field(init=False)

    @_group.default
    def _make_group(self) -> Group[bytes, Outcome]:
        return Group(self._settle_all)

    @classmethod
    def over(
        cls, database: Database, clock: Clock, ledger: Money, bus: Bus, every_s: float
    ) -> Self:
        """Return settling on these parts; owners are paid ``every_s`` seconds."""
        settler = Settler(clock=clock, ledger=ledger, treasury=ledger, bus=bus)
        return cls(
            database=database,
            clock=clock,
            settler=settler,
            payouts=Payouts(database=database, clock=clock, treasury=ledger),
            vesting=Vesting(database=database, clock=clock, treasury=ledger),
            expiry=Expiry(
                database=database, clock=clock, settler=settler, payout_interval_s=every_s
            ),
            payout_interval_s=every_s,
        )

    async def submit(self, batch: Sequence[bytes]) -> tuple[Outcome, ...]:
        """Check, keep and settle signed receipts of any sessions and roles; committed on return.

        Anybody may bring them: each speaks by its signature. A node brings its guest's, too.

        Raises:
            TooLargeError: more than ``MOST_RECEIPTS``.
            UnavailableError: the database is away; sending them again is safe.
        """
        if len(batch) > MOST_RECEIPTS:
            raise TooLargeError(f"{len(batch)} receipts in one batch: send {MOST_RECEIPTS} at most")
        return tuple(await self._group.submit(batch))

    async def finish(self, session: UUID, final_receipt: bytes | None) -> None:
        """Settle what is known of ``session``; what its guest's last word does not cover is free.

        Raises:
            InvalidError: ``final_receipt`` is none of that session's guest.
        """
        if final_receipt is None:
            await self.database.run(lambda tx: self.settler.settle(tx, {session: News()}))
            return
        proof = await self._proof(session, Role.GUEST, final_receipt)
        await self.database.run(lambda tx: self._keep(tx, (proof,), {session: Said(final=True)}))

    async def finish_node(self, session: UUID, final_receipt: bytes | None) -> None:
        """Keep no more of a hold for ``session`` than its node has claimed: it claims no more.

        ``final_receipt`` None: it has carried nothing. What it claims later all the same is paid
        only as far as its guest has signed for it and can spend it then.

        Raises:
            InvalidError: ``final_receipt`` is none of that session's node.
        """
        last = Said(node=_NOTHING, node_final=True)
        proofs = (
            () if final_receipt is None else (await self._proof(session, Role.NODE, final_receipt),)
        )
        await self.database.run(lambda tx: self._keep(tx, proofs, {session: last}))

    async def charge_compat(self, session: UUID, word: Word, *, final: bool = False) -> int:
        """Charge a session whose guest signs nothing by its node's cumulative figure.

        Never beyond the prepaid ticket. ``final``: the node will carry no more, and the rest is
        free at once. Returns how many bytes are settled by now.

        Raises:
            NotFoundError: there is no such session, or its guest signs receipts.
        """

        async def work(tx: Tx) -> int:
            standing = await rows.lock(tx, (session,))
            if session not in standing or not standing[session].terms.compat:
                raise NotFoundError("there is no such prepaid session")
            news = {session: News(said=Said(node=word, final=final))}
            (step,) = await self.settler.settle_locked(tx, standing, news)
            return step.settled_bytes

        return await self.database.run(work)

    async def close(self) -> None:
        """Let what was submitted be committed."""
        await self._group.close()

    def jobs(self) -> tuple[Job, ...]:
        """Return what goes on without being asked."""
        return (
            Job(name="payout", interval_s=self._payout_interval_s, work=self.payouts.pay),
            Job(name="vesting", interval_s=_SWEEP_S, work=self.vesting.vest),
            Job(name="sessions-past", interval_s=_SWEEP_S, work=self.expiry.settle_past),
            Job(name="sessions-over", interval_s=_SWEEP_S, work=self.expiry.delete_over),
        )

    async def _proof(self, session: UUID, role: Role, final_receipt: bytes) -> Proof:
        (checked,) = await check(self.database, (final_receipt,), self.clock.now())
        if not isinstance(checked, Proof):
            raise InvalidError(f"final_receipt: {checked.value}")
        if checked.session != session or checked.receipt.role is not role:
            whose = role.name.lower()
            raise InvalidError(f"final_receipt: not the {whose}'s word on this session")
        return checked

    async def _settle_all(self, batch: Sequence[bytes]) -> Sequence[Outcome]:
        checked = await check(self.database, batch, self.clock.now())
        proofs = [each for each in checked if isinstance(each, Proof)]
        kept = iter(await self.database.run(lambda tx: self._keep(tx, proofs)) if proofs else ())
        return [next(kept) if isinstance(each, Proof) else each for each in checked]

    async def _keep(
        self, tx: Tx, proofs: Sequence[Proof], last: Mapping[UUID, Said] | None = None
    ) -> tuple[Outcome, ...]:
        """Store ``proofs``, and what was said ``last`` besides, and settle."""
        last = last or {}
        standing = await rows.lock(tx, sorted({each.session for each in proofs} | last.keys()))
        outcomes, news = await keep(tx, proofs, standing, self.clock.now())
        for session in last.keys() & standing.keys():
            heard = news.get(session, News())
            news[session] = attrs.evolve(heard, said=heard.said.joined(last[session]))
        told = {each: place for each, place in standing.items() if each in news}
        await self.settler.settle_locked(tx, told, news)
        return outcomes
