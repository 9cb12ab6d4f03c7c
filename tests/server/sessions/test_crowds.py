"""Many at once: never a guest too many, never one address twice, never one request done twice."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from tests.server.sessions.street import (
    Guest,
    Street,
    accepts,
    fresh_ed25519,
    fresh_x25519,
    is_silent,
)
from worldvpn_core.credit.units import CREDIT_TICKS
from worldvpn_server.errors import UnavailableError
from worldvpn_server.sessions.opened import Opened, Opener
from worldvpn_server.sessions.values import Session

pytestmark = pytest.mark.anyio

_OPEN = "SELECT host(assigned4) AS v4, host(assigned6) AS v6 FROM session WHERE state = 2"


async def test_fifty_who_come_at_once_to_ten_places_leave_ten_inside(street: Street) -> None:
    node = await street.node(guests=10)
    crowd = [await street.guest() for _ in range(50)]

    answers = await asyncio.gather(*(each.open(node_id=str(node.id)) for each in crowd))

    statuses = Counter(each.status_code for each in answers)
    rows = await street.rows(_OPEN)
    assert statuses[201] == 10
    assert statuses.keys() <= {201, 409, 503}
    assert await street.guests_of(node) == len(rows) == 10
    assert len({each["v4"] for each in rows}) == len({each["v6"] for each in rows}) == 10
    assert {int(each["v4"].rsplit(".", 1)[1]) for each in rows} == set(range(4, 14))

    inside = [
        (guest, answer.json()["session_id"])
        for guest, answer in zip(crowd, answers, strict=True)
        if answer.status_code == 201
    ]
    await asyncio.gather(
        *(guest.call("DELETE", f"/v1/sessions/{each}") for guest, each in inside for _ in range(2))
    )
    assert await street.guests_of(node) == 0


async def test_same_request_made_five_times_at_once_opens_one_session(
    street: Street, ada: Guest
) -> None:
    node = await street.node()
    keys = {"x25519": fresh_x25519(), "ed25519": fresh_ed25519()}

    answers = await asyncio.gather(*(ada.open(key="one", **keys) for _ in range(5)))
    later = await ada.open(key="one", **keys)
    other_body = await ada.open(key="one", country="DE", **keys)

    assert {each.content for each in answers} == {later.content}
    assert {each.status_code for each in (*answers, later)} == {201}
    assert other_body.status_code == 409
    assert node.actions().count("offer") == 1
    assert await ada.balance() == (50 * CREDIT_TICKS, 50 * CREDIT_TICKS)


async def test_key_of_somebody_else_is_another_key(street: Street, ada: Guest) -> None:
    await street.node()
    bob = await street.guest()

    first, second = await ada.open(key="one"), await bob.open(key="one")

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["session_id"] != second.json()["session_id"]


async def test_refusal_is_not_kept_so_that_it_can_be_tried_again(
    street: Street, ada: Guest
) -> None:
    keys = {"x25519": fresh_x25519(), "ed25519": fresh_ed25519()}
    refused = await ada.open(key="one", country="DE", **keys)

    await street.node()

    assert refused.status_code == 409
    assert (await ada.open(key="one", country="DE", **keys)).status_code == 201


async def test_request_that_died_after_opening_is_answered_with_what_it_opened(
    street: Street, ada: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = await street.node()
    keys = {"x25519": fresh_x25519(), "ed25519": fresh_ed25519()}

    async def dying(_: Opener, __: Session) -> Opened:
        raise UnavailableError("died")

    monkeypatch.setattr(Opener, "opened", dying)
    died = await ada.open(key="one", **keys)
    monkeypatch.undo()
    again = await ada.open(key="one", **keys)

    assert (died.status_code, again.status_code) == (503, 201)
    assert node.actions().count("offer") == 1
    assert await street.guests_of(node) == 1
    assert await ada.balance() == (50 * CREDIT_TICKS, 50 * CREDIT_TICKS)


async def test_lease_of_a_request_that_was_killed_is_taken_over(street: Street, ada: Guest) -> None:
    node = await street.node(is_silent)
    keys = {"x25519": fresh_x25519(), "ed25519": fresh_ed25519()}
    killed = asyncio.create_task(ada.open(key="one", country="DE", **keys))
    await node.told("offer")
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    left_behind = await street.rows("SELECT status FROM idempotency")

    street.pass_by(seconds=21)
    await street.beat(node)
    node.manner = accepts
    again = await ada.open(key="one", country="DE", **keys)

    assert [each["status"] for each in left_behind] == [None]
    assert again.status_code == 201, again.text
    assert await street.guests_of(node) == 1
    assert len(await street.rows("SELECT id FROM session")) == 1


async def test_account_has_ten_sessions_at_most(street: Street) -> None:
    rich = await street.guest(credits_=100_000)
    await street.node(guests=20)

    answers = [await rich.open() for _ in range(11)]

    assert [each.status_code for each in answers] == [201] * 10 + [409]
