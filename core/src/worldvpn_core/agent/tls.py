"""TLS over a socket the daemon connected, by nothing but send and recv.

asyncio's own streams may call sendmsg, which the system-call filter refuses.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Final, TypeVar

from worldvpn_core.agent.wire import ServerFailedError

_MOST_READ_BYTES: Final = 16_384
_T = TypeVar("_T")


class TlsStream:
    """A TLS connection; the caller owns and closes ``sock``."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, server_name: str) -> None:
        self._socket = sock
        self._arrived = ssl.MemoryBIO()
        self._leaving = ssl.MemoryBIO()
        self._sending = asyncio.Lock()
        self._tls = context.wrap_bio(self._arrived, self._leaving, server_hostname=server_name)

    @property
    def connection(self) -> ssl.SSLObject:
        """The connection itself, for what was agreed on."""
        return self._tls

    def peer_certificate(self) -> bytes:
        """Return the other side's certificate (DER), after the handshake."""
        return self._tls.getpeercert(binary_form=True) or b""

    async def handshake(self) -> None:
        """Agree on keys. Raises ServerFailedError when it is not who it should be."""
        await self._drive(self._tls.do_handshake)
        await self._flush()

    async def send(self, data: bytes) -> None:
        """Send all of ``data``."""
        await self._drive(lambda: self._tls.write(data))
        await self._flush()

    async def receive(self) -> bytes:
        """Return what arrived next; b"" at the end."""
        return await self._drive(lambda: self._tls.read(_MOST_READ_BYTES))

    async def _drive(self, step: Callable[[], _T]) -> _T:
        loop = asyncio.get_running_loop()
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                await self._flush()
                data = await loop.sock_recv(self._socket, _MOST_READ_BYTES)
                if data:
                    self._arrived.write(data)
                else:
                    self._arrived.write_eof()
            except ssl.SSLCertVerificationError as error:
                raise ServerFailedError(f"has a bad certificate: {error.verify_message}") from error
            except ssl.SSLError as error:
                raise ServerFailedError(f"broke off TLS ({error.reason or 'end'})") from error

    async def _flush(self) -> None:
        # One who reads may have to answer while another one writes: never both at once.
        async with self._sending:
            if data := self._leaving.read():
                await asyncio.get_running_loop().sock_sendall(self._socket, data)
