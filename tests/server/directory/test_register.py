"""Registering: what is taken, what is not, and what stays when it is done again."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.server.directory.conftest import NETWORKS, Desk, Town, address, offer
from worldvpn_server.directory.texts import city_of
from worldvpn_server.directory.values import OfferedEndpoint, Query, Status
from worldvpn_server.errors import ApiError, ConflictError, NotFoundError
from worldvpn_server.ids import new_id

pytestmark = pytest.mark.anyio
NOBODY = UUID(int=1)
BODY = {"country_code": "DE", "protocols": ["WireGuard"]}


async def test_node_that_says_little_gets_the_usual(desk: Desk) -> None:
    bob, ada = await desk.compatible(), await desk.compatible()
    answer = await bob.call("POST", "/nodes/register", BODY)
    mine = (await bob.call("GET", "/nodes/my")).json()
    found = (await ada.call("GET", "/nodes/discover")).json()

    assert answer.status_code == 201
    assert answer.json()["status"] == "online"
    node = answer.json()["node_id"]
    assert mine == {
        "id": node,
        "country_code": "DE",
        "is_online": True,
        "reputation_score": 50,
        "current_connections": 0,
        "bandwidth_mbps": 50,
        "allow_streaming": True,
        "allow_torrents": False,
    }
    assert found == {
        "nodes": [
            {
                "id": node,
                "country_code": "DE",
                "reputation_score": 50,
                "connections": 0,
                "bandwidth_mbps": 50,
                "latency_ms": 0,
                "protocols": '["WireGuard"]',
                "group": "community",
            }
        ],
        "count": 1,
    }
    record = await desk.town.directory.own(bob.account, None)
    assert record is not None
    assert (record.most_guests, record.daily_bytes) == (10, 50_000_000_000)


@pytest.mark.parametrize(
    "change",
    [
        {"country_code": "XX"},
        {"country_code": 7},
        {"protocols": []},
        {"protocols": ["Telnet"]},
        {"protocols": "WireGuard"},
        {"protocols": ["WireGuard"] * 1_000},
        {"available_bandwidth_mbps": 0},
        {"available_bandwidth_mbps": -5},
        {"available_bandwidth_mbps": 2**40},
        {"max_daily_gb": -1},
        {"max_daily_gb": 1.5},
        {"city": "x" * 10_000},
        {"city": "Ber\x00lin"},
        {"city": "\u202enilreB"},
        {"allow_torrents": "yes"},
    ],
    ids=lambda change: repr(change)[:40],
)
async def test_senseless_registration_is_refused(desk: Desk, change: dict[str, object]) -> None:
    bob = await desk.compatible()
    answer = await bob.call("POST", "/nodes/register", BODY | change)

    assert (answer.status_code, set(answer.json())) == (422, {"error"})
    assert (await bob.call("GET", "/nodes/my")).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "country=XX",
        "protocol=Telnet",
        "node_group=private",
        "limit=0",
        "limit=x",
        "min_bandwidth=-1",
    ],
)
async def test_senseless_filter_is_refused(desk: Desk, query: str) -> None:
    ada = await desk.compatible()

    assert (await ada.call("GET", f"/nodes/discover?{query}")).status_code == 422


async def test_no_more_than_fifty_are_listed_whatever_is_asked_for(desk: Desk) -> None:
    for _ in range(51):
        await desk.town.node()
    ada = await desk.compatible()
    counts = [
        (await ada.call("GET", f"/nodes/discover{query}")).json()["count"]
        for query in ("", "?limit=7", "?limit=1000", "?country=*")
    ]

    assert counts == [10, 7, 50, 10]


async def test_offline_and_heartbeat_take_turns(desk: Desk) -> None:
    bob = await desk.compatible()
    before = (await bob.call("POST", "/nodes/offline")).json()
    missing = await bob.call("POST", "/nodes/heartbeat")
    await bob.call("POST", "/nodes/register", BODY)
    left = (await bob.call("POST", "/nodes/offline")).json()
    is_online = (await bob.call("GET", "/nodes/my")).json()["is_online"]
    back = await bob.call("POST", "/nodes/heartbeat")

    assert (before["status"], left["status"], is_online) == ("offline", "offline", False)
    assert (missing.status_code, set(missing.json())) == (404, {"error", "hint"})
    assert (back.status_code, back.json()["status"]) == (200, "alive")
    assert (await bob.call("GET", "/nodes/my")).json()["is_online"]


async def test_registering_at_once_from_ten_places_makes_one_node(town: Town) -> None:
    account = await town.account()
    made = await asyncio.gather(*(town.put(offer(account=account, device=None)) for _ in range(10)))

    assert len({each.id for each in made}) == 1


async def test_what_others_found_out_outlives_registering_again(town: Town) -> None:
    account = await town.account()
    node = await town.put(offer(account=account, device=None))
    await town.set(node.id, reputation=77.0, guests=2, settled_sessions=30, lifetime_bytes=5)
    again = await town.put(offer(account=account, device=None, country="FR"))

    assert (again.id, again.country) == (node.id, "FR")
    assert (again.reputation, again.guests, again.settled_sessions) == (77, 2, 30)
    assert (again.inner4, again.inner6) == (node.inner4, node.inner6)


async def test_device_has_one_node(town: Town) -> None:
    node = await town.node()
    with pytest.raises(ConflictError):
        await town.put(offer(account=node.account, device=node.device))


async def test_nobody_takes_over_the_node_of_another(town: Town) -> None:
    node = await town.node()
    account = await town.account()
    said = offer(id=node.id, account=account, device=await town.device(account))
    with pytest.raises(NotFoundError):
        await town.put(said)

    assert await town.see(node.id, "account") == node.account


async def test_nodes_have_networks_of_their_own(town: Town) -> None:
    nodes = [await town.node() for _ in range(5)]

    assert len({each.inner4 for each in nodes}) == len({each.inner6 for each in nodes}) == 5


async def test_endpoint_is_proven_where_its_offer_came_from(town: Town) -> None:
    here, there = (
        OfferedEndpoint(host=address(text), port=443, carrier="udp")
        for text in ("198.51.100.7", "198.51.100.8")
    )
    node = await town.node(endpoints=(here, there), source=here.host)
    async with town.database.read() as sql:
        rows = await sql.fetch(
            "SELECT host(host) AS host, proven_at IS NOT NULL AS proven FROM node_endpoint "
            "WHERE node = $1 ORDER BY host",
            node.id,
        )

    assert [tuple(row) for row in rows] == [("198.51.100.7", True), ("198.51.100.8", False)]


@pytest.mark.parametrize("change", ["endpoints", "x25519", "nothing"])
async def test_node_that_moves_has_to_be_reached_anew(town: Town, change: str) -> None:
    old, new = (
        OfferedEndpoint(host=address("198.51.100.7"), port=port, carrier="udp") for port in (1, 2)
    )
    account = await town.account()
    said = offer(account=account, device=await town.device(account), endpoints=(old,))
    node = await town.put(said)
    await town.set(node.id, listed=True, reach_reason="reached")
    changes = {"endpoints": (old, new), "x25519": bytes(31) + b"\x09", "nothing": said.city}
    again = await town.put(
        offer(
            id=node.id,
            account=account,
            device=said.device,
            endpoints=changes["endpoints"] if change == "endpoints" else said.endpoints,
            x25519=changes["x25519"] if change == "x25519" else said.x25519,
        )
    )

    assert again.listed == (change == "nothing")
    assert again.reach_reason == ("reached" if change == "nothing" else "not-checked")


async def test_ninth_node_of_a_network_is_not_listed_however_many_try_at_once(
    town: Town,
) -> None:
    accounts = [await town.account() for _ in range(12)]
    made = await asyncio.gather(
        *(
            town.put(offer(account=each, device=None, source=address(f"198.51.100.{number}")))
            for number, each in enumerate(accounts)
        )
    )
    elsewhere = await town.put(
        offer(account=await town.account(), device=None, source=address("203.0.113.1"))
    )
    hidden = [each for each in made if not each.listed]

    assert (len(hidden), elsewhere.listed) == (4, True)
    assert {each.reach_reason for each in hidden} == {"too-many-neighbours"}


async def test_database_does_not_hold_the_address_of_a_neighbourhood(town: Town) -> None:
    source = address("198.51.100.7")
    node = await town.put(offer(account=await town.account(), device=None, source=source))

    assert await town.see(node.id, "network") == NETWORKS.name(source)
    assert source.packed[:3] not in NETWORKS.name(source)


async def test_node_that_speaks_through_a_tunnel_is_in_the_network_that_guests_come_to(
    town: Town,
) -> None:
    home, exit_ = address("198.51.100.7"), address("203.0.113.1")
    node = await town.node(
        endpoints=(OfferedEndpoint(host=home, port=51_820, carrier="udp"),), source=exit_
    )

    assert await town.see(node.id, "network") == NETWORKS.name(home)


async def test_no_text_at_all_makes_the_directory_fail(town: Town) -> None:
    texts: list[str] = []

    @settings(max_examples=60, database=None, suppress_health_check=list(HealthCheck))
    @given(st.text(st.characters(), max_size=80))
    def gather(text: str) -> None:
        texts.append(text)

    gather()
    account = await town.account()
    for text in texts:
        try:
            city = city_of(text)
        except ApiError:
            continue
        node = await town.put(offer(account=account, device=None, city=city))
        assert node.city == city
        assert len(city.encode()) <= 240


async def test_marking_twice_says_that_it_was_so(town: Town) -> None:
    node = await town.node()
    marked = [
        await town.database.run(lambda tx: town.directory.mark(tx, node.id, Status.DRAINING))
        for _ in range(2)
    ]
    unknown = await town.database.run(lambda tx: town.directory.mark(tx, new_id(), Status.ONLINE))

    assert (marked, unknown) == ([True, False], False)
    assert await town.directory.find(Query(asking=NOBODY)) == []
