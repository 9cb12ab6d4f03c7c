"""A session that runs: more of its ticket, another in its place, and its end."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.server.sessions.street import Guest, Json, Node, Street, key_text, refuses
from worldvpn_core.credit.receipt import Receipt, Role
from worldvpn_core.credit.units import CREDIT_TICKS, MEBIBYTE

pytestmark = pytest.mark.anyio

_SAY = """
UPDATE session SET node_up = 0, node_down = $2, node_elapsed_ms = $3,
    guest_up = 0, guest_down = $2, guest_elapsed_ms = $3 WHERE id = $1
"""


async def say(street: Street, session: str, *, mebibytes: int, minutes: int) -> None:
    """Let both ends have signed for so much."""
    async with street.services.database.transaction() as tx:
        await tx.sql.execute(_SAY, session, mebibytes * MEBIBYTE, minutes * 60_000)


def last_word(street: Street, body: Json, key: Ed25519PrivateKey, mebibytes: int) -> str:
    """Return the guest's final receipt, base64url."""
    receipt = Receipt(
        role=Role.GUEST,
        ticket=street.ticket(body["ticket"]).hash(),
        sequence=1,
        up_bytes=0,
        down_bytes=mebibytes * MEBIBYTE,
        elapsed_ms=60_000,
    )
    return base64.urlsafe_b64encode(receipt.sign(key)).decode().rstrip("=")


async def test_top_up_raises_the_cap_by_what_was_used(street: Street, ada: Guest) -> None:
    node = await street.node()
    body = (await ada.open()).json()
    path = f"/v1/sessions/{body['session_id']}/ticket"

    await say(street, body["session_id"], mebibytes=45, minutes=2)
    first = await ada.call("POST", path)
    again = await ada.call("POST", path)

    old, new, same = (street.ticket(each["ticket"]) for each in (body, first.json(), again.json()))
    assert (new.session, new.previous, same.previous) == (old.session, old.hash(), new.hash())
    # 50 credits are left: half of them, less the 5 MiB that are left of the cap.
    assert (new.cap_bytes, same.cap_bytes) == (70 * MEBIBYTE, 70 * MEBIBYTE)
    assert new.float_bytes == 16 * MEBIBYTE
    assert await ada.balance() == (30 * CREDIT_TICKS, 70 * CREDIT_TICKS)
    assert node.actions().count("ticket") >= 1
    guests = (await node.owner.call("GET", f"/v1/nodes/{node.id}/guests")).json()["guests"]
    assert [each["ticket"] for each in guests] == [again.json()["ticket"]]


async def test_top_up_comes_to_what_the_guest_needs_but_for_another_sessions_start(
    street: Street, ada: Guest
) -> None:
    await street.node()
    body = (await ada.open()).json()
    path = f"/v1/sessions/{body['session_id']}/ticket"

    caps = []
    for mebibytes in (80, 60, 500):
        answer = await ada.call("POST", path, {"needed_bytes": mebibytes * MEBIBYTE})
        caps.append(answer.json()["cap_bytes"] // MEBIBYTE)

    assert caps == [80, 80, 90]
    assert await ada.balance() == (10 * CREDIT_TICKS, 90 * CREDIT_TICKS)
    assert (await ada.open(replaces=body["session_id"])).status_code == 201


async def test_session_without_credit_left_gets_no_ticket_once_it_is_used_up(
    street: Street,
) -> None:
    await street.node()
    poor = await street.guest(credits_=10)
    body = (await poor.open()).json()
    path = f"/v1/sessions/{body['session_id']}/ticket"

    renewed = await poor.call("POST", path)
    await say(street, body["session_id"], mebibytes=10, minutes=1)
    refused = await poor.call("POST", path)

    assert (renewed.status_code, renewed.json()["cap_bytes"]) == (200, 10 * MEBIBYTE)
    assert (refused.status_code, refused.json()["credits"]) == (402, 0)


async def test_final_receipt_frees_what_was_not_used_at_once(street: Street, ada: Guest) -> None:
    node = await street.node()
    key = Ed25519PrivateKey.generate()
    body = (await ada.open(ed25519=key_text(key.public_key().public_bytes_raw()))).json()
    path = f"/v1/sessions/{body['session_id']}"

    word = last_word(street, body, key, 20)
    ended = await ada.call("DELETE", path, {"final_receipt": word})

    assert (ended.status_code, ended.json()["status"]) == (200, "ended"), ended.text
    assert await ada.balance() == (80 * CREDIT_TICKS, 20 * CREDIT_TICKS)
    assert (await node.told("end"))["reason"] == "client"
    assert await street.guests_of(node) == 0
    assert (await ada.call("GET", path)).json()["end_reason"] == "client"


async def test_ending_frees_the_place_once_and_is_the_payer_s_alone_to_do(
    street: Street, ada: Guest
) -> None:
    node, eve = await street.node(), await street.guest()
    mine, hers = (await ada.open()).json(), (await eve.open()).json()
    path = f"/v1/sessions/{mine['session_id']}"

    stolen = await eve.call("DELETE", path)
    looked = await eve.call("GET", path)
    raised = await eve.call("POST", f"{path}/ticket")
    replaced = await eve.open(replaces=mine["session_id"])
    before = await street.guests_of(node)
    ended = [await ada.call("DELETE", path) for _ in range(3)]

    assert [each.status_code for each in (stolen, looked, raised, replaced)] == [404] * 4
    assert [each.status_code for each in ended] == [200] * 3
    assert (before, await street.guests_of(node)) == (2, 1)
    listed = (await eve.call("GET", "/v1/sessions")).json()["sessions"]
    assert [(each["session_id"], each["state"]) for each in listed] == [
        (hers["session_id"], "open")
    ]


async def test_new_session_is_open_before_the_one_it_replaces_ends(
    street: Street, ada: Guest
) -> None:
    node = await street.node()
    key = Ed25519PrivateKey.generate()
    old = (await ada.open(ed25519=key_text(key.public_key().public_bytes_raw()))).json()

    new = await ada.open(replaces=old["session_id"], final_receipt=last_word(street, old, key, 10))

    assert new.status_code == 201, new.text
    ended = await node.told("end")
    assert (ended["session_id"], ended["reason"]) == (old["session_id"], "replaced")
    assert await street.guests_of(node) == 1
    # 10 used of the first 50; half of the other 50 are the new session's; the rest is free.
    assert await ada.balance() == (65 * CREDIT_TICKS, 35 * CREDIT_TICKS)


async def test_session_stays_when_nothing_can_replace_it(street: Street, ada: Guest) -> None:
    node = await street.node()
    old = (await ada.open()).json()
    node.manner = refuses

    failed = await ada.open(replaces=old["session_id"])

    assert failed.status_code == 503
    listed = (await ada.call("GET", "/v1/sessions")).json()["sessions"]
    assert [each["state"] for each in listed] == ["open"]


async def test_last_credits_held_by_the_old_session_pay_for_the_new_one(street: Street) -> None:
    await street.node()
    poor, key = await street.guest(credits_=12), Ed25519PrivateKey.generate()
    old = (await poor.open(ed25519=key_text(key.public_key().public_bytes_raw()))).json()

    word = last_word(street, old, key, 1)
    new = await poor.open(replaces=old["session_id"], final_receipt=word)

    assert new.status_code == 201, new.text


async def test_two_small_tickets_are_held_ahead_at_two_nodes_and_take_no_place(
    street: Street, ada: Guest
) -> None:
    nodes = [await street.node() for _ in range(3)]

    answers = [await ada.open(path="/v1/sessions/prefetch") for _ in range(3)]

    assert [each.status_code for each in answers] == [201, 201, 409]
    tickets = [street.ticket(each.json()["ticket"]) for each in answers[:2]]
    assert [each.cap_bytes for each in tickets] == [10 * MEBIBYTE] * 2
    assert len({each.node for each in tickets}) == 2
    assert [await street.guests_of(each) for each in nodes] == [0, 0, 0]
    assert await ada.balance() == (80 * CREDIT_TICKS, 20 * CREDIT_TICKS)
    told = [each for node in nodes for each in node.heard if each["action"] == "ticket"]
    assert {each["ticket"] for each in told} <= {each.json()["ticket"] for each in answers[:2]}


async def test_ended_sessions_nobody_signed_for_cost_trust(street: Street) -> None:
    ada = await street.guest(credits_=100_000)
    nodes = [await street.node() for _ in range(5)]
    floats, statuses = [], []
    for node in nodes:
        answer = await ada.open(node_id=str(node.id))
        statuses.append(answer.status_code)
        body = answer.json()
        floats.append(street.ticket(body["ticket"]).float_bytes)
        async with street.services.database.transaction() as tx:
            await tx.sql.execute(
                "UPDATE session SET node_up = 0, node_down = $2 WHERE id = $1",
                *(body["session_id"], 10**9),
            )
        await ada.call("DELETE", f"/v1/sessions/{body['session_id']}")

    refused = await ada.open()

    assert floats == [4 * MEBIBYTE] * 3 + [256 * 1024] * 2
    assert (statuses, refused.status_code) == ([201] * 5, 403)
    street.pass_by(hours=25)
    for node in nodes:
        await street.beat(node)
    assert (await ada.open()).status_code == 201


async def carried_for(street: Street, guest: Guest, node: Node, *, claimed: int, said: int) -> Json:
    """Let a session end whose ends have signed for so many MiB; return its opening's answer."""
    key = Ed25519PrivateKey.generate()
    public = key_text(key.public_key().public_bytes_raw())
    body: Json = (await guest.open(node_id=str(node.id), ed25519=public)).json()
    path = f"/v1/sessions/{body['session_id']}"
    async with street.services.database.transaction() as tx:
        await tx.sql.execute(
            "UPDATE session SET node_up = 0, node_down = $2, node_elapsed_ms = 60000 WHERE id = $1",
            *(body["session_id"], claimed * MEBIBYTE),
        )
    street.pass_by(minutes=2)
    word = last_word(street, body, key, said)
    ended = await guest.call("DELETE", path, {"final_receipt": word})
    assert ended.status_code == 200, ended.text
    return body


async def test_owner_who_is_not_paid_trusts_no_longer_whatever_is_said_at_the_end(
    street: Street,
) -> None:
    farmer = await street.guest(credits_=100_000)
    node, other = await street.node(), await street.node(country="FR")
    floats = []
    for _ in range(2):
        body = await carried_for(street, farmer, node, claimed=10, said=0)
        floats.append(street.ticket(body["ticket"]).float_bytes)
        await street.beat(node)
        await street.beat(other)

    refused = await farmer.open(node_id=str(node.id))
    elsewhere = await farmer.open()

    assert floats == [4 * MEBIBYTE, 256 * 1024]
    assert refused.status_code == 409, refused.text
    assert (elsewhere.status_code, elsewhere.json()["node_id"]) == (201, str(other.id))
    assert street.ticket(elsewhere.json()["ticket"]).float_bytes == 4 * MEBIBYTE


async def test_owner_who_is_paid_but_for_honest_loss_trusts_on(street: Street) -> None:
    honest = await street.guest(credits_=100_000)
    node = await street.node()
    bodies = []
    for _ in range(3):
        bodies.append(await carried_for(street, honest, node, claimed=200, said=191))
        await street.beat(node)
    floats = [street.ticket(each["ticket"]).float_bytes for each in bodies]
    assert min(floats) >= 4 * MEBIBYTE


async def test_running_session_gets_no_more_where_its_owner_is_not_paid(street: Street) -> None:
    farmer = await street.guest(credits_=100_000)
    node = await street.node()
    body = (await farmer.open(node_id=str(node.id))).json()
    for _ in range(2):
        await carried_for(street, farmer, node, claimed=10, said=0)
        await street.beat(node)
    more = await farmer.call("POST", f"/v1/sessions/{body['session_id']}/ticket")
    assert more.status_code == 403
