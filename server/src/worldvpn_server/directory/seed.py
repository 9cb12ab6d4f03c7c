"""Synthetic nodes and users for load tests, labelled as such, in bulk.

They are written by COPY as the owner of the database. A database with anybody real in it is
refused: nobody may be sent to a node that is not there.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import argon2
import asyncpg
import attrs

from worldvpn_server.database.pool import Connection
from worldvpn_server.directory.countries import REGIONS
from worldvpn_server.directory.prefixes import inner_networks
from worldvpn_server.directory.values import Group, Protocol, Status
from worldvpn_server.errors import StartError
from worldvpn_server.ids import new_id
from worldvpn_server.ledger.values import Bucket, Kind
from worldvpn_server.ledger.welcome import STARTING_TICKS

PREFIX: Final = "synthetic-"
#: What is written by one COPY: a million users are never in memory at once.
_CHUNK: Final = 50_000
_NOTE: Final = "Synthetic: for load tests"
_KEY: Final = b"welcome"

#: Where nodes are, as far as it matters to a load test: a few countries have most.
_CROWDED: Final = ("US", "DE", "FR", "GB", "NL", "JP", "BR", "IN")
_CROWDED_SHARE: Final = 0.7
_OFFERS: Final[Sequence[tuple[Protocol, ...]]] = (
    (Protocol.WIREGUARD,),
    (Protocol.WIREGUARD,),
    (Protocol.WIREGUARD, Protocol.WIREGUARD_OBFUSCATED),
    (Protocol.WIREGUARD, Protocol.SHADOWSOCKS),
    (Protocol.HYSTERIA2, Protocol.VLESS),
)
_BANDWIDTHS_MBPS: Final = (20, 50, 100, 300, 1_000)

_REAL: Final = f"SELECT count(*) FROM account WHERE name NOT LIKE '{PREFIX}%'"  # noqa: S608 - ours
_HAVE: Final = "SELECT count(*) FROM account"
_NUMBERS: Final = "SELECT nextval('node_number')"
_TAKE: Final = "SELECT setval('node_number', $1)"
_ANALYSED: Final = ("account", "device", "node", "presence", "wallet", "journal", "posting")

_ACCOUNT: Final = (
    *("id", "name", "name_key", "skeleton", "password_hash", "recovery_hash", "created_at"),
)
_DEVICE: Final = ("id", "account", "name", "x25519", "ed25519", "created_at", "seen_at")
_WALLET: Final = ("account", "promo")
_JOURNAL: Final = ("id", "account", "key", "kind", "note", "created_at")
_POSTING: Final = ("journal", "bucket", "ticks")
_NODE: Final = (
    *("id", "account", "device", "status", "listed", "synthetic", "country", "region", "city"),
    *("node_group", "protocols", "bandwidth_mbps", "most_guests", "guests", "daily_bytes"),
    *("allow_streaming", "allow_torrents", "x25519", "inner4", "inner6", "reach_reason"),
    *("rated_at", "reputation", "latency_ms", "settled_sessions", "created_at", "changed_at"),
)
_PRESENCE: Final = ("node", "seen_at")

Row = tuple[object, ...]


@attrs.frozen(kw_only=True)
class _Person:
    """An account to be; those with a device have a node of /v1."""

    account: UUID
    name: str
    device: UUID | None = None


async def command(
    dsn: str, *, nodes: int, users: int, say: Callable[[str], None], force: bool = False
) -> None:
    """Fill the database ``dsn`` (its owner's) and tell what was made.

    Raises:
        StartError: somebody real is in it, and it is not forced.
    """
    await seed(dsn, nodes=nodes, users=users, force=force)
    say(f"made {nodes} synthetic nodes and {users} synthetic users, named {PREFIX}…")


async def seed(dsn: str, *, nodes: int, users: int = 0, force: bool = False) -> None:
    """Write ``nodes`` nodes with an owner each, and ``users`` more accounts.

    Every other node is a compatible client's; all accounts have the starting credits.

    Raises:
        StartError: somebody real is in the database, and it is not forced.
    """
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            real = await connection.fetchval(_REAL)
            if real and not force:
                raise StartError(
                    f"{real} real accounts are in this database: seed an empty one instead"
                )
            made = await _people(connection, users + nodes, with_node=nodes)
            await _nodes(connection, made)
        for table in _ANALYSED:
            await connection.execute(f"ANALYZE {table}")
    finally:
        await connection.close()


async def _people(connection: Connection, count: int, *, with_node: int) -> list[_Person]:
    """Write accounts with wallets; return those that get a node."""
    first = await connection.fetchval(_HAVE)
    # Nobody knows the secret: nobody signs in as one of them.
    nobody = argon2.PasswordHasher().hash(secrets.token_hex())
    now, owners = datetime.now(UTC), []
    for start in range(0, count, _CHUNK):
        people = [
            _Person(
                account=new_id(),
                name=f"{PREFIX}{first + number:07}",
                device=new_id() if number < with_node and number % 2 else None,
            )
            for number in range(start, min(start + _CHUNK, count))
        ]
        owners += people[: max(0, with_node - start)]
        await _write_people(connection, people, nobody, now)
    return owners


async def _write_people(
    connection: Connection, people: Sequence[_Person], password: str, now: datetime
) -> None:
    accounts = [
        (each.account, each.name, each.name, each.name, password, "", now) for each in people
    ]
    await _copy(connection, "account", _ACCOUNT, accounts)
    devices = [
        (each.device, each.account, PREFIX, *_two_keys(), now, now)
        for each in people
        if each.device is not None
    ]
    await _copy(connection, "device", _DEVICE, devices)
    journals = [(new_id(), each.account, _KEY, Kind.WELCOME, _NOTE, now) for each in people]
    wallets = [(each.account, STARTING_TICKS) for each in people]
    postings = [
        (journal[0], bucket, ticks)
        for journal in journals
        for bucket, ticks in ((Bucket.PROMO, STARTING_TICKS), (Bucket.MINT, -STARTING_TICKS))
    ]
    await _copy(connection, "wallet", _WALLET, wallets)
    await _copy(connection, "journal", _JOURNAL, journals)
    await _copy(connection, "posting", _POSTING, postings)


async def _nodes(connection: Connection, owners: Sequence[_Person]) -> None:
    number = await connection.fetchval(_NUMBERS)
    await connection.execute(_TAKE, number + len(owners))
    dice, now = random.Random(number), datetime.now(UTC)  # noqa: S311 - no secret
    for start in range(0, len(owners), _CHUNK):
        chunk = owners[start : start + _CHUNK]
        rows = list(_node_rows(chunk, number + start, dice, now))
        await _copy(connection, "node", _NODE, rows)
        await _copy(connection, "presence", _PRESENCE, [(row[0], now) for row in rows])


def _node_rows(
    owners: Sequence[_Person], first: int, dice: random.Random, now: datetime
) -> Iterator[Row]:
    everywhere = sorted(REGIONS)
    for number, owner in enumerate(owners, first):
        crowded = dice.random() < _CROWDED_SHARE
        country = dice.choice(_CROWDED if crowded else everywhere)
        inner4, inner6 = inner_networks(number)
        yield (
            *(new_id(), owner.account, owner.device, Status.ONLINE, True, True),
            *(country, REGIONS[country], "", Group.COMMUNITY.value),
            [each.value for each in dice.choice(_OFFERS)],
            *(dice.choice(_BANDWIDTHS_MBPS), 10, 0, 50_000_000_000, True, False),
            None if owner.device is None else dice.randbytes(32),
            *(inner4, inner6, "synthetic", now),
            *(dice.uniform(5, 95), dice.uniform(5, 250), dice.choice((0, 30, 300)), now, now),
        )


def _two_keys() -> tuple[bytes, bytes]:
    return secrets.token_bytes(32), secrets.token_bytes(32)


async def _copy(
    connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Row]
) -> None:
    await connection.copy_records_to_table(table, records=rows, columns=columns)
