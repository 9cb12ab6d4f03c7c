"""Who signs out leaves: their sessions end at once, their node takes no more guests."""

from __future__ import annotations

import attrs
import httpx
import pytest

from tests.server.sessions.street import Guest, Node, Street
from worldvpn_server.ids import new_id

pytestmark = pytest.mark.anyio

_SIGN_IN = """
INSERT INTO login (sid, account, device, created_at, expires_at, revoked_at)
VALUES ($1, $2, $3, $4, $4::timestamptz + interval '30 days', $5)
"""


async def signs_out(guest: Guest, *, everywhere: bool = False) -> None:
    answer = await guest.call("POST", "/v1/auth/logout", {"everywhere": everywhere})
    assert answer.status_code == 204, answer.text


async def session_of(answer: httpx.Response) -> str:
    session: str = answer.json()["session_id"]
    return session


async def reasons(street: Street, guest: Guest) -> dict[str, str | None]:
    """Return why each session that ``guest`` pays ended; None: it goes on."""
    rows = await street.rows("SELECT id, end_reason FROM session WHERE payer = $1", guest.account)
    return {str(row["id"]): row["end_reason"] for row in rows}


async def status_of(street: Street, node: Node) -> int:
    [row] = await street.rows("SELECT status FROM node WHERE id = $1", node.id)
    status: int = row["status"]
    return status


async def other_device(street: Street, guest: Guest) -> Guest:
    """Return another device of the same account."""
    stranger = await street.guest()
    async with street.services.database.transaction() as tx:
        await tx.sql.execute(
            "UPDATE device SET account = $2 WHERE id = $1", stranger.device, guest.account
        )
    return attrs.evolve(guest, device=stranger.device)


async def test_session_of_a_device_that_signs_out_ends_and_its_node_is_told(
    street: Street, ada: Guest
) -> None:
    node = await street.node()
    session = await session_of(await ada.open())
    await signs_out(ada)

    assert await street.guests_of(node) == 0
    assert await reasons(street, ada) == {session: "signed-out"}
    assert (await node.told("end"))["reason"] == "signed-out"


async def test_other_devices_of_the_account_and_other_people_stay(
    street: Street, ada: Guest
) -> None:
    node, eve = await street.node(), await street.guest()
    laptop = await other_device(street, ada)
    first, second, hers = [await session_of(await one.open()) for one in (ada, laptop, eve)]
    await signs_out(ada)

    assert await reasons(street, ada) == {first: "signed-out", second: None}
    assert await reasons(street, eve) == {hers: None}
    assert await street.guests_of(node) == 2


async def test_signing_out_everywhere_ends_the_sessions_of_every_device_and_older_client(
    street: Street, ada: Guest
) -> None:
    node = await street.node()
    older = await street.node(compat=True)
    phone = attrs.evolve(ada, device=None)
    laptop = await other_device(street, ada)
    sessions = {
        await session_of(await ada.open(node_id=str(node.id))),
        await session_of(await laptop.open(node_id=str(node.id))),
        await session_of(await phone.connect()),
    }
    await signs_out(ada, everywhere=True)

    assert await reasons(street, ada) == dict.fromkeys(sessions, "signed-out")
    assert [await street.guests_of(each) for each in (node, older)] == [0, 0]


async def test_node_of_a_device_that_signs_out_is_offline_and_its_guests_are_told(
    street: Street, ada: Guest
) -> None:
    node = await street.node()
    laptop = await other_device(street, node.owner)
    session = await session_of(await ada.open())
    await signs_out(laptop)
    before = await status_of(street, node), await reasons(street, ada)
    await signs_out(node.owner)

    assert before == (1, {session: None})
    assert await status_of(street, node) == 0
    assert await reasons(street, ada) == {session: "signed-out"}
    assert (await node.told("end"))["reason"] == "signed-out"


async def test_hold_of_a_session_that_ended_so_comes_back_if_nobody_says_what_was_carried(
    street: Street, ada: Guest
) -> None:
    await street.node()
    spendable, _ = await ada.balance()
    await ada.open()
    _, held = await ada.balance()
    await signs_out(ada)
    _, held_on = await ada.balance()
    street.pass_by(hours=4 + 24, seconds=1)
    await street.services.settlement.expiry.settle_past()

    assert held == held_on > 0
    assert await ada.balance() == (spendable, 0)


@pytest.mark.parametrize("live", [0, 1])
async def test_sign_in_that_ended_otherwise_takes_its_sessions_along_within_a_sweep(
    street: Street, ada: Guest, live: int
) -> None:
    await street.node()
    session = await session_of(await ada.open())
    now = street.services.clock.now()
    async with street.services.database.transaction() as tx:
        for revoked_at in (now, None)[: 1 + live]:
            await tx.sql.execute(_SIGN_IN, new_id(), ada.account, ada.device, now, revoked_at)
    ended = await street.services.sessions.endings.expire()

    assert ended == 1 - live
    assert await reasons(street, ada) == {session: None if live else "signed-out"}
