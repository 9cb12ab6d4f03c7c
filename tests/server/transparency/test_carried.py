"""What is kept of a session that is over, for how long, and what can be told from it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.server.conftest import MovingClock
from tests.server.transparency.rows import session
from worldvpn_core.credit.units import MEBIBYTE
from worldvpn_server.database.pool import Database
from worldvpn_server.ids import new_id
from worldvpn_server.transparency import carried, view
from worldvpn_server.transparency.alias import alias

pytestmark = pytest.mark.anyio

_OWNER, _NODE, _GUEST = new_id(), new_id(), new_id()
_KEYS = (b"1" * 32, b"2" * 32)


def test_alias_is_the_same_for_a_day_on_one_node_only() -> None:
    names = {alias(key, node, _GUEST) for key in _KEYS for node in (_NODE, _OWNER)}

    assert len(names) == 4
    assert alias(_KEYS[0], _NODE, _GUEST) in names


async def test_session_that_is_settled_is_kept_once_and_coarsely(
    database: Database, clock: MovingClock
) -> None:
    clock.pass_by(minutes=7)
    await session(
        database,
        owner=_OWNER,
        node=_NODE,
        began=clock.now(),
        ended=clock.now(),
        state=4,
        carried_bytes=3 * MEBIBYTE + 1,
    )

    counts = [await carried.record_rest(database, clock.now()) for _ in range(2)]
    past = await view.past(database, _OWNER, clock.now(), 7)

    assert counts == [1, 0]
    (row,) = past.rows
    assert (row["bytes"], row["credits"], row["country"]) == (3 * MEBIBYTE, 3, "XX")
    assert row["started_at"].minute == 0


async def test_session_that_goes_on_or_waits_for_its_receipts_is_not_kept_yet(
    database: Database, clock: MovingClock
) -> None:
    now = clock.now()
    await session(database, owner=_OWNER, node=_NODE, began=now)
    await session(database, owner=_OWNER, node=_NODE, began=now, ended=now, state=3)

    assert await carried.record_rest(database, now) == 0
    clock.pass_by(hours=26)
    assert await carried.record_rest(database, clock.now()) == 1


async def test_country_is_named_once_five_guests_came_from_it(
    database: Database, clock: MovingClock
) -> None:
    for country, guests in (("FR", 5), ("DE", 4)):
        for _ in range(guests):
            await session(
                database,
                owner=_OWNER,
                node=_NODE,
                began=clock.now(),
                ended=clock.now(),
                country=country,
                state=4,
            )
    await carried.record_rest(database, clock.now())
    past = await view.past(database, _OWNER, clock.now(), 1)

    assert sorted(row["country"] for row in past.rows) == ["FR"] * 5 + ["XX"] * 4


async def test_five_sessions_of_one_guest_do_not_name_its_country(
    database: Database, clock: MovingClock
) -> None:
    for _ in range(5):
        await session(database, owner=_OWNER, node=_NODE, began=clock.now(), payer=_GUEST)

    assert {each.country for each in await view.live(database, _OWNER, clock.now())} == {"XX"}


async def test_of_a_day_that_is_over_only_the_sum_is_left_and_two_days_later_no_key(
    database: Database, clock: MovingClock
) -> None:
    for hours in (0, 5):
        clock.pass_by(hours=hours)
        await session(
            database,
            owner=_OWNER,
            node=_NODE,
            began=clock.now(),
            ended=clock.now(),
            payer=_GUEST,
            state=4,
            carried_bytes=2 * MEBIBYTE,
        )
    await carried.record_rest(database, clock.now())
    assert len(await view.stored_of(database, _GUEST, clock.now())) == 2

    clock.pass_by(hours=12)
    await carried.add_up(database, clock.now())
    past = await view.past(database, _OWNER, clock.now(), 7)
    faded = await view.stored_of(database, _GUEST, clock.now())
    clock.pass_by(hours=36)
    await carried.add_up(database, clock.now())
    async with database.read() as sql:
        keys = await sql.fetchval("SELECT count(*) FROM alias_key")

    (row,) = past.rows
    assert (row["sessions"], row["bytes"], row["started_at"].hour) == (2, 4 * MEBIBYTE, 0)
    assert (faded, keys) == ([], 0)


async def test_countries_are_counted_on_when_their_days_are_added_up(
    database: Database, clock: MovingClock
) -> None:
    now = clock.now()
    for _ in range(5):
        await session(database, owner=_OWNER, node=_NODE, began=now, ended=now, state=4)
    await carried.record_rest(database, now)
    before = await view.top_countries(database, _OWNER)
    await carried.add_up(database, now + timedelta(days=1))
    past = await view.past(database, _OWNER, clock.now(), 7)

    assert [(row["country"], row["sessions"]) for row in before] == [("FR", 5)]
    assert await view.top_countries(database, _OWNER) == before
    assert [row["country"] for row in past.rows] == ["XX"]


async def test_late_session_joins_the_sum_of_its_day(
    database: Database, clock: MovingClock
) -> None:
    began = clock.now()
    for _ in range(2):
        await session(database, owner=_OWNER, node=_NODE, began=began, ended=began, state=4)
        clock.pass_by(hours=48)
        await carried.record_rest(database, clock.now())
        await carried.add_up(database, clock.now())
    past = await view.past(database, _OWNER, clock.now(), 7)

    assert [row["sessions"] for row in past.rows] == [2]


async def test_nothing_kept_names_the_guest_or_the_session(
    database: Database, clock: MovingClock
) -> None:
    now = clock.now()
    made = await session(
        database, owner=_OWNER, node=_NODE, began=now, ended=now, payer=_GUEST, state=4
    )
    await carried.record_rest(database, now)
    async with database.read() as sql:
        row = await sql.fetchrow("SELECT carried.id, row_to_json(carried) AS text FROM carried")

    assert row is not None
    assert str(_GUEST) not in row["text"]
    assert str(made) not in row["text"]
    assert row["id"].version == 4  # a UUIDv7 would tell the time to the millisecond
