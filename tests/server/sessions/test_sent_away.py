"""What a node says of its guests: that one is not welcome any more, and that nothing is claimed."""

from __future__ import annotations

import asyncio
import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.server.sessions.street import Guest, Json, Node, Street, fresh_x25519, key_text
from worldvpn_core.credit.receipt import Receipt, Role
from worldvpn_core.credit.units import CREDIT_TICKS, MEBIBYTE
from worldvpn_server.sessions import away

pytestmark = pytest.mark.anyio

HOUR_S = 3_600


async def sent_away(node: Node, session: str, for_s: int = HOUR_S) -> int:
    """Let ``node`` send away whose session it is; return the answer's status."""
    path = f"/v1/nodes/{node.id}/guests/{session}"
    return (await node.owner.call("DELETE", path, {"for_s": for_s})).status_code


async def said(node: Node, session: str, body: Json | None = None) -> int:
    """Let ``node`` say its last word; return the answer's status."""
    path = f"/v1/nodes/{node.id}/guests/{session}/last-word"
    return (await node.owner.call("POST", path, body or {})).status_code


async def test_a_guest_that_was_sent_away_is_offered_to_other_nodes_alone(
    street: Street, ada: Guest
) -> None:
    strict, kind, eve = await street.node(), await street.node(), await street.guest()
    at_strict = {"node_id": str(strict.id)}
    first = (await ada.open(**at_strict)).json()["session_id"]

    status = await sent_away(strict, first)
    asked = len(strict.heard)
    again = [await ada.open() for _ in range(2)]
    there = await ada.open(**at_strict)
    heard = strict.actions()[asked:]
    hers = await eve.open(**at_strict)

    assert status == 200
    assert (await ada.call("GET", f"/v1/sessions/{first}")).json()["end_reason"] == "node-refused"
    assert {each.json()["node_id"] for each in again} == {str(kind.id)}
    assert (there.status_code, hers.status_code) == (409, 201)
    assert "offer" not in heard


async def let_back(node: Node, session: str) -> int:
    """Let ``node`` take back whose session it was; return the answer's status."""
    path = f"/v1/nodes/{node.id}/guests/{session}/back"
    return (await node.owner.call("POST", path)).status_code


async def test_it_is_offered_again_once_the_node_lets_it_back(street: Street, ada: Guest) -> None:
    node, other = await street.node(), await street.node()
    at_node = {"node_id": str(node.id)}
    session = (await ada.open(**at_node)).json()["session_id"]
    await sent_away(node, session)
    shut = await ada.open(**at_node)

    others = await let_back(other, session)
    back = [await let_back(node, session) for _ in range(2)]

    assert (shut.status_code, others, back) == (409, 404, [200, 200])
    assert (await ada.open(**at_node)).status_code == 201
    assert await street.rows("SELECT node FROM sent_away") == []


async def test_it_is_offered_again_once_the_time_is_over(street: Street, ada: Guest) -> None:
    node = await street.node()
    await sent_away(node, (await ada.open()).json()["session_id"])

    early = await ada.open()
    street.pass_by(seconds=HOUR_S)
    await street.beat(node)
    late = await ada.open()
    await street.services.sessions.away.forget()

    assert (early.status_code, late.status_code) == (503, 201)
    assert await street.rows("SELECT node FROM sent_away") == []


async def test_an_offer_can_be_answered_so_and_the_guest_goes_on_to_the_next_node(
    street: Street, ada: Guest
) -> None:
    def is_silent(_: Json) -> Json | None:
        return None

    strict = await street.node(is_silent)
    opening = asyncio.create_task(ada.open(node_id=str(strict.id)))
    session = (await strict.told("offer"))["session_id"]

    status = await sent_away(strict, session)
    refused, again = await opening, await ada.open(node_id=str(strict.id))

    assert (status, refused.status_code, again.status_code) == (200, 503, 409)
    assert (await strict.told("withdraw"))["reason"] == "node-refused"
    assert strict.actions().count("offer") == 1


async def test_only_the_nodes_own_device_may_say_so_of_its_own_guests(
    street: Street, ada: Guest
) -> None:
    node, other = await street.node(), await street.node()
    session = (await ada.open(node_id=str(node.id))).json()["session_id"]
    stranger = Node(ada, node.id)

    statuses = [
        await sent_away(stranger, session),
        await sent_away(other, session),
        await said(stranger, session),
        await said(other, session),
    ]

    assert statuses == [404] * 4
    assert (await ada.call("GET", f"/v1/sessions/{session}")).json()["state"] == "open"
    assert await street.rows("SELECT node FROM sent_away") == []


async def test_whose_session_is_over_cannot_be_sent_away_after(street: Street, ada: Guest) -> None:
    node = await street.node()
    session = (await ada.open()).json()["session_id"]
    await ada.call("DELETE", f"/v1/sessions/{session}")

    status = await sent_away(node, session)

    assert (status, (await ada.open()).status_code) == (200, 201)


async def test_a_node_keeps_so_many_out_and_no_more(
    street: Street, ada: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(away, "MOST", 1)
    node, eve = await street.node(), await street.guest()
    mine, hers = [(await each.open()).json()["session_id"] for each in (ada, eve)]

    statuses = [await sent_away(node, each) for each in (mine, hers)]

    assert statuses == [200, 429]
    assert [(await each.open()).status_code for each in (ada, eve)] == [503, 201]


async def test_nothing_carried_gives_the_hold_back_once_the_session_is_over(
    street: Street, ada: Guest
) -> None:
    node = await street.node()
    session = (await ada.open()).json()["session_id"]

    early = await said(node, session)
    # Its client was killed: it says no last word.
    await ada.call("DELETE", f"/v1/sessions/{session}")
    held = await ada.balance()
    late = await said(node, session)

    assert (early, late) == (409, 200)
    assert held[1] > 0
    assert await ada.balance() == (100 * CREDIT_TICKS, 0)


async def test_a_nodes_last_claim_is_all_that_is_held_for_it(street: Street, ada: Guest) -> None:
    key = Ed25519PrivateKey.generate()

    def accepts(_: Json) -> Json | None:
        public = key_text(key.public_key().public_bytes_raw())
        return {"accept": True, "x25519": fresh_x25519(), "ed25519": public}

    node = await street.node(accepts)
    body = (await ada.open()).json()
    claim = Receipt(
        role=Role.NODE,
        ticket=street.ticket(body["ticket"]).hash(),
        sequence=1,
        up_bytes=0,
        down_bytes=MEBIBYTE,
        elapsed_ms=60_000,
    ).sign(key)
    await ada.call("DELETE", f"/v1/sessions/{body['session_id']}")

    receipt = base64.urlsafe_b64encode(claim).decode()
    status = await said(node, body["session_id"], {"final_receipt": receipt})

    assert status == 200
    assert await ada.balance() == (99 * CREDIT_TICKS, CREDIT_TICKS)
