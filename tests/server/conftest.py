"""A real PostgreSQL for every test that needs one, made once a run and copied per test."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final, cast

import asyncpg
import attrs
import httpx
import pytest

from tests.folders import public_folder
from worldvpn_server.compose import opened
from worldvpn_server.config import ServerConfig
from worldvpn_server.database.cluster import Cluster
from worldvpn_server.database.migrate import migrate
from worldvpn_server.database.pool import Database
from worldvpn_server.http.app import build
from worldvpn_server.http.edge import Edge
from worldvpn_server.services import Services

#: Documentation addresses stand for the internet in tests (RFC 5737, RFC 3849).
LAB_RANGES: Final = tuple(
    ip_network(each)
    for each in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
)

_TEMPLATE = "template_worldvpn"
_names = (f"test_{os.getpid()}_{number}" for number in itertools.count())


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A cluster that may forget what a power cut would take: tests that kill make their own."""
    with public_folder() as folder:
        started = asyncio.run(_start(folder / "pg"))
        yield started
        asyncio.run(started.stop())


async def _start(folder: Path) -> Cluster:
    cluster = await Cluster.start(folder, options=("fsync=off", "full_page_writes=off"))
    await _sql(cluster, f"CREATE DATABASE {_TEMPLATE}")
    await migrate(cluster.dsn(_TEMPLATE))
    return cluster


async def _sql(cluster: Cluster, statement: str) -> None:
    connection = await asyncpg.connect(cluster.dsn())
    await connection.execute(statement)
    await connection.close()


@attrs.frozen
class Fresh:
    """An empty, migrated database."""

    dsn: str


@pytest.fixture
async def fresh(cluster: Cluster) -> AsyncIterator[Fresh]:
    """A database of this test's own."""
    name = next(_names)
    await _sql(cluster, f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
    yield Fresh(cluster.dsn(name))
    await _sql(cluster, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(fresh: Fresh) -> AsyncIterator[Database]:
    """The server's own connections to a database of this test's own."""
    opened = await Database.open(fresh.dsn)
    yield opened
    await opened.close()


class MovingClock:
    """A clock that stands still until a test lets time pass."""

    def __init__(self) -> None:
        self._now = datetime(2027, 1, 4, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now

    def pass_by(self, **time: float) -> None:
        """Let time pass: the arguments are those of ``timedelta``."""
        self._now += timedelta(**time)


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture
async def services(fresh: Fresh, tmp_path: Path, clock: MovingClock) -> AsyncIterator[Services]:
    """Every part of a server process, on a database of this test's own."""
    config = ServerConfig(data=tmp_path, dsn=fresh.dsn, lab_ranges=LAB_RANGES)
    async with opened(config, fresh.dsn, clock) as parts:
        yield parts


@pytest.fixture
async def client(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of the whole application, without a socket between."""
    transport = httpx.ASGITransport(
        app=cast("Any", Edge(build(services))),
        raise_app_exceptions=False,
        client=("203.0.113.7", 40_000),
    )
    async with httpx.AsyncClient(transport=transport, base_url="https://central.test") as made:
        yield made
