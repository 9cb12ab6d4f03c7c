"""One worker process, as its supervisor sees it."""

from __future__ import annotations

import asyncio
import contextlib
import pickle
import signal
import sys
from typing import Final, Self

import attrs

from worldvpn_server.config import ServerConfig

#: What a worker writes once it answers.
READY: Final = b"ready\n"
_MODULE: Final = "worldvpn_server.operations.worker"


@attrs.frozen(kw_only=True)
class Orders:
    """What a worker is told, by its standard input: arguments could be read by everybody."""

    config: ServerConfig
    dsn: str = attrs.field(repr=False)
    #: The listening socket, inherited.
    descriptor: int
    supervisor: int

    def packed(self) -> bytes:
        """Return the bytes of it; ``read`` is the way back."""
        return pickle.dumps(self)

    @classmethod
    def read(cls, packed: bytes) -> Self:
        """Return what ``packed`` made."""
        found = pickle.loads(packed)  # noqa: S301 - the pipe is of the process that started us
        if not isinstance(found, cls):
            raise TypeError(f"these are no orders: {type(found).__name__}")
        return found


@attrs.define(eq=False)
class Child:
    """A worker: a fresh interpreter that inherits the socket, and nothing else."""

    _process: asyncio.subprocess.Process

    @classmethod
    async def start(cls, orders: Orders) -> Self:
        """Start one; see ``ready``."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", _MODULE),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            pass_fds=(orders.descriptor,),
            start_new_session=True,  # Ctrl-C is for the supervisor: it stops all in order
        )
        child = cls(process)
        if process.stdin is not None:
            process.stdin.write(orders.packed())
            process.stdin.close()
        return child

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    async def ready(self) -> bool:
        """Wait until it answers requests; False: it ended before."""
        stdout = self._process.stdout
        return stdout is not None and await stdout.readline() == READY

    async def ended(self) -> int:
        """Wait for its end; return its exit status."""
        return await self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it still is."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def stop(self, grace_s: float) -> None:
        """Let it finish its requests; kill it when that takes longer."""
        self.signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(grace_s):
                await self.ended()
        except TimeoutError:
            self.signal(signal.SIGKILL)
            await self.ended()
