"""httpcore's network, by sockets that the daemon opens."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable
from typing import Any, Final

from httpcore import AsyncNetworkBackend, AsyncNetworkStream, ReadTimeout, WriteTimeout

from worldvpn_central.errors import BrokenError
from worldvpn_central.tls import TlsSocket
from worldvpn_central.trust import Trust
from worldvpn_core.central.server import CentralServer
from worldvpn_core.contracts import CentralDesk
from worldvpn_core.errors import CentralOfflineError

_HANDSHAKE_S: Final = 10.0
#: The daemon gives up connecting sooner.
_SOCKET_S: Final = 10.0


class DeskBackend:
    """Reaches one server only."""

    def __init__(self, server: CentralServer, desk: CentralDesk, trust: Trust) -> None:
        self._server = server
        self._desk = desk
        self._trust = trust

    async def connect(self) -> Stream:
        """Return a connection over TLS to the first address where the right one answers.

        Raises:
            CentralOfflineError: there is none; a wrong certificate is told before all else.
        """
        failed: CentralOfflineError | None = None
        stranger: CentralOfflineError | None = None
        for endpoint in self._server.addresses:
            try:
                async with asyncio.timeout(_SOCKET_S):
                    sock = await self._desk.socket(endpoint)
            except TimeoutError:
                failed = failed or CentralOfflineError(f"no socket was given for {endpoint}")
                continue
            except CentralOfflineError as error:
                failed = failed or error
                continue
            connection = TlsSocket(sock, self._trust.context, self._server.server_name)
            try:
                async with asyncio.timeout(_HANDSHAKE_S):
                    await connection.handshake(self._trust)
            except TimeoutError:
                connection.close()
                failed = failed or CentralOfflineError(
                    f"the central server does not answer at {endpoint}"
                )
            except BrokenError as error:
                connection.close()
                failed = failed or CentralOfflineError(f"no connection at {endpoint}: {error}")
            except CentralOfflineError as error:
                connection.close()
                stranger = error
            except BaseException:
                connection.close()
                raise
            else:
                return Stream(connection)
        raise stranger or failed or CentralOfflineError("the central server has no address")


class Connections(AsyncNetworkBackend):
    """A pool's own: closed with it, those too that were being made meanwhile."""

    def __init__(self, backend: DeskBackend) -> None:
        self._backend = backend
        self._open: set[Stream] = set()
        self._closed = False

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[object] | None = None,
    ) -> AsyncNetworkStream:
        del host, port, timeout, local_address, socket_options
        made = await self._backend.connect()
        if self._closed:
            await made.aclose()
            raise BrokenError("the connection was closed")
        self._open = {made, *(each for each in self._open if not each.is_closed)}
        return made

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def aclose(self) -> None:
        """Close them, and whatever comes later."""
        self._closed = True
        for each in self._open:
            await each.aclose()


class Stream(AsyncNetworkStream):
    """What httpcore reads and writes: encrypted from the start."""

    def __init__(self, connection: TlsSocket) -> None:
        self._connection = connection

    @property
    def is_closed(self) -> bool:
        """Say whether it was."""
        return self._connection.is_closed

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's signature
        del max_bytes  # h2 takes whatever there is
        try:
            async with asyncio.timeout(timeout):
                return await self._connection.read()
        except TimeoutError as error:
            raise ReadTimeout("nothing came") from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's signature
        try:
            async with asyncio.timeout(timeout):
                await self._connection.write(buffer)
        except TimeoutError as error:
            raise WriteTimeout("nothing is taken") from error

    async def aclose(self) -> None:
        self._connection.close()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
    ) -> AsyncNetworkStream:
        del ssl_context, server_hostname, timeout
        return self

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - httpcore's signature
        match info:
            case "ssl_object":
                return self._connection.tls
            case "is_readable":
                return self._connection.has_ended
            case _:
                return None
