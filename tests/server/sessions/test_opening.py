"""Opening a session: the node accepts first, and whoever does not is passed over."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from tests.server.sessions.street import (
    Guest,
    Json,
    Manner,
    Street,
    accepts,
    is_silent,
    key_text,
    refuses,
)
from worldvpn_core.credit.lengths import NO_HASH
from worldvpn_core.credit.units import CREDIT_TICKS, MEBIBYTE

pytestmark = pytest.mark.anyio


async def test_session_opens_once_its_node_has_accepted(street: Street, ada: Guest) -> None:
    node = await street.node()

    answer = await ada.open()

    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body["node_id"] == str(node.id)
    assert body["node_country"] == "DE"
    assert body["server_endpoint"].startswith("198.51.100.")
    assert (body["mtu_bytes"], body["carrier"]["name"]) == (1420, "udp")
    assert body["allowed_ips"] == ["0.0.0.0/0", "::/0"]
    assert {each["session_id"] for each in node.heard} == {body["session_id"]}
    assert await street.guests_of(node) == 1


async def test_ticket_names_both_ends_and_costs_half_of_what_is_there(
    street: Street, ada: Guest
) -> None:
    node = await street.node()

    body = (await ada.open()).json()

    ticket = street.ticket(body["ticket"])
    offer = await node.told("offer")
    assert (await node.told("ticket"))["ticket"] == body["ticket"]
    assert (ticket.session, ticket.node) == (UUID(body["session_id"]), node.id)
    assert offer["public_key"] == key_text(ticket.guest_x25519)
    assert body["server_public_key"] == key_text(ticket.node_x25519)
    assert (ticket.cap_bytes, ticket.float_bytes) == (50 * MEBIBYTE, 4 * MEBIBYTE)
    assert (ticket.price_ticks, ticket.previous) == (5, NO_HASH)
    assert await ada.balance() == (50 * CREDIT_TICKS, 50 * CREDIT_TICKS)


async def test_node_is_not_told_who_its_guest_is(street: Street, ada: Guest) -> None:
    node = await street.node()

    await ada.open(client_country="NL")
    listed = await node.owner.call("GET", f"/v1/nodes/{node.id}/guests")

    told = f"{node.heard} {listed.text}"
    assert len(listed.json()["guests"]) == 1
    assert str(ada.account) not in told
    assert str(ada.device) not in told
    assert ada.username not in told
    # Not as a part of a ticket's base64, where any two letters may stand.
    assert not any(quoted in told for quoted in ("'NL'", '"NL"'))


@pytest.mark.parametrize("manner", [refuses, is_silent])
async def test_next_node_is_asked_when_one_does_not_take_the_guest(
    street: Street, ada: Guest, manner: Manner
) -> None:
    others = [await street.node(manner) for _ in range(2)]
    willing = await street.node()

    answer = await ada.open()

    assert answer.status_code == 201, answer.text
    assert answer.json()["node_id"] == str(willing.id)
    assert [await street.guests_of(each) for each in (*others, willing)] == [0, 0, 1]


async def test_after_three_nodes_the_client_is_told(street: Street, ada: Guest) -> None:
    nodes = [await street.node(refuses) for _ in range(4)]

    answer = await ada.open()

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert sum(len(each.answers) for each in nodes) == 3
    assert await ada.balance() == (100 * CREDIT_TICKS, 0)
    assert await street.rows("SELECT id FROM session") == []


@pytest.mark.parametrize("where", [{}, {"country": "DE"}])
async def test_node_that_the_client_avoids_is_not_even_asked(
    street: Street, ada: Guest, where: Json
) -> None:
    gone, there = await street.node(is_silent), await street.node()

    answer = await ada.open(avoided=[str(gone.id)], **where)
    none = await ada.open(avoided=[str(gone.id), str(there.id)], **where)

    assert answer.json()["node_id"] == str(there.id)
    assert none.status_code == 503
    assert "avoided" in none.json()["error"]
    assert gone.heard == []
    assert there.actions().count("offer") == 1


async def test_late_answer_is_refused_and_holds_nothing(street: Street, ada: Guest) -> None:
    node = await street.node(is_silent)
    answer = await ada.open()
    await node.told("withdraw")

    late = await node.answer(node.offer()["session_id"], accepts({}) or {})

    assert (answer.status_code, late.status_code) == (503, 404)
    assert node.actions() == ["offer", "withdraw"]
    assert await ada.balance() == (100 * CREDIT_TICKS, 0)


async def test_only_the_node_s_own_device_can_answer(street: Street, ada: Guest) -> None:
    node, other = await street.node(is_silent), await street.node(is_silent, country="FR")
    opening = asyncio.create_task(ada.open(country="DE"))
    session = (await node.told("offer"))["session_id"]
    yes = accepts({}) or {}

    stranger = await other.owner.call("POST", f"/v1/nodes/{node.id}/guests/{session}", yes)
    own_node = await other.answer(session, yes)
    guest = await ada.call("POST", f"/v1/nodes/{node.id}/guests/{session}", yes)
    right = await node.answer(session, yes)

    assert [each.status_code for each in (stranger, own_node, guest, right)] == [404, 404, 404, 200]
    assert (await opening).status_code == 201


async def test_same_answer_again_gets_the_same_ticket_and_other_keys_none(
    street: Street, ada: Guest
) -> None:
    node = await street.node(is_silent)
    opening = asyncio.create_task(ada.open())
    session = (await node.told("offer"))["session_id"]
    yes: Json = accepts({}) or {}

    first, again = [await node.answer(session, yes) for _ in range(2)]
    other = await node.answer(session, accepts({}) or {})
    await opening

    assert first.json() == again.json()
    assert other.status_code == 409
    assert await ada.balance() == (50 * CREDIT_TICKS, 50 * CREDIT_TICKS)


async def test_who_has_less_than_ten_credits_is_told_how_to_get_more(street: Street) -> None:
    poor, node = await street.guest(credits_=9), await street.node()

    answer = await poor.open()

    assert answer.status_code == 402
    body = answer.json()
    assert (body["error"], body["credits"], body["required"]) == ("Insufficient credits", 9, 10)
    assert isinstance(body["hint"], str)
    assert node.heard == []


async def test_ten_credits_are_enough_and_all_held(street: Street) -> None:
    await street.node()
    poor = await street.guest(credits_=10)

    answer = await poor.open()

    assert answer.status_code == 201, answer.text
    assert await poor.balance() == (0, 10 * CREDIT_TICKS)


async def test_protocol_that_nobody_offers_lists_what_is_offered(
    street: Street, ada: Guest
) -> None:
    await street.node()

    unoffered, unknown = await ada.open(protocol="Trojan"), await ada.open(protocol="Telnet")

    assert (unoffered.status_code, unknown.status_code) == (409, 422)
    assert unoffered.json()["offered"] == ["WireGuard"]


@pytest.mark.parametrize(
    "changes",
    [
        {"x25519": "A" * 43 + "="},
        {"x25519": "A" * 42 + "B="},
        {"ed25519": "A" * 43 + "="},
        {"x25519": "no base64"},
        {"node_id": "00000000-0000-7000-8000-000000000000", "country": "DE"},
        {"country": "de"},
        {"client_country": "Germany"},
        {"surprise": 1},
    ],
)
async def test_senseless_request_is_refused_before_anything(
    street: Street, ada: Guest, changes: Json
) -> None:
    node = await street.node()

    assert (await ada.open(**changes)).status_code == 422
    assert node.heard == []
