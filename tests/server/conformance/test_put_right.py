"""What the first server got wrong, each as a test that fails on what it did."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.server.conformance.conftest import PASSWORD, OldClient, sign_up
from tests.server.conformance.routes import PUBLIC_KEY
from tests.server.conftest import MovingClock

pytestmark = pytest.mark.anyio
CONNECT = {"protocol": "WireGuard", "public_key": PUBLIC_KEY}


async def balance(user: OldClient) -> int:
    credits_: int = (await user.get("/credits/balance")).json()["credits"]
    return credits_


async def connect(user: OldClient, **changes: object) -> httpx.Response:
    return await user.post("/vpn/connect", {**CONNECT, "username": user.username, **changes})


@pytest.mark.parametrize(
    "claim",
    [
        {"shared_bytes": 10**12, "consumed_bytes": 0},
        {"shared_bytes": 1_048_575, "consumed_bytes": 0},
        {"shared_bytes": 0, "consumed_bytes": 10**9},
    ],
    ids=["much shared", "a slice", "consumed"],
)
async def test_claiming_traffic_moves_no_money(ada: OldClient, claim: dict[str, int]) -> None:
    answers = [await ada.post("/credits/sync", claim) for _ in range(3)]

    assert [each.json()["credits_change"] for each in answers] == [0, 0, 0]
    assert await balance(ada) == 100


@pytest.mark.parametrize(
    "claim",
    [
        {"shared_bytes": -1, "consumed_bytes": 0},
        {"shared_bytes": 0, "consumed_bytes": -(10**9)},
        {"shared_bytes": 2**63, "consumed_bytes": 0},
        {"shared_bytes": 1.5, "consumed_bytes": 0},
    ],
    ids=["negative shared", "negative consumed", "absurd", "fraction"],
)
async def test_senseless_claim_is_refused(ada: OldClient, claim: dict[str, float]) -> None:
    assert (await ada.post("/credits/sync", claim)).status_code == 422
    assert await balance(ada) == 100


async def test_guests_and_room_are_counted_both_ways(ada: OldClient, bob: OldClient) -> None:
    opened = [await connect(ada) for _ in range(1)]
    during = (await bob.get("/nodes/my")).json()["current_connections"]
    await ada.post("/vpn/disconnect", {"session_id": opened[0].json()["session_id"]})

    assert (during, (await bob.get("/nodes/my")).json()["current_connections"]) == (1, 0)


async def test_ending_a_session_ends_only_that_one(ada: OldClient, bob: OldClient) -> None:
    eve = await sign_up(ada.http, "eve")
    mine = (await connect(ada)).json()["session_id"]
    hers = (await connect(eve, public_key="L+V9o0fNYkMVKNqsX7spBzD/9oSvxM/C7ZCZX1jLO3Q=")).json()

    stolen = await ada.post("/vpn/disconnect", {"session_id": hers["session_id"]})
    await ada.post("/vpn/disconnect", {"session_id": mine})

    assert stolen.status_code == 404
    assert (await bob.get("/nodes/my")).json()["current_connections"] == 1


@pytest.mark.usefixtures("bob")
async def test_somebody_else_s_name_in_the_body_connects_nobody(ada: OldClient) -> None:
    assert (await connect(ada, username="bob")).status_code in {403, 422}


async def test_registering_again_is_the_same_node(bob: OldClient) -> None:
    first = (await bob.get("/nodes/my")).json()["id"]
    again = await bob.post("/nodes/register", {"country_code": "FR", "protocols": ["WireGuard"]})

    assert again.json()["node_id"] == first
    assert (await bob.get("/nodes/my")).json()["country_code"] == "FR"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 1),
        ("country=DE", 1),
        ("country=FR", 0),
        ("protocol=WireGuard", 1),
        ("protocol=Shadowsocks", 0),
        ("min_bandwidth=50", 1),
        ("min_bandwidth=51", 0),
        ("node_group=community", 1),
        ("node_group=public", 0),
    ],
)
@pytest.mark.usefixtures("bob")
async def test_every_filter_filters(ada: OldClient, query: str, count: int) -> None:
    assert (await ada.get(f"/nodes/discover?{query}")).json()["count"] == count


async def test_own_node_is_not_offered(bob: OldClient) -> None:
    assert (await bob.get("/nodes/discover")).json()["count"] == 0


@pytest.mark.usefixtures("bob")
async def test_dead_node_is_not_offered(ada: OldClient, clock: MovingClock) -> None:
    clock.pass_by(seconds=89)
    alive = (await ada.get("/nodes/discover")).json()["count"]
    clock.pass_by(seconds=2)

    assert (alive, (await ada.get("/nodes/discover")).json()["count"]) == (1, 0)


async def test_node_that_beats_again_is_offered_again(
    ada: OldClient, bob: OldClient, clock: MovingClock
) -> None:
    clock.pass_by(seconds=300)
    await bob.post("/nodes/heartbeat")

    assert (await ada.get("/nodes/discover")).json()["count"] == 1


@pytest.mark.parametrize("key", ["", "AAAA", "A" * 43 + "=", "not base64 at all", PUBLIC_KEY[:-2]])
@pytest.mark.usefixtures("bob")
async def test_key_that_is_none_is_refused(ada: OldClient, key: str) -> None:
    assert (await connect(ada, public_key=key)).status_code == 422


@pytest.mark.usefixtures("bob")
async def test_unknown_protocol_is_told_from_one_that_nobody_offers(
    ada: OldClient,
) -> None:
    unknown = await connect(ada, protocol="Telnet")
    unoffered = await connect(ada, protocol="Trojan")

    assert (unknown.status_code, unoffered.status_code) == (422, 409)
    assert "WireGuard" in unoffered.text


@pytest.mark.usefixtures("bob")
async def test_two_guests_never_share_an_address(ada: OldClient) -> None:
    eve = await sign_up(ada.http, "eve")
    mine, hers = await asyncio.gather(
        connect(ada), connect(eve, public_key="L+V9o0fNYkMVKNqsX7spBzD/9oSvxM/C7ZCZX1jLO3Q=")
    )

    assert mine.json()["assigned_ip"] != hers.json()["assigned_ip"]


@pytest.mark.parametrize(
    "name", ["ADA", "\uff41da", "\u0430da", "ad", "x" * 33, "a da", "ada\u200b", "admin"]
)
async def test_look_alike_or_senseless_name_is_refused(ada: OldClient, name: str) -> None:
    answer = await ada.http.post("/auth/register", json={"username": name, "password": PASSWORD})

    assert answer.status_code in {409, 422}


@pytest.mark.parametrize("password", ["short", "password12", "1234567890", "qwertyuiop"])
async def test_weak_password_is_refused(client: httpx.AsyncClient, password: str) -> None:
    answer = await client.post("/auth/register", json={"username": "zoe", "password": password})

    assert answer.status_code == 422


async def test_guessing_is_slowed_down(ada: OldClient) -> None:
    guesses = [
        await ada.http.post("/auth/login", json={"username": "ada", "password": f"guess {n} wrong"})
        for n in range(30)
    ]
    refused = [each for each in guesses if each.status_code == 429]

    assert refused
    assert all(int(each.headers["Retry-After"]) > 0 for each in refused)
