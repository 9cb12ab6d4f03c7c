"""Starts and kills lives, and a PostgreSQL that is killed like them."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self
from uuid import UUID

import attrs

from worldvpn_server.database.cluster import Cluster
from worldvpn_server.errors import StartError

_ROOT: Final = Path(__file__).parents[3]
_PATIENCE_S: Final = 20.0


@attrs.define(eq=False)
class Nursery:
    """The program of ``life`` and the processes it forked."""

    _program: subprocess.Popen[str]
    _dsn: str
    _data: Path
    _seed: int
    alive: list[int] = attrs.field(factory=list)

    @classmethod
    def open(cls, dsn: str, data: Path, seed: int) -> Self:
        """Run the program; it ends with its standard input."""
        program = subprocess.Popen(
            [sys.executable, "-m", "tests.server.kill.life"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=_ROOT,
        )
        return cls(program, dsn, data, seed)

    def start(self) -> None:
        """Begin a life of a seed of its own."""
        self._seed += 1
        self.alive.append(int(self._ask(f"start {self._dsn} {self._data} {self._seed}")))

    def kill(self, pid: int) -> int:
        """Kill a life, unless it has ended by itself; return how it ended."""
        self.alive.remove(pid)
        return int(self._ask(f"kill {pid}"))

    def acknowledged(self) -> dict[UUID, int]:
        """Return the most bytes that any life was told to be settled, by session."""
        most: dict[UUID, int] = {}
        for file in self._data.glob("acknowledged-*"):
            # What follows the last newline was being written.
            for line in file.read_text().rpartition("\n")[0].splitlines():
                session, settled_bytes = line.split()
                most[UUID(session)] = max(most.get(UUID(session), 0), int(settled_bytes))
        return most

    def close(self) -> None:
        """Kill all that lives."""
        for pid in tuple(self.alive):
            self.kill(pid)
        self._program.communicate(timeout=_PATIENCE_S)

    def _ask(self, line: str) -> str:
        assert self._program.stdin
        assert self._program.stdout
        self._program.stdin.write(line + "\n")
        self._program.stdin.flush()
        return self._program.stdout.readline()


@attrs.define(eq=False)
class Mortal:
    """A PostgreSQL that writes to the disk in earnest, and is started anew when killed."""

    _folder: Path
    _options: Sequence[str]
    cluster: Cluster

    @classmethod
    async def start(cls, folder: Path, *options: str) -> Self:
        """Make and start it."""
        return cls(folder, options, await Cluster.start(folder, options=tuple(options)))

    async def kill(self) -> None:
        """Kill the postmaster, and start another once its children have noticed."""
        os.kill(self.cluster.pid, signal.SIGKILL)
        await self.cluster.stop()
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                try:
                    self.cluster = await Cluster.start(self._folder, options=tuple(self._options))
                except StartError:
                    await asyncio.sleep(0.02)
                else:
                    return
