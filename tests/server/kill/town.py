"""A real server that is killed and started again, and clients that go on whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import asyncpg
import attrs
import httpx

from tests.server.accounts.people import Phone
from tests.server.kill.told import Told
from tests.server.operations.process import ServerProcess, is_gone, kill, until
from tests.server.sessions.street import ticket_bytes
from worldvpn_core.credit.manifest import Use
from worldvpn_core.credit.ticket import Ticket, open_ticket
from worldvpn_server.clock import SystemClock
from worldvpn_server.database import making
from worldvpn_server.database.pool import Connection
from worldvpn_server.keys.ring import KeyRing
from worldvpn_server.ledger.audit import audit
from worldvpn_server.ledger.origin import origin_of
from worldvpn_server.ledger.trust import Trust

_RETRY_S: Final = 0.02
#: Everybody lives on this machine; owners are paid at once, so that kills hit that, too.
_OPTIONS: Final = (
    *("--workers", "2", "--payout-interval", "0.2"),
    *("--lab-ranges", "127.0.0.0/8", "198.51.100.0/24"),
)
_AWAY: Final = 503

Json = dict[str, Any]
Answer = TypeVar("Answer")


@attrs.define(eq=False)
class Town:
    """One server in ``data``, started again after every kill."""

    data: Path
    chance: random.Random
    http: httpx.AsyncClient
    server: ServerProcess
    told: Told = attrs.field(factory=Told)
    #: Set once nobody opens another session.
    is_closing: bool = False

    @classmethod
    async def start(cls, data: Path, seed: int, http: httpx.AsyncClient) -> Town:
        chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
        return cls(
            data, chance, http, await asyncio.to_thread(ServerProcess.start, data, *_OPTIONS)
        )

    @property
    def keys(self) -> KeyRing:
        return KeyRing.open(self.data / "keys", SystemClock())

    @property
    def owner_dsn(self) -> str:
        return making.dsn(self.data / "postgres", "worldvpn", making.SUPERUSER)

    def phone(self) -> Phone:
        return Phone(self.keys.root_public(), SystemClock())

    def ticket(self, text: str) -> Ticket:
        """Return a ticket that the server's key has signed."""
        return open_ticket(ticket_bytes(text), self.keys.opened().of(Use.TICKET).current)

    async def ask(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> httpx.Response:
        """Ask until somebody answers: the same words each time, whoever died over them."""
        while True:
            try:
                answer = await self.http.request(
                    method, self.server.url + path, json=body, headers=headers
                )
            except httpx.TransportError:
                await asyncio.sleep(_RETRY_S)
                continue
            if answer.status_code != _AWAY:
                assert answer.status_code < 500, f"{method} {path}: {answer.text}"
                return answer
            await asyncio.sleep(_RETRY_S)

    async def kill(self, victim: str) -> None:
        """Kill ``victim`` and return once all of it answers again."""
        if victim in {"database", "both"}:
            postmaster = self.server.postmaster()
            kill(postmaster)
            if victim == "database":
                await asyncio.to_thread(self._until_another, postmaster)
                return
        if victim == "worker":
            workers = self.server.workers()
            kill(self.chance.choice(sorted(workers)))
            await asyncio.to_thread(self._until_two, workers)
            return
        # The workers die with their supervisor, before any of them could end what it does.
        workers = self.server.workers()
        kill(self.server.process.pid)
        for each in workers:
            with contextlib.suppress(ProcessLookupError):
                kill(each)
        await asyncio.to_thread(self.server.stop)
        self.server = await asyncio.to_thread(ServerProcess.start, self.data, *_OPTIONS)

    def _until_another(self, postmaster: int) -> None:
        until(lambda: bool(self.server.children("/bin/postgres") - {postmaster}))
        until(lambda: self.server.status_of("/health/ready") == 200)

    def _until_two(self, before: set[int]) -> None:
        until(lambda: any(is_gone(each) for each in before))
        until(lambda: len(self.server.workers()) == len(before))

    async def check(self) -> int:
        """Audit the ledger and look up what clients were told; return how many journals it has."""
        keys = self.keys
        trust = Trust.of(origin_of(keys.root_public()), keys.opened().of(Use.CHECKPOINT))
        report = await audit(self.owner_dsn, None, trust=trust, now=SystemClock().now())
        assert report.findings == ()
        assert await self.sql(self.told.broken) == []
        return report.journals

    async def until(self, ask: Callable[[Connection], Awaitable[Answer]], wanted: Answer) -> None:
        """Ask the database as its owner until it answers what is ``wanted``."""
        while True:
            if await self.sql(ask) == wanted:
                return
            await asyncio.sleep(_RETRY_S)

    async def sql(self, ask: Callable[[Connection], Awaitable[Answer]]) -> Answer:
        """Ask the database as its owner."""
        connection = await asyncpg.connect(self.owner_dsn)
        try:
            return await ask(connection)
        finally:
            await connection.close()
