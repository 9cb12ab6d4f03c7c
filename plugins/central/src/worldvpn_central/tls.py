"""TLS over a socket that the daemon connected: send and recv only, checked before it is used.

One task may read while another writes, and either may be cancelled: what a cancelled read has
taken off the socket is there for the next, and a connection cut amid a write is not used again.
"""

from __future__ import annotations

import asyncio
import select
import socket
import ssl
from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

from worldvpn_central.errors import BrokenError
from worldvpn_central.trust import Trust
from worldvpn_core.errors import CentralOfflineError

_MOST_READ_BYTES: Final = 65_536
_T = TypeVar("_T")


class TlsSocket:
    """A TLS connection; it owns ``sock``."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, server_name: str) -> None:
        self._socket = sock
        self._came = ssl.MemoryBIO()
        self._leaving = ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._came, self._leaving, server_hostname=server_name)
        self._sending = asyncio.Lock()
        self._arriving: asyncio.Task[bytes] | None = None
        self._gone = asyncio.Event()

    async def handshake(self, trust: Trust) -> None:
        """Agree on keys, and make sure of whom with. Raises CentralOfflineError, BrokenError."""
        try:
            await self._drive(self.tls.do_handshake)
        except ssl.SSLCertVerificationError as error:
            raise CentralOfflineError(
                f"the central server's certificate is not to be trusted: {error.verify_message}"
            ) from None
        # Before ours is flushed: a stranger learns nothing, not even that we agreed.
        trust.check(self.tls.getpeercert(binary_form=True))
        await self._flush()

    async def read(self) -> bytes:
        """Return what arrived next; b"" at the end. Raises BrokenError."""
        return await self._drive(lambda: self.tls.read(_MOST_READ_BYTES))

    async def write(self, data: bytes) -> None:
        """Send all of ``data``. Raises BrokenError."""
        view = memoryview(data)
        while view:
            view = view[await self._drive(partial(self.tls.write, view)) :]
        await self._flush()

    @property
    def is_closed(self) -> bool:
        """Say whether ``close`` was called."""
        return self._gone.is_set()

    @property
    def has_ended(self) -> bool:
        """Say whether something has come while nothing was asked: its end, most of all."""
        if self._gone.is_set():
            return True
        look = select.poll()
        look.register(self._socket, select.POLLIN)
        return bool(look.poll(0))

    def close(self) -> None:
        """Close the socket; whoever reads or writes gets a BrokenError. Idempotent."""
        self._gone.set()
        if self._arriving is not None:
            self._arriving.cancel()
        self._socket.close()

    async def _drive(self, step: Callable[[], _T]) -> _T:
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._receive()
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError) as error:
                raise BrokenError("it closed the connection") from error
            except ssl.SSLCertVerificationError:
                raise
            except ssl.SSLError as error:
                raise BrokenError(f"TLS failed ({error.reason or 'end'})") from error

    async def _receive(self) -> None:
        if self._gone.is_set():
            raise BrokenError("the connection was closed")
        if self._arriving is None:
            loop = asyncio.get_running_loop()
            self._arriving = loop.create_task(loop.sock_recv(self._socket, _MOST_READ_BYTES))
        arriving = self._arriving
        # Not cancelled with us: what it took off the socket would be lost to TLS.
        await asyncio.wait({arriving})
        if self._arriving is not arriving:
            return  # another reader has taken it
        self._arriving = None
        try:
            data = arriving.result()
        except (OSError, asyncio.CancelledError) as error:
            raise BrokenError("the connection was lost") from error
        if data:
            self._came.write(data)
        else:
            self._came.write_eof()

    async def _flush(self) -> None:
        async with self._sending:
            if self._gone.is_set():
                raise BrokenError("the connection was closed")
            if not (data := self._leaving.read()):
                return
            try:
                await asyncio.get_running_loop().sock_sendall(self._socket, data)
            except OSError as error:
                raise BrokenError("the connection was lost") from error
            except asyncio.CancelledError:
                self.close()  # half a record may be out: nothing can follow it
                raise
