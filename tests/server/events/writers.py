"""Transactions that publish numbered notices: slow, overlapping, and some that fail."""

from __future__ import annotations

import asyncio
import random
from uuid import UUID

import attrs

from worldvpn_server.database.pool import Database
from worldvpn_server.events.values import Event
from worldvpn_server.seams import Bus


@attrs.define
class Writers:
    """Several at once; ``committed`` are the numbers that were told."""

    bus: Bus
    database: Database
    topic: UUID
    seed: int
    committed: set[int] = attrs.field(factory=set)
    _next: int = 0

    async def write(self, *, writers: int, transactions: int) -> None:
        """Run ``writers`` side by side, each with so many ``transactions``."""
        async with asyncio.TaskGroup() as tasks:
            for number in range(writers):
                dice = random.Random(self.seed + number)  # noqa: S311 - the same every time
                tasks.create_task(self._one(dice, transactions))

    async def _one(self, dice: random.Random, transactions: int) -> None:
        for _ in range(transactions):
            numbers: list[int] = []
            try:
                async with self.database.transaction() as tx:
                    for _ in range(dice.randint(1, 3)):
                        self._next += 1
                        numbers.append(self._next)
                        body = b'{"n":%d}' % self._next
                        await self.bus.publish(
                            tx, Event(topic=self.topic, kind="notice", body=body)
                        )
                        await asyncio.sleep(dice.choice((0, 0, 0.002, 0.05)))
                    if dice.random() < 0.1:
                        raise LookupError  # noqa: TRY301 - the transaction has to fail inside
            except LookupError:
                continue
            self.committed.update(numbers)
