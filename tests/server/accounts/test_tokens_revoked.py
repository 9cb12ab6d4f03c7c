"""What was revoked is refused by every process, soon, and also when news is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from uuid import UUID

import attrs
import pytest

from tests.server.conftest import MovingClock
from worldvpn_server.accounts import revocations as revoked
from worldvpn_server.accounts.revocations import Revocations
from worldvpn_server.accounts.tokens import Tokens
from worldvpn_server.accounts.values import Audience, Caller
from worldvpn_server.database.pool import Database, Tx
from worldvpn_server.errors import UnauthorizedError, UnavailableError
from worldvpn_server.events.fanout import Fanout, Queue
from worldvpn_server.events.values import Cursor, Delivered, Event
from worldvpn_server.ids import new_id
from worldvpn_server.keys.ring import KeyRing
from worldvpn_server.services import Services

pytestmark = pytest.mark.anyio

_LOGIN = """
WITH made AS (
    INSERT INTO account (id, name, name_key, skeleton, password_hash, recovery_hash, created_at)
    VALUES ($1, 'ada', $3, $3, '', '', now())
)
INSERT INTO login (sid, account, created_at, expires_at) VALUES ($2, $1, now(), now())
"""


@attrs.define
class DeafBus:
    """A bus that loses every event."""

    published: list[Event] = attrs.field(factory=list)

    async def publish(self, tx: Tx, *events: Event) -> None:
        assert tx.sql.is_in_transaction()
        self.published.extend(events)

    def subscribe(self, topics: Sequence[UUID], device: UUID | None = None) -> Queue:
        return Fanout().subscribe(topics, device, None)

    async def since(
        self, topics: Sequence[UUID], device: UUID | None, cursor: Cursor
    ) -> Sequence[Delivered] | None:
        del topics, device, cursor
        return ()

    def head(self) -> Cursor:
        return Cursor(position=0, id=0)

    async def run(self) -> None:
        await asyncio.Event().wait()


@attrs.frozen
class SignedIn:
    account: UUID
    sid: UUID
    token: str
    caller: Caller


@pytest.fixture
async def ada(services: Services) -> SignedIn:
    account, sid = new_id(), new_id()
    async with services.database.transaction() as tx:
        await tx.sql.execute(_LOGIN, account, sid, str(account))
    token = services.tokens.issue(account=account, username="ada", sid=sid, audience=Audience.V1)
    return SignedIn(account, sid, token, await services.tokens.verify(token, Audience.V1))


@pytest.fixture
async def deaf(services: Services) -> AsyncIterator[Tokens]:
    """Another process of the same server, which no event reaches."""
    async with Revocations.opened(services.database, DeafBus(), services.clock) as own:
        keys = KeyRing.open(services.config.keys, services.clock)
        yield Tokens(keys, own, services.clock)


async def do(services: Services, work: Callable[[Tx], Awaitable[None]]) -> None:
    async with services.database.transaction() as tx:
        await work(tx)


async def until_refused(tokens: Tokens, token: str) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                await tokens.verify(token, Audience.V1)
            except UnauthorizedError as error:
                assert error.text == "Invalid or expired token"  # noqa: PT017 - awaited in a loop
                return
            await asyncio.sleep(0.02)


async def test_revoked_sign_in_is_refused_at_once_here_and_soon_elsewhere(
    services: Services, ada: SignedIn, deaf: Tokens
) -> None:
    await deaf.verify(ada.token, Audience.V1)

    await do(services, lambda tx: services.revocations.revoke(tx, [ada.sid]))

    with pytest.raises(UnauthorizedError):
        await services.tokens.verify(ada.token, Audience.V1)
    assert not services.tokens.holds(ada.caller)
    await until_refused(deaf, ada.token)
    assert not deaf.holds(ada.caller)


async def test_rolled_back_revocation_revokes_nothing(services: Services, ada: SignedIn) -> None:
    async def fail(tx: Tx) -> None:
        await services.revocations.revoke(tx, [ada.sid])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await do(services, fail)

    await services.revocations.refresh()
    await services.tokens.verify(ada.token, Audience.V1)


async def test_revocation_that_commits_late_is_not_overlooked(
    services: Services, ada: SignedIn, deaf: Tokens
) -> None:
    async with services.database.transaction() as slow:
        await services.revocations.revoke(slow, [ada.sid])
        async with services.database.transaction() as quick:
            await services.revocations.revoke(quick, [new_id()])
        await services.revocations.refresh()

    await until_refused(deaf, ada.token)


async def test_event_says_that_something_was_revoked_but_not_what(
    services: Services, ada: SignedIn
) -> None:
    bus = DeafBus()
    async with Revocations.opened(services.database, bus, services.clock) as own:
        await do(services, lambda tx: own.revoke(tx, [ada.sid]))

    assert [(each.kind, each.body) for each in bus.published] == [(revoked.KIND, b"{}")]


async def test_banned_account_is_out_until_the_ban_is_taken_back(
    services: Services, ada: SignedIn, deaf: Tokens
) -> None:
    await do(services, lambda tx: services.revocations.ban(tx, ada.account, "spam"))
    await until_refused(deaf, ada.token)
    assert not services.tokens.holds(ada.caller)

    await do(services, lambda tx: services.revocations.unban(tx, ada.account))

    await services.tokens.verify(ada.token, Audience.V1)


async def test_token_of_a_deleted_account_stays_refused_in_new_processes(
    services: Services, ada: SignedIn, clock: MovingClock
) -> None:
    async with services.database.transaction() as tx:
        await services.revocations.revoke_account(tx, ada.account)
        await tx.sql.execute("DELETE FROM account WHERE id = $1", ada.account)

    async with Revocations.opened(services.database, DeafBus(), clock) as fresh:
        assert not await fresh.check(ada.sid, ada.account)
        clock.pass_by(hours=24)
        await fresh.forget()
        assert not await fresh.check(ada.sid, ada.account)


async def test_what_no_token_outlives_is_forgotten(
    services: Services, ada: SignedIn, clock: MovingClock
) -> None:
    await do(services, lambda tx: services.revocations.revoke(tx, [ada.sid]))
    await do(services, lambda tx: services.revocations.ban(tx, ada.account, "spam"))
    clock.pass_by(hours=51)

    await services.revocations.forget()

    async with services.database.read() as sql:
        left = [row["subject"] for row in await sql.fetch("SELECT subject FROM revocation")]
    assert left == [ada.account]
    assert not await services.revocations.check(ada.account)


async def test_nothing_is_trusted_for_long_while_the_database_is_away(
    services: Services, ada: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = await Database.open(services.config.dsn or "")
    async with Revocations.opened(gone, DeafBus(), services.clock) as blind:
        tokens = Tokens(services.keys, blind, services.clock)
        await tokens.verify(ada.token, Audience.V1)
        await gone.close()
        await tokens.verify(ada.token, Audience.V1)

        monkeypatch.setattr(revoked, "TRUSTED_S", 0.0)

        with pytest.raises(UnavailableError):
            await tokens.verify(ada.token, Audience.V1)
        assert not tokens.holds(ada.caller)
