"""Brings a database to this version: numbered SQL files, each applied once, in order."""

from __future__ import annotations

import hashlib
from importlib import resources
from typing import Final

import asyncpg

from worldvpn_server.database.pool import ROLE
from worldvpn_server.errors import StartError

_LOCK: Final = 0x57565044
_FEWEST_VERSION: Final = 160_000

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS migration (
    name text PRIMARY KEY,
    sha256 bytea NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""

#: Roles belong to the cluster, and another database of it may have made ours.
_ROLE: Final = f"""
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN
        CREATE ROLE {ROLE} NOLOGIN;
    END IF;
    IF NOT pg_has_role(current_user, '{ROLE}', 'SET') THEN
        EXECUTE format('GRANT {ROLE} TO %I', current_user);
    END IF;
END $$
"""

#: A cluster restored from a dump counts transactions anew: positions must go on from the last.
_ERA: Final = """
UPDATE era SET base = base + greatest(0, last.position + 1 - tx_position())
FROM (SELECT greatest(
    (SELECT max(position) FROM journal), (SELECT max(position) FROM outbox), 0
) AS position) AS last
"""


async def migrate(dsn: str) -> tuple[str, ...]:
    """Apply what is missing and return its names. Several servers may start at once.

    Raises:
        StartError: PostgreSQL is too old, or an applied file is not what this version has.
    """
    connection = await asyncpg.connect(dsn)
    try:
        version = int(await connection.fetchval("SHOW server_version_num"))
        if version < _FEWEST_VERSION:
            raise StartError(f"PostgreSQL {version // 10_000} is too old: 16 or newer is needed")
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        async with connection.transaction():
            await connection.execute(_TABLE)
            await connection.execute(_ROLE)
            applied = await _apply_missing(connection)
            await connection.execute(_ERA)
        return applied
    finally:
        await connection.close()


async def _apply_missing(connection: asyncpg.Connection[asyncpg.Record]) -> tuple[str, ...]:
    known = {row["name"]: row["sha256"] for row in await connection.fetch("TABLE migration")}
    applied = []
    for name, script in _scripts():
        digest = hashlib.sha256(script.encode()).digest()
        if name not in known:
            await connection.execute(script)
            await connection.execute("INSERT INTO migration VALUES ($1, $2)", name, digest)
            applied.append(name)
        elif known[name] != digest:
            raise StartError(
                f"the database was migrated by another {name} than this version has: "
                "start the version that made it, or restore a backup of this one"
            )
    return tuple(applied)


def _scripts() -> list[tuple[str, str]]:
    folder = resources.files("worldvpn_server.database") / "schema"
    files = [each for each in folder.iterdir() if each.name.endswith(".sql")]
    return sorted((each.name, each.read_text("utf-8")) for each in files)
