"""A ledger on a real database, and a bus that remembers what it was told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final, Protocol, cast
from uuid import UUID

import asyncpg
import attrs
import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.server.conftest import Fresh, MovingClock
from worldvpn_core.credit.manifest import Use
from worldvpn_server.accounts.values import Audience, Caller
from worldvpn_server.database.pool import Database, Tx
from worldvpn_server.events.values import Cursor, Delivered, Event, Subscription
from worldvpn_server.http.app import build
from worldvpn_server.ids import new_id
from worldvpn_server.keys.ring import Signer
from worldvpn_server.ledger.audit import Report, audit
from worldvpn_server.ledger.note import key_hash
from worldvpn_server.ledger.postgres import PostgresLedger
from worldvpn_server.ledger.published import Published
from worldvpn_server.ledger.reversal import reverse
from worldvpn_server.ledger.sealer import Sealer
from worldvpn_server.ledger.trust import Trust
from worldvpn_server.ledger.values import Bucket, Journal, Kind
from worldvpn_server.ledger.welcome import open_wallet
from worldvpn_server.services import Services

ORIGIN: Final = "worldvpn-ledger/0011223344556677"


@attrs.define(eq=False)
class HeardBus:
    """Keeps what is published; nobody reads it as a stream."""

    heard: list[Event] = attrs.field(factory=list)

    async def publish(self, tx: Tx, *events: Event) -> None:
        tx.after_commit.append(lambda: self.heard.extend(events))

    def subscribe(self, topics: Sequence[UUID], device: UUID | None = None) -> Subscription:
        raise NotImplementedError

    async def since(
        self, topics: Sequence[UUID], device: UUID | None, cursor: Cursor
    ) -> Sequence[Delivered] | None:
        raise NotImplementedError

    def head(self) -> Cursor:
        raise NotImplementedError

    async def run(self) -> None:
        raise NotImplementedError


@pytest.fixture
def bus() -> HeardBus:
    return HeardBus()


@pytest.fixture
def ledger(database: Database, clock: MovingClock, bus: HeardBus) -> PostgresLedger:
    return PostgresLedger(database, clock, bus)


@attrs.frozen
class OneKey:
    """Signs everything with one key."""

    key: Ed25519PrivateKey = attrs.field(factory=Ed25519PrivateKey.generate)

    def signer(self, use: Use) -> Signer:
        assert use is Use.CHECKPOINT
        return Signer(kid=b"k" * 16, key=self.key)

    def believed(self, origin: str, hash_: bytes) -> bytes | None:
        public = self.key.public_key().public_bytes_raw()
        return public if hash_ == key_hash(origin, public) else None


@pytest.fixture
def keys() -> OneKey:
    return OneKey()


@pytest.fixture
def published(tmp_path: Path) -> Published:
    return Published(tmp_path / "checkpoints")


@pytest.fixture
def sealer(database: Database, clock: MovingClock, keys: OneKey, published: Published) -> Sealer:
    return Sealer(database, clock, keys, ORIGIN, published)


class Opener(Protocol):
    """Makes an account with its 100 credits."""

    async def __call__(self) -> UUID: ...


@pytest.fixture
def opened_wallet(database: Database, ledger: PostgresLedger) -> Opener:
    async def make() -> UUID:
        account = new_id()
        await database.run(lambda tx: open_wallet(tx, ledger, account))
        return account

    return make


@attrs.frozen
class Door:
    """Lets one account in, whatever the token and the audience."""

    caller: Caller

    async def verify(self, token: str, audience: Audience) -> Caller:
        assert token
        return attrs.evolve(self.caller, audience=audience)


@attrs.frozen
class SignedIn:
    """A client whose every request is one account's."""

    caller: Caller
    http: httpx.AsyncClient

    @property
    def account(self) -> UUID:
        return self.caller.account


@pytest.fixture
async def ada(services: Services) -> AsyncIterator[SignedIn]:
    """An account with its hundred credits, signed in to the whole application."""
    account = new_id()
    await services.database.run(lambda tx: open_wallet(tx, services.ledger, account))
    async with services.database.transaction() as tx:
        await tx.sql.execute(
            "INSERT INTO account VALUES ($1, 'ada', 'ada', 'ada', '', '', NULL, false, NULL, "
            "NULL, now())",
            account,
        )
    caller = Caller(
        account=account,
        username="ada",
        sid=new_id(),
        device=None,
        audience=Audience.V1,
        expires_s=2**31,
    )
    app = build(cast("Any", _Doored(services, Door(caller))))
    transport = httpx.ASGITransport(app=cast("Any", app), raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport,
        base_url="https://central.test",
        headers={"Authorization": "Bearer any"},
    ) as http:
        yield SignedIn(caller, http)


@attrs.frozen
class _Doored:
    """The services, with another verifier of tokens."""

    _services: Services
    tokens: Door

    def __getattr__(self, name: str) -> object:
        return getattr(self._services, name)


@attrs.frozen
class Audited:
    """A ledger in which things happened, and its auditor."""

    dsn: str
    clock: MovingClock
    trust: Trust
    files: Path
    account: UUID

    async def report(self, kept: Path | None = None) -> Report:
        return await audit(self.dsn, kept, trust=self.trust, now=self.clock.now())

    async def tamper(self, *statements: str) -> None:
        """Do as one who owns the database and its triggers can."""
        owner = await asyncpg.connect(self.dsn)
        await owner.execute("SET session_replication_role = replica")
        for each in statements:
            assert not (await owner.execute(each)).endswith(" 0"), each
        await owner.close()


@pytest.fixture
async def audited(
    opened_wallet: Opener, ledger: PostgresLedger, sealer: Sealer, fresh: Fresh, keys: OneKey
) -> Audited:
    account = await opened_wallet()
    await sealer.seal()
    async with ledger._database.transaction() as tx:
        await ledger.post_many(
            tx,
            [
                movement(account, Kind.GRANT, Bucket.MINT, 50),
                movement(account, Kind.PENALTY, Bucket.PENALTY, -70),
                *(movement(new_id(), Kind.GRANT, Bucket.MINT, each + 1) for each in range(256)),
            ],
        )
    (wrong, *_) = await ledger.history(account, before=None, limit=1)
    await ledger._database.run(lambda tx: reverse(tx, ledger, wrong.id, "a mistake"))
    await sealer.seal()
    return Audited(
        dsn=fresh.dsn,
        clock=cast("MovingClock", ledger._clock),
        trust=Trust(origin=ORIGIN, publics=(keys.key.public_key().public_bytes_raw(),)),
        files=sealer._published.folder,
        account=account,
    )


def movement(
    account: UUID, kind: Kind, other: Bucket, ticks: int, key: bytes | None = None
) -> Journal:
    """A journal between an account's available ticks and a system's account."""
    lines = ((other, -ticks), (Bucket.AVAILABLE, ticks))
    return Journal(account=account, key=key or kind.name.encode(), kind=kind, lines=lines)
