"""Connecting and disconnecting as existing clients do, on prepaid tickets."""

from __future__ import annotations

import pytest

from tests.server.sessions.street import Guest, Street, accepts, fresh_x25519, key_text
from worldvpn_core.credit.admission import SIGNS_NOTHING
from worldvpn_core.credit.units import CREDIT_TICKS, MEBIBYTE

pytestmark = pytest.mark.anyio

_SAY = "UPDATE session SET node_up = 0, node_down = $2, node_elapsed_ms = 60000 WHERE id = $1"


@pytest.fixture
async def old(street: Street) -> Guest:
    """A compatible client with 100 credits."""
    return await street.guest(compat=True)


async def say(street: Street, session: str, mebibytes: int) -> None:
    """Let the node have signed for so much."""
    async with street.services.database.transaction() as tx:
        await tx.sql.execute(_SAY, session, mebibytes * MEBIBYTE)


async def test_client_s_key_is_the_peer_s_key_and_the_node_s_is_its_own(
    street: Street, old: Guest
) -> None:
    node, key = await street.node(), fresh_x25519()

    body = (await old.connect(public_key=key)).json()

    ticket = street.ticket(body["ticket"])
    assert (await node.told("offer"))["public_key"] == key == key_text(ticket.guest_x25519)
    assert body["server_public_key"] == key_text(ticket.node_x25519)
    assert body["node_country"] == "DE"
    assert ticket.guest_ed25519 == SIGNS_NOTHING
    assert (ticket.cap_bytes, ticket.float_bytes) == (16 * MEBIBYTE, 16 * MEBIBYTE)
    assert await old.balance() == (84 * CREDIT_TICKS, 16 * CREDIT_TICKS)


async def test_next_prepaid_ticket_comes_when_one_is_nearly_used_up(
    street: Street, old: Guest
) -> None:
    node = await street.node()
    body = (await old.connect()).json()
    topups = street.services.sessions.topups

    await say(street, body["session_id"], 11)
    early = await topups.renew_prepaid()
    await say(street, body["session_id"], 13)
    renewed, again = await topups.renew_prepaid(), await topups.renew_prepaid()

    assert (early, renewed, again) == (0, 1, 0)
    assert await old.balance() == (68 * CREDIT_TICKS, 32 * CREDIT_TICKS)
    (guest,) = (await node.owner.call("GET", f"/v1/nodes/{node.id}/guests")).json()["guests"]
    assert street.ticket(guest["ticket"]).cap_bytes == 32 * MEBIBYTE


async def test_prepaid_session_ends_when_the_last_credit_is_used(street: Street) -> None:
    node, poor = await street.node(), await street.guest(compat=True, credits_=12)
    body = (await poor.connect()).json()
    topups = street.services.sessions.topups

    await say(street, body["session_id"], 11)
    await topups.renew_prepaid()
    before = await street.guests_of(node)
    await say(street, body["session_id"], 12)
    await topups.renew_prepaid()

    assert (before, await street.guests_of(node)) == (1, 0)
    assert (await node.told("end"))["reason"] == "out-of-credit"


async def test_what_a_prepaid_session_did_not_use_is_free_a_minute_after_its_end(
    street: Street, old: Guest
) -> None:
    await street.node()
    body = (await old.connect()).json()
    street.pass_by(minutes=5)
    await say(street, body["session_id"], 5)
    await old.call("POST", "/vpn/disconnect", {"session_id": body["session_id"]})

    early = await street.services.sessions.topups.close_prepaid()
    street.pass_by(seconds=61)
    closed = await street.services.sessions.topups.close_prepaid()

    assert (early, closed) == (0, 1)
    assert await old.balance() == (95 * CREDIT_TICKS, 0)


async def test_disconnecting_ends_one_session_and_the_caller_s_only(
    street: Street, old: Guest
) -> None:
    node, eve = await street.node(), await street.guest(compat=True)
    mine = [(await old.connect()).json()["session_id"] for _ in range(2)]
    hers = (await eve.connect()).json()["session_id"]

    answers = [
        await old.call("POST", "/vpn/disconnect", {"session_id": each})
        for each in (hers, "nonsense", mine[0])
    ]

    assert [each.status_code for each in answers] == [404, 404, 200]
    assert answers[2].json() == {"status": "disconnected", "session_id": mine[0]}
    assert await street.guests_of(node) == 2
    live = {str(each["id"]) for each in await street.rows("SELECT id FROM session WHERE state = 2")}
    assert live == {mine[1], hers}


async def test_connecting_anew_with_the_same_key_replaces_what_a_crash_left(
    street: Street, old: Guest
) -> None:
    node, key = await street.node(), fresh_x25519()

    first, second = [(await old.connect(public_key=key)).json() for _ in range(2)]

    assert first["session_id"] != second["session_id"]
    assert (await node.told("end"))["session_id"] == first["session_id"]
    assert await street.guests_of(node) == 1


async def test_node_that_hears_nothing_is_the_last_resort(street: Street, old: Guest) -> None:
    mute, real = await street.node(compat=True), await street.node()

    first = (await old.connect()).json()
    real.manner = lambda _: {"accept": False}
    second = (await old.connect()).json()
    ended = await old.call("POST", "/vpn/disconnect", {"session_id": second["session_id"]})

    assert (first["node_id"], second["node_id"]) == (str(real.id), str(mute.id))
    assert (second["server_public_key"], second["ticket"]) == (None, None)
    assert second["server_endpoint"].endswith(":51820")
    # No receipt of such a node can be checked: nothing is held for it.
    assert await old.balance() == (84 * CREDIT_TICKS, 16 * CREDIT_TICKS)
    assert (ended.status_code, await street.guests_of(mute)) == (200, 0)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"username": "somebody"}, 403),
        ({"public_key": "A" * 43 + "="}, 422),
        ({"public_key": ""}, 422),
        ({"public_key": None}, 422),
        ({"protocol": "Telnet"}, 422),
        ({"protocol": "VLESS"}, 409),
        ({"preferred_country": "Germany"}, 422),
        ({"preferred_country": "FR"}, 503),
        ({"preferred_country": "*"}, 200),
        ({"preferred_country": "de"}, 200),
    ],
)
async def test_what_is_asked_for_is_read_strictly(
    street: Street, old: Guest, changes: dict[str, object], status: int
) -> None:
    await street.node(accepts)

    assert (await old.connect(**changes)).status_code == status


async def test_who_has_less_than_ten_credits_does_not_connect(street: Street) -> None:
    poor = await street.guest(compat=True, credits_=9)

    answer = await poor.connect()

    assert answer.status_code == 402
    assert answer.json().keys() == {"error", "credits", "required", "hint"}
