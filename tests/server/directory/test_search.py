"""Every filter filters, alone and with the others; the order; who is left out."""

from __future__ import annotations

import itertools
import random
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.server.conftest import Fresh, MovingClock
from tests.server.directory.conftest import Town, offer
from worldvpn_server.database.pool import Database
from worldvpn_server.directory import search
from worldvpn_server.directory.store import offered
from worldvpn_server.directory.values import Group, NodeRecord, Protocol, Query, Status
from worldvpn_server.ids import new_id

pytestmark = pytest.mark.anyio
NOBODY = UUID(int=1)
COUNTRIES = ("DE", "FR", "US")
PROTOCOLS = tuple(Protocol)[:4]

queries = st.builds(
    Query,
    asking=st.just(NOBODY),
    country=st.none() | st.sampled_from(COUNTRIES),
    protocol=st.none() | st.sampled_from(PROTOCOLS),
    min_bandwidth_mbps=st.sampled_from([0, 50, 200, 900]),
    group=st.none() | st.sampled_from(Group),
    limit=st.integers(1, 50),
)


async def _scatter(town: Town, count: int) -> list[NodeRecord]:
    """Make nodes of all kinds, a third of which must not be found."""
    dice = random.Random(7)  # noqa: S311 - no secret
    made = []
    for _ in range(count):
        node = await town.node(
            country=dice.choice(COUNTRIES),
            protocols=tuple(dice.sample(PROTOCOLS, dice.randint(1, 4))),
            bandwidth_mbps=dice.choice([10, 50, 200, 1_000]),
            most_guests=dice.choice([1, 3, 10]),
        )
        found_out = {
            "node_group": str(dice.choice(list(Group))),
            "reputation": float(dice.choice([20, 50, 80])),
            "latency_ms": dice.choice([None, 10.0, 40.0]),
            "guests": dice.choice([0, 0, 1, 2]),
            "settled_sessions": dice.choice([0, 40]),
            "status": dice.choice([1, 1, 1, 0, 2, 3]),
            "listed": dice.random() < 0.8,
        }
        await town.set(node.id, **found_out)
        record = await town.directory.own(node.account, node.device)
        assert record is not None
        made.append(record)
    return made


def _expected(nodes: list[NodeRecord], query: Query) -> list[UUID]:
    """Do what discovery promises, in the plainest way."""
    fitting = [
        each
        for each in nodes
        if each.listed
        and each.status is Status.ONLINE
        and each.guests < (min(2, each.most_guests) if each.on_probation else each.most_guests)
        and query.country in {None, each.country}
        and (query.protocol is None or query.protocol in each.protocols)
        and each.bandwidth_mbps >= query.min_bandwidth_mbps
        and query.group in {None, each.group}
    ]
    fitting.sort(
        key=lambda each: (
            -each.reputation,
            float("inf") if each.latency_ms is None else each.latency_ms,
            each.id,
        )
    )
    return [each.id for each in fitting[: query.limit]]


async def test_discovery_is_what_a_plain_filter_finds(town: Town) -> None:
    nodes = await _scatter(town, 80)
    asked: list[Query] = []

    @settings(max_examples=150, database=None, suppress_health_check=list(HealthCheck))
    @given(queries)
    def gather(query: Query) -> None:
        asked.append(query)

    gather()
    for query in asked:
        found = [each.id for each in await town.directory.find(query)]
        assert found == _expected(nodes, query), query
    assert sum(bool(_expected(nodes, query)) for query in asked) > 20


async def test_own_nodes_are_left_out(town: Town) -> None:
    mine, theirs = await town.node(), await town.node()

    found = await town.directory.find(Query(asking=mine.account))

    assert [each.id for each in found] == [theirs.id]


async def test_node_that_was_tried_is_left_out(town: Town) -> None:
    tried, other = await town.node(), await town.node()

    found = await town.directory.candidates(Query(asking=NOBODY, without=(tried.id,)))

    assert [each.id for each in found] == [other.id]


async def test_node_that_was_asked_for_is_the_only_one(town: Town) -> None:
    _, wanted = await town.node(), await town.node()

    found = await town.directory.candidates(Query(asking=NOBODY, node=wanted.id))

    assert [each.id for each in found] == [wanted.id]


async def test_newcomers_are_not_among_the_fastest_but_in_their_country(town: Town) -> None:
    fresh, known = await town.node(country="DE"), await town.node(country="FR")
    await town.set(known.id, settled_sessions=20)

    fastest = await town.directory.candidates(Query(asking=NOBODY, fastest=True))
    german = await town.directory.candidates(Query(asking=NOBODY, country="DE"))

    assert ([each.id for each in fastest], [each.id for each in german]) == ([known.id], [fresh.id])


async def test_node_without_a_key_is_for_compatible_clients_only(town: Town) -> None:
    await town.put(offer(account=await town.account(), device=None))

    v1 = await town.directory.candidates(Query(asking=NOBODY))
    compatible = await town.directory.candidates(Query(asking=NOBODY, compatible=True))

    assert (len(v1), len(compatible)) == (0, 1)


async def test_protocols_on_offer_are_those_of_nodes_that_take_guests(town: Town) -> None:
    await town.node(protocols=(Protocol.TROJAN, Protocol.VLESS))
    gone = await town.node(protocols=(Protocol.IKEV2,))
    await town.set(gone.id, status=0)

    assert set(await offered(town.database)) == {Protocol.TROJAN, Protocol.VLESS}


async def test_no_query_reads_the_whole_table(
    town: Town, database: Database, fresh: Fresh, clock: MovingClock
) -> None:
    await _many(town, fresh, 6_000)

    for query, (made, name) in itertools.product(
        (
            Query(asking=NOBODY),
            Query(asking=NOBODY, country="FR"),
            Query(asking=NOBODY, protocol=Protocol.VLESS),
            Query(asking=NOBODY, protocol=Protocol.WIREGUARD),
            Query(asking=NOBODY, min_bandwidth_mbps=99_000),
            Query(asking=NOBODY, group=Group.COMMUNITY),
            Query(asking=NOBODY, country="DE", protocol=Protocol.VLESS, min_bandwidth_mbps=100),
            Query(asking=NOBODY, node=new_id()),
        ),
        ((search.listing, "listing"), (search.picking, "picking")),
    ):
        statement, values = made(query, clock.now())
        async with database.read() as sql:
            rows = await sql.fetch(f"EXPLAIN (COSTS OFF) {statement}", *values)
        plan = "\n".join(row[0] for row in rows)
        assert "Seq Scan" not in plan, (name, query, plan)
        assert "Index" in plan, (name, query, plan)


async def _many(town: Town, fresh: Fresh, count: int) -> None:
    """Copy a node until the planner has something to plan for; it is left to choose freely."""
    node = await town.node()
    async with town.database.transaction() as tx:
        await tx.sql.execute(
            """
            INSERT INTO account (id, name, name_key, skeleton, password_hash, recovery_hash,
                created_at)
            SELECT gen_random_uuid(), n, n, n, '', '', now()
            FROM (SELECT 'many' || generate_series(1, $1) AS n) AS names
            """,
            count,
        )
        await tx.sql.execute(
            """
            INSERT INTO node (id, account, status, listed, country, region, city, node_group,
                protocols, bandwidth_mbps, most_guests, daily_bytes, allow_streaming,
                allow_torrents, x25519, inner4, inner6, rated_at, created_at, changed_at,
                reputation, latency_ms, settled_sessions)
            SELECT gen_random_uuid(), a.id, 1, true,
                (ARRAY['DE','US','FR','NL','JP','BR','ZA','AU'])[1 + (random() * 7)::int], 150, '',
                'community', CASE WHEN random() < 0.01 THEN ARRAY['VLESS'] ELSE ARRAY['WireGuard']
                END, 10 + (random() * 990)::int, 10, 1, true, false, n.x25519, n.inner4, n.inner6,
                now(), now(), now(), random() * 100, random() * 200, (random() * 40)::int
            FROM node n, account a WHERE n.id = $1 AND a.name LIKE 'many%'
            """,
            node.id,
        )
        await tx.sql.execute(
            "INSERT INTO presence SELECT id, $1 FROM node ON CONFLICT DO NOTHING", town.clock.now()
        )
    owner = await asyncpg.connect(fresh.dsn)
    await owner.execute("ANALYZE node")
    await owner.execute("ANALYZE presence")
    await owner.close()
