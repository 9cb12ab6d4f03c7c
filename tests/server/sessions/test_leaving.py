"""What ends by itself: silence, revoked devices, dead nodes; and two processes that share it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import httpx
import msgspec
import pytest

from tests.server.conftest import Fresh
from tests.server.sessions.street import Guest, Json, Street, is_silent
from worldvpn_core.credit.units import CREDIT_TICKS
from worldvpn_server.compose import opened
from worldvpn_server.config import ServerConfig
from worldvpn_server.http.app import build

pytestmark = pytest.mark.anyio


async def told(street: Street, guest: Guest, action: str) -> Json:
    """Return what ``guest``'s stream was told of its session, once it is in the outbox."""
    rows = await street.rows(
        "SELECT body FROM outbox WHERE topic = $1 AND kind = 'session' ORDER BY position, id",
        guest.account,
    )
    every = [msgspec.json.decode(each["body"], type=Json) for each in rows]
    return next(each for each in every if each["action"] == action)


async def test_session_whose_tickets_ran_out_leaves_its_place(street: Street, ada: Guest) -> None:
    node = await street.node()
    await ada.open()
    endings = street.services.sessions.endings

    street.pass_by(hours=3)
    early = await endings.expire()
    street.pass_by(hours=2)

    assert (early, await endings.expire(), await endings.expire()) == (0, 1, 0)
    assert await street.guests_of(node) == 0
    assert (await node.told("end"))["reason"] == "expired"
    assert (await told(street, ada, "ended"))["reason"] == "expired"


async def test_offer_whose_request_was_killed_is_withdrawn(street: Street, ada: Guest) -> None:
    node = await street.node(is_silent)
    killed = asyncio.create_task(ada.open())
    await node.told("offer")
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)

    street.pass_by(seconds=16)
    await street.services.sessions.endings.expire()

    assert (await node.told("withdraw"))["reason"] == "expired"
    assert await street.guests_of(node) == 0
    assert await street.rows("SELECT id FROM session") == []


async def test_revoked_device_leaves_and_its_own_guests_are_told(
    street: Street, ada: Guest
) -> None:
    node, eve = await street.node(), await street.guest()
    assert ada.device is not None
    assert node.owner.device is not None
    await ada.open()
    await eve.open()
    endings = street.services.sessions.endings

    first = await endings.end_device(ada.device)
    left = await street.guests_of(node)
    second = await endings.end_device(node.owner.device)

    assert (first, left, second, await street.guests_of(node)) == (1, 1, 1, 0)
    assert (await told(street, eve, "ended"))["reason"] == "device-revoked"


async def test_ban_that_nobody_followed_up_is_swept(street: Street, ada: Guest) -> None:
    node = await street.node()
    await ada.open()
    async with street.services.database.transaction() as tx:
        await tx.sql.execute("UPDATE account SET banned_at = now() WHERE id = $1", ada.account)

    assert await street.services.sessions.endings.expire() == 1
    assert await street.guests_of(node) == 0


async def test_guests_of_a_node_that_died_are_told_of_another(street: Street, ada: Guest) -> None:
    dead = await street.node()
    body = (await ada.open()).json()
    sibling, _ = await street.node(), await street.node(country="FR")
    async with street.services.database.transaction() as tx:
        await tx.sql.execute("UPDATE node SET status = 0 WHERE id = $1", dead.id)

    ended = await street.services.sessions.endings.expire()

    news = await told(street, ada, "ended")
    assert ended == 1
    assert (news["session_id"], news["reason"]) == (body["session_id"], "node-offline")
    assert news["sibling"] == str(sibling.id)
    assert await street.guests_of(dead) == 0


async def test_stream_begins_with_own_sessions_and_own_guests(street: Street, ada: Guest) -> None:
    node = await street.node()
    body = (await ada.open()).json()
    views = street.services.sessions.views

    mine = await views.snapshot(ada.caller())
    hers = await views.snapshot(node.owner.caller())
    nobody = await views.snapshot((await street.guest()).caller())

    assert [(kind, msgspec.json.decode(each)["session_id"]) for kind, each in (*mine, *hers)] == [
        ("session", body["session_id"]),
        ("guest", body["session_id"]),
    ]
    assert nobody == ()


async def test_node_may_answer_another_process_than_the_one_that_waits(
    street: Street, ada: Guest, fresh: Fresh, tmp_path: Path
) -> None:
    config = ServerConfig(data=tmp_path, dsn=fresh.dsn)
    async with opened(config, fresh.dsn, street.services.clock) as others:
        transport = httpx.ASGITransport(
            app=cast("Any", build(others)), client=("203.0.113.9", 40_000)
        )
        async with httpx.AsyncClient(transport=transport, base_url="https://other.test") as http:
            node = await street.node()

            answer = await ada.through(others, http).open()

    assert answer.status_code == 201, answer.text
    assert len(node.answers) == 1
    assert await ada.balance() == (50 * CREDIT_TICKS, 50 * CREDIT_TICKS)
