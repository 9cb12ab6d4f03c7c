"""A PostgreSQL of our own: the programs of a wheel, run as a child on a socket only we may open."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final, Self

import asyncpg
import attrs

from worldvpn_server.database import launch, making, sizing
from worldvpn_server.database.making import SUPERUSER
from worldvpn_server.errors import StartError

_READY_S: Final = 30.0
#: Reading the log again after a crash may take long; it says so as long as it does.
_RECOVERY_S: Final = 1800.0
_STOP_S: Final = 20.0
_MOST_LOG_BYTES: Final = 4 * 1024 * 1024


@attrs.define(eq=False)
class Cluster:
    """One running cluster in ``folder``; made by ``start``, ended by ``stop``."""

    folder: Path
    _process: subprocess.Popen[bytes]

    @classmethod
    async def start(cls, folder: Path, *, options: tuple[str, ...] = ()) -> Self:
        """Make the cluster if there is none, and run it. ``options`` are "name=value" settings.

        It ends when the calling thread does (PR_SET_PDEATHSIG): call it from one that lasts.

        Raises:
            StartError: it cannot be made or does not start; the log's place is in the message.
        """
        account = await asyncio.to_thread(making.prepared, folder)
        cluster = cls(folder, _begin(folder, account, options))
        await cluster._ready()
        return cluster

    def dsn(self, database: str = SUPERUSER, *, user: str = SUPERUSER) -> str:
        """Return how ``user`` connects to ``database``."""
        return making.dsn(self.folder, database, user)

    @property
    def pid(self) -> int:
        """The postmaster's process."""
        return self._process.pid

    def exited(self) -> bool:
        """Return whether it has ended."""
        return self._process.poll() is not None

    async def stop(self) -> None:
        """Let transactions fail, write what is to be written, and end. Idempotent."""
        # "Fast", then "immediate" (pg_ctl(1)): the second leaves a recovery to the next start.
        for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if self._process.poll() is None:
                self._process.send_signal(how)
            try:
                await asyncio.to_thread(self._process.wait, _STOP_S)
            except subprocess.TimeoutExpired:
                continue
            return

    async def _ready(self) -> None:
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        while not self.exited():
            patience_s = _READY_S
            try:
                connection = await asyncpg.connect(self.dsn(), timeout=_READY_S)
            except asyncpg.CannotConnectNowError:
                patience_s = _RECOVERY_S
            except (OSError, asyncpg.PostgresError):
                pass
            else:
                await connection.close()
                return
            if loop.time() - begun_s > patience_s:
                break
            await asyncio.sleep(0.02)
        await self.stop()
        raise StartError(f"PostgreSQL does not start: {_last_words(self.folder / 'log')}")


def _begin(
    folder: Path, account: tuple[int, int] | None, options: tuple[str, ...]
) -> subprocess.Popen[bytes]:
    run, log = folder / "run", folder / "log"
    settings = (
        "listen_addresses=",
        f"unix_socket_directories={run}",
        "unix_socket_permissions=0700",
        *sizing.settings(sizing.memory_bytes()),
        *options,
    )
    words = [word for each in settings for word in ("-c", each)]
    become = "-" if account is None else f"{account[0]}:{account[1]}"
    if log.exists() and log.stat().st_size > _MOST_LOG_BYTES:
        log.replace(log.with_suffix(".old"))
    with log.open("ab") as said:
        return subprocess.Popen(  # noqa: S603 - argv is ours, there is no shell
            [
                *(sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), become),
                *(making.program("postgres"), "-D", str(folder / "data"), *words),
            ],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            cwd="/",
            start_new_session=True,  # Ctrl-C is for us: we stop it in order
        )


def _last_words(log: Path) -> str:
    lines = log.read_text("utf-8", errors="replace").splitlines()
    said = [line.partition("FATAL:")[2].strip() for line in lines[-20:] if "FATAL:" in line]
    return f"{said[-1]} (see {log})" if said else f"see {log}"
