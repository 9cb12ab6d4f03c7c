"""The stream of one client: a snapshot, then everything once and in order, until it is over."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from uuid import UUID

import attrs
import pytest
from litestar import Litestar

from tests.server.conftest import MovingClock
from tests.server.events.conftest import Sign
from tests.server.events.ear import Ear, Heard
from worldvpn_server.accounts.values import Audience, Caller
from worldvpn_server.events import fanout, stream, streams
from worldvpn_server.events.streams import MOST_PER_ACCOUNT, Streams
from worldvpn_server.events.values import Event
from worldvpn_server.http.app import build
from worldvpn_server.ids import EVERYBODY, new_id
from worldvpn_server.services import Services

pytestmark = pytest.mark.anyio

_ME = new_id()


@pytest.fixture(autouse=True)
def _looked_at_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LOOK_S", 0.1)


async def _tell(
    services: Services,
    *numbers: int,
    topic: UUID = _ME,
    device: UUID | None = None,
    kind: str = "notice",
) -> None:
    async with services.database.transaction() as tx:
        await services.bus.publish(
            tx,
            *(
                Event(topic=topic, kind=kind, body=b"%d" % number, device=device)
                for number in numbers
            ),
        )


async def _come_true(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not what():  # noqa: ASYNC110 - the subject tells nobody
            await asyncio.sleep(0.02)


def _notices(*numbers: int) -> list[Heard]:
    return [Heard("notice", str(number)) for number in numbers]


async def test_stream_opens_with_a_snapshot_and_goes_on_with_changes(
    services: Services, app: Litestar, sign: Sign
) -> None:
    async with Ear.open(app, sign(_ME)) as ear:
        opening = await ear.until("current")
        await _tell(services, 1, 2)
        await _tell(services, 3, topic=EVERYBODY)
        changes = [await ear.next() for _ in range(3)]

    assert (opening[0].kind, changes) == ("snapshot", _notices(1, 2, 3))


async def test_change_made_while_the_snapshot_is_read_comes_after_it(
    services: Services, sign: Sign
) -> None:
    async def mine(_: Caller) -> tuple[tuple[str, bytes], ...]:
        await _tell(services, 7)
        await asyncio.sleep(0.05)  # the event is read from the outbox before the snapshot is sent
        return (("balance", b"{}"),)

    own = Streams(bus=services.bus, holder=services.tokens, snapshots=(mine,))
    async with Ear.open(build(attrs.evolve(services, streams=own)), sign(_ME)) as ear:
        heard = await ear.until("notice")

    assert [each.kind for each in heard] == ["snapshot", "balance", "current", "notice"]


async def test_client_that_comes_back_gets_what_it_missed_and_no_snapshot(
    services: Services, app: Litestar, sign: Sign
) -> None:
    async with Ear.open(app, sign(_ME)) as ear:
        await ear.until("current")
        await _tell(services, 1)
        await ear.until("notice")
        place = ear.parser.last_id
    await _tell(services, 2, 3)
    await _tell(services, 4, topic=new_id())

    async with Ear.open(app, sign(_ME), place) as ear:
        heard = await ear.until("current")

    assert heard == [*_notices(2, 3), Heard("current", "{}")]


@pytest.mark.parametrize("place", ["", "x", "1-2-3", "-1--1", "9" * 18 + "-1", "1e3-4", "٣-٤"])
async def test_place_that_is_none_of_ours_gets_a_snapshot(
    app: Litestar, sign: Sign, place: str
) -> None:
    async with Ear.open(app, sign(_ME), place) as ear:
        assert (await ear.next()).kind == "snapshot"


async def test_device_hears_its_own_news_and_its_accounts_but_no_other_devices(
    services: Services, app: Litestar, sign: Sign
) -> None:
    mine, other = new_id(), new_id()
    async with Ear.open(app, sign(_ME, device=mine)) as ear:
        await ear.until("current")
        await _tell(services, 1, device=other)
        await _tell(services, 2, topic=new_id())
        await _tell(services, 3, kind="revoked")
        await _tell(services, 4, device=mine)
        await _tell(services, 5)
        heard = [await ear.next(), await ear.next()]

    assert heard == _notices(4, 5)


async def test_stream_ends_when_its_token_expires(
    app: Litestar, sign: Sign, clock: MovingClock
) -> None:
    async with Ear.open(app, sign(_ME)) as ear:
        await ear.until("current")
        clock.pass_by(minutes=16)
        await ear.end()


async def test_stream_ends_when_its_sign_in_is_revoked(
    services: Services, app: Litestar, sign: Sign
) -> None:
    sid = new_id()
    async with Ear.open(app, sign(_ME, sid=sid)) as ear, Ear.open(app, sign(_ME)) as other:
        await ear.until("current")
        await other.until("current")
        await services.database.run(lambda tx: services.revocations.revoke(tx, [sid]))
        await ear.end()

        assert not other.ended.is_set()


async def test_compatible_token_opens_no_stream(app: Litestar, sign: Sign) -> None:
    async with Ear.open(app, sign(_ME, audience=Audience.COMPAT)) as ear:
        await ear.end()

    assert ear.status == 401


async def test_account_has_only_so_many_streams(app: Litestar, sign: Sign) -> None:
    async with contextlib.AsyncExitStack() as ears:
        for _ in range(MOST_PER_ACCOUNT):
            await ears.enter_async_context(Ear.open(app, sign(_ME)))
        async with Ear.open(app, sign(_ME)) as one_more, Ear.open(app, sign(new_id())) as other:
            await one_more.end()
            await other.until("current")

    assert (one_more.status, other.status) == (429, 200)


async def test_client_that_falls_behind_is_ended_and_resumes_without_a_loss(
    services: Services, app: Litestar, sign: Sign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fanout, "MOST_WAITING", 10)
    witness = services.bus.subscribe([_ME])
    async with Ear.open(app, sign(_ME)) as ear:
        await ear.until("current")
        ear.hears.clear()
        for number in range(30):
            await _tell(services, number)
            await witness.batch()
        ear.hears.set()
        await ear.end()
        first = ear.rest()
    async with Ear.open(app, sign(_ME), ear.parser.last_id) as back:
        heard = first + await back.until("current")

    assert heard == [*_notices(*range(30)), Heard("current", "{}")]


async def test_client_that_takes_nothing_is_let_go(
    services: Services, app: Litestar, sign: Sign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "STALLED_S", 0.1)
    async with Ear.open(app, sign(_ME)) as ear:
        await ear.until("current")
        ear.hears.clear()
        await _tell(services, 1)
        await _come_true(lambda: len(services.streams) == 0)


async def test_quiet_stream_is_kept_alive_and_moves_its_place(
    services: Services, app: Litestar, sign: Sign, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Ear.open(app, sign(_ME)) as ear:
        await ear.until("current")
        await _tell(services, 1, topic=new_id())
        before = ear.parser.last_id
        monkeypatch.setattr(stream, "KEEPALIVE_S", 0.05)
        await _come_true(lambda: ear.parser.last_id != before)


async def test_server_that_stops_ends_its_streams(
    services: Services, app: Litestar, sign: Sign
) -> None:
    async with Ear.open(app, sign(_ME)) as ear:
        await ear.until("current")
        services.streams.close()
        await ear.end()

    assert ear.status == 200


async def test_only_get_is_answered(app: Litestar, sign: Sign) -> None:
    async with Ear.open(app, sign(_ME), method="POST") as ear:
        await ear.end()

    assert ear.status == 405
