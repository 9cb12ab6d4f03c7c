"""Backups by PostgreSQL's own tools, restored: positions go on, and the audit passes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import asyncpg
import httpx
import pytest

from tests.server.operations.process import ServerProcess
from worldvpn_server.database.making import dsn, program

pytestmark = pytest.mark.anyio

_ALICE = {"username": "backup-reader", "password": "nine lamps over harbour"}


def _run(*argv: str) -> None:
    done = subprocess.run(argv, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def _sign_in(server: ServerProcess) -> int:
    return httpx.post(f"{server.url}/auth/login", json=_ALICE).status_code


def _audit(data: Path) -> int:
    argv = [sys.executable, "-m", "worldvpn_server", "audit", "--data", str(data)]
    return subprocess.run(argv, check=False, capture_output=True).returncode


async def _head(data: Path) -> tuple[int, int]:
    """Return the next position, and the last one that is written."""
    connection = await asyncpg.connect(dsn(data / "postgres", "worldvpn", "postgres"))
    try:
        last = await connection.fetchval("SELECT max(position) FROM journal")
        return await connection.fetchval("SELECT tx_position()"), last
    finally:
        await connection.close()


def _register(server: ServerProcess, name: str) -> None:
    httpx.post(f"{server.url}/auth/register", json=_ALICE | {"username": name}).raise_for_status()


async def test_dump_that_is_restored_into_a_new_cluster_goes_on(folder: Path) -> None:
    old = ServerProcess.start(folder)
    _register(old, _ALICE["username"])
    # Numbers of transactions as an old server has them, which a new cluster starts again from.
    owner = dsn(folder / "postgres", "worldvpn", "postgres")
    connection = await asyncpg.connect(owner)
    for _ in range(2_000):
        await connection.execute("SELECT pg_current_xact_id()")
    await connection.close()
    _register(old, "backup-second")
    dump = folder.parent / "worldvpn.dump"
    _run(program("pg_dump"), "--format=custom", f"--file={dump}", f"--dbname={owner}")
    old.stop()
    new = ServerProcess.start(_with_the_keys_of(folder))
    reach = (f"--host={new.data / 'postgres' / 'run'}", "--username=postgres")
    _run(program("createdb"), *reach, "--template=template0", "restored")
    options = ("--single-transaction", "--exit-on-error", "--dbname=restored")
    _run(program("pg_restore"), *reach, *options, str(dump))
    _run(program("dropdb"), *reach, "--force", "worldvpn")
    rename = "ALTER DATABASE restored RENAME TO worldvpn"
    _run(program("psql"), *reach, "--dbname=postgres", f"--command={rename}")
    new.stop()

    await _goes_on(new.data)


async def test_base_backup_of_a_running_server_goes_on(folder: Path) -> None:
    old = ServerProcess.start(folder)
    _register(old, _ALICE["username"])
    place = _with_the_keys_of(folder)
    copy = place / "postgres" / "data"
    run = folder / "postgres" / "run"
    reach = (f"--host={run}", "--username=postgres")
    _run(program("pg_basebackup"), *reach, "--checkpoint=fast", f"--pgdata={copy}")
    old.stop()

    await _goes_on(place)


def _with_the_keys_of(folder: Path) -> Path:
    place = folder.parent / "new"
    place.mkdir()
    _run("cp", "-a", str(folder / "keys"), str(place))
    return place


async def _goes_on(place: Path) -> None:
    server = ServerProcess.start(place)
    following, last = await _head(place)
    _register(server, "after-restore")
    signed_in = _sign_in(server)
    audited = _audit(place)
    server.stop()

    assert following > last
    assert (signed_in, audited) == (200, 0)
