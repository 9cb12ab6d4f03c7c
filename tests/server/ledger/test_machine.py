"""Crowds of clients on real connections against a small model: some order explains them all."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
from collections.abc import Coroutine
from typing import Any, Final, TypeVar
from uuid import UUID

import asyncpg
import attrs
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.server.conftest import MovingClock
from tests.server.ledger.conftest import HeardBus, movement
from worldvpn_server.database.cluster import Cluster
from worldvpn_server.database.pool import Database, Tx
from worldvpn_server.errors import CreditError, LedgerError
from worldvpn_server.ids import new_id
from worldvpn_server.ledger import books
from worldvpn_server.ledger.findings import Findings
from worldvpn_server.ledger.postgres import PostgresLedger
from worldvpn_server.ledger.values import Balance, Bucket, Held, Kind, Release

_TEMPLATE: Final = "template_worldvpn"
_ACCOUNTS: Final = 3
_POOLS: Final = 3
_numbers = itertools.count()

Answer = TypeVar("Answer")


@attrs.frozen
class Op:
    """What one client asks for. ``name`` stands for its key: used again, it is a repetition."""

    kind: str
    account: int
    name: int
    ticks: int


ops = st.builds(
    Op,
    st.sampled_from(["grant", "penalty", "hold", "settle", "release"]),
    st.integers(0, _ACCOUNTS - 1),
    st.integers(0, 7),
    st.integers(1, 60),
)


@attrs.define
class Modelled:
    """What an account must have, by the rules alone."""

    promo: int = 0
    available: int = 0
    held: int = 0
    debt: int = 0
    #: What each key did.
    done: dict[tuple[str, int], tuple[int, object]] = attrs.field(factory=dict)

    def balance(self) -> Balance:
        return Balance(
            promo_ticks=self.promo,
            available_ticks=self.available,
            held_ticks=self.held,
            debt_ticks=self.debt,
        )

    def apply(self, op: Op) -> object:
        """Do ``op``, and return what the ledger must answer, or the error it must raise."""
        before = self.done.get((op.kind, op.name))
        if before is not None:
            if before[0] != op.ticks:
                return LedgerError
            return before[1] if op.kind == "hold" else False
        answer = self._first(op)
        if not isinstance(answer, type):
            self.done[op.kind, op.name] = (op.ticks, answer)
        return answer

    def _first(self, op: Op) -> object:
        match op.kind:
            case "grant":
                repaid = min(self.debt, op.ticks)
                self.debt -= repaid
                self.available += op.ticks - repaid
            case "penalty":
                taken = min(self.available, op.ticks)
                self.available -= taken
                self.debt += op.ticks - taken
            case "hold":
                promo = min(self.promo, op.ticks)
                if op.ticks - promo > self.available:
                    return CreditError
                self.promo -= promo
                self.available -= op.ticks - promo
                self.held += op.ticks
                return Held(promo_ticks=promo, available_ticks=op.ticks - promo)
            case _:
                if op.ticks > self.held:
                    return LedgerError
                self.held -= op.ticks
                if op.kind == "release":
                    self.promo += op.ticks
        return True


class Crowd(RuleBasedStateMachine):
    """Several server processes' pools on one database."""

    cluster: Cluster

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = contextlib.AsyncExitStack()
        self.name = f"crowd_{os.getpid()}_{next(_numbers)}"
        self.ledgers: list[tuple[Database, PostgresLedger]] = []
        self.accounts = [new_id() for _ in range(_ACCOUNTS)]
        self.models = [Modelled(promo=100) for _ in range(_ACCOUNTS)]

    def _run(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return self.runner.run(work)

    @initialize()
    def begin(self) -> None:
        self._run(self._begin())

    async def _begin(self) -> None:
        await self._as_owner(f"CREATE DATABASE {self.name} TEMPLATE {_TEMPLATE}")
        for _ in range(_POOLS):
            database = await Database.open(self.cluster.dsn(self.name), most_connections=4)
            self.stack.push_async_callback(database.close)
            self.ledgers.append((database, PostgresLedger(database, MovingClock(), HeardBus())))
        database, ledger = self.ledgers[0]
        welcome = [
            attrs.evolve(
                movement(each, Kind.WELCOME, Bucket.MINT, 100),
                lines=((Bucket.MINT, -100), (Bucket.PROMO, 100)),
            )
            for each in self.accounts
        ]
        await database.run(lambda tx: ledger.post_many(tx, welcome))

    async def _as_owner(self, statement: str) -> None:
        owner = await asyncpg.connect(self.cluster.dsn())
        await owner.execute(statement)
        await owner.close()

    async def _ask(self, pool: int, op: Op) -> object:
        database, ledger = self.ledgers[pool % _POOLS]
        try:
            return await database.run(lambda tx: _done(ledger, tx, self.accounts[op.account], op))
        except (CreditError, LedgerError) as error:
            return type(error)

    @rule(op=ops, pool=st.integers(0, _POOLS - 1))
    def one_after_another(self, op: Op, pool: int) -> None:
        assert self._run(self._ask(pool, op)) == self.models[op.account].apply(op)

    @rule(op=ops, times=st.integers(2, 5))
    def the_same_from_everywhere_at_once(self, op: Op, times: int) -> None:
        """A client that retries, through every process at a time: it is done once."""

        async def all_at_once() -> list[object]:
            return await asyncio.gather(*(self._ask(pool, op) for pool in range(times)))

        answers = self._run(all_at_once())

        expected = [self.models[op.account].apply(op) for _ in range(times)]
        assert sorted(map(str, answers)) == sorted(map(str, expected))

    @rule(crowd=st.lists(ops, min_size=2, max_size=8))
    def everybody_at_once(self, crowd: list[Op]) -> None:
        """Some order of these must explain every answer and every balance."""

        async def all_at_once() -> list[object]:
            work = (self._ask(pool, op) for pool, op in enumerate(crowd))
            return await asyncio.gather(*work)

        answers = self._run(all_at_once())
        balances = self._run(self._balances())
        for account in range(_ACCOUNTS):
            theirs = [
                (op, answer)
                for op, answer in zip(crowd, answers, strict=True)
                if op.account == account
            ]
            found = _explained(self.models[account], theirs, balances[account])
            assert found is not None, (self.models[account], theirs, balances[account])
            self.models[account] = found

    async def _balances(self) -> list[Balance]:
        _, ledger = self.ledgers[-1]
        return [await ledger.balance(each) for each in self.accounts]

    @invariant()
    def balances_are_the_model_s_and_the_books_add_up(self) -> None:
        if not self.ledgers:
            return
        assert self._run(self._balances()) == [each.balance() for each in self.models]
        assert self._run(self._wrong_in_the_books()) <= {"held", "clearing"}  # no sessions here

    async def _wrong_in_the_books(self) -> set[str]:
        findings = Findings()
        database, _ = self.ledgers[0]
        async with database.transaction() as tx:
            await books.check(tx.sql, findings)
        return {each.partition(":")[0] for each in findings.lines()}

    def teardown(self) -> None:
        self._run(self.stack.aclose())
        self._run(self._as_owner(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)"))
        self.runner.close()


async def _done(ledger: PostgresLedger, tx: Tx, account: UUID, op: Op) -> object:
    key = f"{op.kind} {op.name}".encode()
    part = Held(promo_ticks=op.ticks, available_ticks=0)
    match op.kind:
        case "grant":
            journal = movement(account, Kind.GRANT, Bucket.MINT, op.ticks, key)
            return await ledger.post(tx, journal)
        case "penalty":
            journal = movement(account, Kind.PENALTY, Bucket.PENALTY, -op.ticks, key)
            return await ledger.post(tx, journal)
        case "hold":
            return await ledger.hold(tx, account, key, op.ticks)
        case "settle":
            return await ledger.settle(tx, account, key, part)
        case _:
            return await ledger.release(tx, Release(account=account, key=key, back=part))


def _explained(
    model: Modelled, asked: list[tuple[Op, object]], balance: Balance
) -> Modelled | None:
    """Return the model after some order of ``asked`` that gives these answers, if there is one."""
    if not asked:
        return model if model.balance() == balance else None
    for at, (op, answer) in enumerate(asked):
        trial = attrs.evolve(model, done=dict(model.done))
        if trial.apply(op) == answer:
            found = _explained(trial, asked[:at] + asked[at + 1 :], balance)
            if found is not None:
                return found
    return None


def test_crowds_of_clients_leave_what_some_order_of_them_leaves(
    cluster: Cluster,
) -> None:
    class OnCluster(Crowd):
        pass

    OnCluster.cluster = cluster
    run_state_machine_as_test(
        OnCluster,
        settings=settings(
            max_examples=8,
            stateful_step_count=15,
            suppress_health_check=list(HealthCheck),
        ),
    )
