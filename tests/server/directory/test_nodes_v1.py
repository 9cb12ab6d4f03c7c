"""PUT, GET and DELETE of nodes that belong to a device."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tests.server.directory.conftest import Client, Desk
from worldvpn_server.ids import new_id

pytestmark = pytest.mark.anyio


def _body(**changes: object) -> dict[str, Any]:
    key = X25519PrivateKey.generate().public_key().public_bytes_raw()
    said = {
        "country_code": "DE",
        "city": "Köln",
        "protocols": ["WireGuard", "Trojan"],
        "x25519": base64.b64encode(key).decode(),
        "endpoints": [
            {"host": "203.0.113.7", "port": 51820},
            {"host": "2001:db8::7", "port": 443, "carrier": "tls"},
        ],
        "carriers": [{"name": "tls", "parameters": {"server_name": "example.org"}}],
        "schedule": [{"from_minute": 0, "to_minute": 600}],
    }
    return said | changes


async def _put(client: Client, node: object, **changes: object) -> Any:  # noqa: ANN401 - a response
    return await client.call("PUT", f"/v1/nodes/{node}", _body(**changes))


async def test_node_is_online_and_waits_to_be_reached(desk: Desk) -> None:
    bob, node = await desk.device(), new_id()
    answer = await _put(bob, node)
    shown = await bob.call("GET", f"/v1/nodes/{node}")

    assert answer.status_code == 200, answer.text
    assert (
        answer.json().items()
        >= {
            "id": str(node),
            "status": "online",
            "listed": False,
            "reach_reason": "not-checked",
            "city": "Köln",
            "protocols": ["WireGuard", "Trojan"],
            "most_guests": 10,
            "on_probation": True,
        }.items()
    )
    assert shown.json() == answer.json()
    assert (await bob.call("GET", "/v1/nodes")).json() == {"nodes": [shown.json()]}


@pytest.mark.parametrize(
    "change",
    [
        {"country_code": "de"},
        {"country_code": "XX"},
        {"protocols": ["Telnet"]},
        {"x25519": base64.b64encode(bytes(32)).decode()},
        {"x25519": "short"},
        {"endpoints": []},
        {"endpoints": [{"host": "example.org", "port": 1}]},
        {"endpoints": [{"host": "203.0.113.7", "port": 0}]},
        {"endpoints": [{"host": "203.0.113.7", "port": 1}] * 9},
        {"endpoints": [{"host": "203.0.113.7", "port": 1, "carrier": "../x"}]},
        {"carriers": [{"name": "tls", "parameters": {"a": "\x00"}}]},
        {"carriers": [{"name": "tls", "parameters": {"A B": "c"}}]},
        {"carriers": [{"name": "tls", "parameters": {str(n): "" for n in range(17)}}]},
        {"most_guests": 0},
        {"most_guests": 251},
        {"schedule": [{"from_minute": 9, "to_minute": 9}]},
        {"schedule": [{"from_minute": 0, "to_minute": 10**6}]},
        {"unknown": 1},
    ],
    ids=lambda change: repr(change)[:60],
)
async def test_senseless_node_is_refused(desk: Desk, change: dict[str, object]) -> None:
    bob, node = await desk.device(), new_id()
    answer = await _put(bob, node, **change)

    assert (answer.status_code, set(answer.json())) == (422, {"error"})
    assert (await bob.call("GET", f"/v1/nodes/{node}")).status_code == 404


async def test_second_node_of_a_device_is_refused_and_one_of_another_device_is_not(
    desk: Desk,
) -> None:
    bob = await desk.device()
    other = await desk.device(bob.account)
    statuses = [(await _put(who, new_id())).status_code for who in (bob, bob, other)]

    assert statuses == [200, 409, 200]


async def test_node_of_somebody_else_is_not_found_whatever_is_done(desk: Desk) -> None:
    bob, eve, node = await desk.device(), await desk.device(), new_id()
    await _put(bob, node)
    tried = [
        await _put(eve, node),
        await eve.call("GET", f"/v1/nodes/{node}"),
        await eve.call("DELETE", f"/v1/nodes/{node}"),
    ]

    assert [each.status_code for each in tried] == [404, 404, 404]


async def test_offline_node_follows_its_account_to_another_device_with_what_it_has_earned(
    desk: Desk,
) -> None:
    bob, node = await desk.device(), new_id()
    body = _body()
    await bob.call("PUT", f"/v1/nodes/{node}", body)
    await desk.town.set(node, listed=True, reach_reason="reached", settled_sessions=40, status=0)
    later, eve = await desk.device(bob.account), await desk.device()
    by_eve = await eve.call("PUT", f"/v1/nodes/{node}", body)
    moved = await later.call("PUT", f"/v1/nodes/{node}", body | _body(city="Bonn"))
    back = await _put(bob, node)

    assert [each.status_code for each in (by_eve, moved, back)] == [404, 200, 404]
    assert (
        moved.json().items()
        >= {"status": "online", "listed": False, "city": "Bonn", "on_probation": False}.items()
    )
    assert await desk.town.see(node, "reach_reason") == "not-checked"
    assert (await _put(later, new_id())).status_code == 409


@pytest.mark.parametrize("status", [1, 2, 3])
async def test_node_that_is_not_offline_stays_with_its_device(desk: Desk, status: int) -> None:
    bob, node = await desk.device(), new_id()
    await _put(bob, node)
    await desk.town.set(node, status=status)
    other = await desk.device(bob.account)

    assert (await _put(other, node)).status_code == 404
    assert (await _put(bob, node)).status_code == 200


async def test_device_with_a_node_of_its_own_takes_no_other(desk: Desk) -> None:
    bob, node, own = await desk.device(), new_id(), new_id()
    await _put(bob, node)
    await desk.town.set(node, status=0)
    other = await desk.device(bob.account)
    await _put(other, own)

    assert (await _put(other, node)).status_code == 409
    assert [(await _put(who, what)).status_code for who, what in ((bob, node), (other, own))] == [
        *(200, 200)
    ]


async def test_node_with_guests_is_deleted_once_they_are_gone(desk: Desk) -> None:
    bob, node = await desk.device(), new_id()
    await _put(bob, node)
    await desk.town.set(node, guests=1)
    busy = await bob.call("DELETE", f"/v1/nodes/{node}")
    drained = await _put(bob, node, accepting=False)
    await desk.town.set(node, guests=0)
    gone = await bob.call("DELETE", f"/v1/nodes/{node}")

    assert (busy.status_code, drained.json()["status"], gone.status_code) == (409, "draining", 204)
    assert (await bob.call("GET", "/v1/nodes")).json() == {"nodes": []}


async def test_compatible_token_opens_no_route_of_v1_and_the_other_way_round(desk: Desk) -> None:
    old, new = await desk.compatible(), await desk.device()
    answers = [await _put(old, new_id()), await new.call("GET", "/nodes/discover")]

    assert [each.status_code for each in answers] == [401, 401]
