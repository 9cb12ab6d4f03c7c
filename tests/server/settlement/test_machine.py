"""Liars, replays and lost time, from two processes at once: the books balance after every step."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

import asyncpg
import attrs
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.server.conftest import MovingClock
from tests.server.settlement import process
from tests.server.settlement.rig import CAP_BYTES, LASTING, Opened
from worldvpn_core.credit.receipt import Role
from worldvpn_core.credit.units import MEBIBYTE
from worldvpn_server.database.cluster import Cluster
from worldvpn_server.errors import CreditError, InvalidError
from worldvpn_server.ledger import books
from worldvpn_server.ledger.findings import Findings
from worldvpn_server.settlement.figures import ABSENCE
from worldvpn_server.settlement.values import Outcome

_TEMPLATE: Final = "template_worldvpn"
_numbers = itertools.count()
_SESSIONS: Final = 3

Answer = TypeVar("Answer")

totals = st.integers(0, 6 * MEBIBYTE)
places = st.integers(0, _SESSIONS - 1)


@attrs.define(eq=False)
class Known:
    """A session, and what is true of it: the honest end counts, the other may lie."""

    session: Opened
    sequence: int = 0
    #: The most that each end has signed for, up and down, lies included.
    signed: dict[Role, tuple[int, int]] = attrs.field(factory=dict)
    sent: list[bytes] = attrs.field(factory=list)
    #: What was settled while the guest's word stood alone: it is never taken back.
    stood_bytes: int = 0

    def spoke(self, role: Role, *, up: int = 0, down: int = 0) -> None:
        most_up, most_down = self.signed.get(role, (0, 0))
        self.signed[role] = max(most_up, up), max(most_down, down)

    def stands_alone(self) -> None:
        """Take note that the node was away for a day: what its guest has said may be settled."""
        if self.signed.keys() == {Role.GUEST}:
            self.stood_bytes = sum(self.signed[Role.GUEST])

    @property
    def most_bytes(self) -> int:
        """What may be settled at most."""
        if Role.GUEST not in self.signed:
            return 0
        if Role.NODE not in self.signed:
            return self.stood_bytes
        (one_up, one_down), (other_up, other_down) = self.signed.values()
        return max(self.stood_bytes, min(one_up, other_up) + min(one_down, other_down))


class Settling(RuleBasedStateMachine):
    """Two processes of one database, and everybody who would cheat them."""

    cluster: Cluster

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = contextlib.AsyncExitStack()
        self.clock = MovingClock()
        self.name = f"machine_{os.getpid()}_{next(_numbers)}"
        self.known: list[Known] = []

    def _run(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return self.runner.run(work)

    @initialize()
    def begin(self) -> None:
        self._run(self._begin())

    async def _begin(self) -> None:
        await self._sql(f"CREATE DATABASE {self.name} TEMPLATE {_TEMPLATE}")
        dsn = self.cluster.dsn(self.name)
        self.processes = [
            await self.stack.enter_async_context(process.opened(dsn, self.clock)) for _ in range(2)
        ]
        rig = self.processes[0].rig
        payer, owner = await rig.person(), await rig.person()
        node = await rig.node(owner)
        for number in range(_SESSIONS):
            session = await rig.session(
                payer, node, owner, subsidised_bytes=(0, CAP_BYTES, 3 * MEBIBYTE)[number]
            )
            self.known.append(Known(session))
        self.absent_from = self.clock.now() + LASTING + ABSENCE
        self.clock.pass_by(minutes=1)

    async def _sql(self, statement: str) -> None:
        connection = await asyncpg.connect(self.cluster.dsn())
        await connection.execute(statement)
        await connection.close()

    def teardown(self) -> None:
        if self.known:
            self._run(self.stack.aclose())
            self._run(self._sql(f"DROP DATABASE {self.name} WITH (FORCE)"))
        self.runner.close()

    @rule(place=places, said=st.tuples(totals, totals), elapsed=st.sampled_from((60_000, 2**63)))
    def both_speak(self, place: int, said: tuple[int, int], elapsed: int) -> None:
        """Each end signs its own number: the node's may be too high, the guest's too low."""
        known = self.known[place]
        known.sequence += 1
        words = [
            known.session.word(role, total, sequence=known.sequence, elapsed_ms=elapsed)
            for role, total in zip(Role, said, strict=True)
        ]
        # Of two that are sent at once, the guest's may be the first to arrive.
        for role, total in reversed(tuple(zip(Role, said, strict=True))):
            self._spoke(known, role, down=total)
        known.sent += words
        self._run(self._submit([words[:1], words[1:]]))

    @rule(place=places, role=st.sampled_from(Role), total=totals)
    def one_contradicts_itself(self, place: int, role: Role, total: int) -> None:
        known = self.known[place]
        self._spoke(known, role, up=total)
        word = known.session.word(role, total, sequence=max(1, known.sequence), up_bytes=total)
        known.sent.append(word)
        self._run(self._submit([[word]]))

    @rule(place=places, role=st.sampled_from(Role))
    def one_claims_more_than_there_can_be(self, place: int, role: Role) -> None:
        known = self.known[place]
        known.sequence += 1
        self._spoke(known, role, up=5, down=2**63)
        word = known.session.word(
            role, 2**63 + 5, sequence=known.sequence, up_bytes=5, elapsed_ms=2**64 - 1
        )
        known.sent.append(word)
        self._run(self._submit([[word]]))

    @rule(place=places, other=places, role=st.sampled_from(Role))
    def one_signs_with_another_sessions_key(self, place: int, other: int, role: Role) -> None:
        if place == other:
            return
        ticket = self.known[other].session.ticket
        word = self.known[place].session.word(role, CAP_BYTES, ticket=ticket)

        assert self._run(self._submit([[word]])) == [Outcome.BAD_SIGNATURE]

    @rule(data=st.data())
    def everything_is_sent_again(self, data: st.DataObject) -> None:
        """Shuffled, doubled, and by two processes at once."""
        sent = [each for known in self.known for each in known.sent]
        order = data.draw(st.permutations(sent))[:100]
        before = self._settled()

        outcomes = self._run(self._submit([order, order[::-1]]))

        assert set(outcomes) <= {Outcome.DUPLICATE, Outcome.EXPIRED}
        assert self._settled() == before

    @rule(minutes=st.sampled_from((1, 30, 26 * 60)))
    def time_passes(self, minutes: int) -> None:
        self.clock.pass_by(minutes=minutes)
        if self.clock.now() >= self.absent_from:
            for known in self.known:
                known.stands_alone()

    def _spoke(self, known: Known, role: Role, *, up: int = 0, down: int = 0) -> None:
        known.spoke(role, up=up, down=down)
        if self.clock.now() >= self.absent_from:
            known.stands_alone()

    @rule(place=places)
    def one_tops_up(self, place: int) -> None:
        with contextlib.suppress(CreditError):
            self._run(self.processes[1].rig.top_up(self.known[place].session, MEBIBYTE))

    @rule(place=places)
    def one_says_goodbye(self, place: int) -> None:
        """Its last word may be a lie, too: it says less than it signed for before."""
        known = self.known[place]
        known.sequence += 1
        last = known.session.word(Role.GUEST, 0, sequence=known.sequence)
        self._spoke(known, Role.GUEST)
        known.sent.append(last)
        self._run(self.processes[0].rig.end(known.session))
        with contextlib.suppress(InvalidError):
            self._run(self.processes[1].settlement.finish(known.session.id, last))

    @rule(place=places)
    def a_node_claims_no_more(self, place: int) -> None:
        """Its last word may be a lie, too: it has claimed something before, or does so after."""
        known = self.known[place]
        self._spoke(known, Role.NODE)
        self._run(self.processes[0].rig.end(known.session))
        self._run(self.processes[1].settlement.finish_node(known.session.id, None))

    @rule()
    def owners_are_paid(self) -> None:
        self._run(self._both("payouts", "pay"))

    @precondition(lambda self: self.known)
    @rule()
    def what_is_due_vests(self) -> None:
        self._run(self._both("vesting", "vest"))
        self._run(self._both("expiry", "settle_past"))

    async def _both(self, part: str, work: str) -> None:
        await asyncio.gather(
            *(getattr(getattr(each.settlement, part), work)() for each in self.processes)
        )

    async def _submit(self, batches: list[list[bytes]]) -> list[Outcome]:
        answers = await asyncio.gather(
            *(
                each.settlement.submit(batch)
                for each, batch in zip(itertools.cycle(self.processes), batches, strict=False)
                if batch
            )
        )
        return [outcome for each in answers for outcome in each]

    def _settled(self) -> list[int | None]:
        rig = self.processes[0].rig
        return [self._run(rig.settled_bytes(each.session)) for each in self.known]

    @invariant()
    def nobody_is_paid_beyond_what_either_end_signed(self) -> None:
        for known, settled in zip(self.known, self._settled() if self.known else (), strict=True):
            assert settled is not None
            assert settled <= known.most_bytes

    @invariant()
    def the_books_balance(self) -> None:
        if self.known:
            assert self._run(self._findings()) == ()

    async def _findings(self) -> tuple[str, ...]:
        findings = Findings()
        async with self.processes[0].database.transaction() as tx:
            await books.check(tx.sql, findings)
        return findings.lines()


def test_no_order_lie_or_accident_moves_a_tick_too_much(cluster: Cluster) -> None:
    class Here(Settling):
        pass

    Here.cluster = cluster
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            suppress_health_check=list(HealthCheck),
        ),
    )
