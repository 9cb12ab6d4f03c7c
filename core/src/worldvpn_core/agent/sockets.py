"""Opening the sockets that the agent may not open itself."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Callable
from ipaddress import IPv6Address
from typing import Final

from worldvpn_core.agent.passage import Passage
from worldvpn_core.agent.spec import SocketWanted
from worldvpn_core.types import MARK, Carrier, Endpoint

#: A resolver that does not answer a SYN in this time is not worth waiting for.
CONNECT_TIMEOUT_S: Final = 3.0

Admit = Callable[[SocketWanted], Passage | None]


class Sockets:
    """Opens sockets by the way that is theirs now, which may be another while one connects."""

    def __init__(self, admit: Admit) -> None:
        self._admit = admit
        self._limits: set[asyncio.Timeout] = set()
        self._moves = 0

    def moved(self) -> None:
        """Take note that the way is another: what connects by the old one begins anew."""
        self._moves += 1
        for limit in self._limits:
            if not limit.expired():
                limit.reschedule(0.0)

    async def opened(self, wanted: SocketWanted) -> socket.socket | None:
        """Return ``wanted``, connected and non-blocking, for the caller to close.

        None: it is not let out now.

        Raises:
            OSError: it cannot be opened, or nobody answered in ``CONNECT_TIMEOUT_S``.
        """
        while (way := self._admit(wanted)) is not None:
            moves = self._moves
            try:
                return await _opened(wanted, way, self._limits)
            except OSError:
                if moves == self._moves:
                    raise
        return None


async def _opened(
    wanted: SocketWanted, way: Passage, limits: set[asyncio.Timeout]
) -> socket.socket:
    """Open by ``way``; while it connects, ``limits`` has what ends that.

    Our mark is what the firewall lets out while a tunnel is wanted and there is none.
    A socket without it goes as any program's would.
    """
    endpoint = wanted.endpoint
    sock = socket.socket(
        socket.AF_INET6 if isinstance(endpoint.host, IPv6Address) else socket.AF_INET,
        socket.SOCK_DGRAM if endpoint.carrier is Carrier.UDP else socket.SOCK_STREAM,
    )
    try:
        sock.settimeout(0)
        if way is Passage.MARKED:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, MARK)
        async with asyncio.timeout(CONNECT_TIMEOUT_S) as limit:
            limits.add(limit)
            try:
                await _connect(sock, endpoint)
            finally:
                limits.discard(limit)
    except BaseException:
        sock.close()
        raise
    return sock


async def _connect(sock: socket.socket, endpoint: Endpoint) -> None:
    """Connect by address alone: asyncio's own would look a scoped address up in a thread."""
    error = sock.connect_ex(_address(endpoint))
    if error == errno.EINPROGRESS:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_writer(sock, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_writer(sock)
        error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if error:
        raise OSError(error, os.strerror(error))


def _address(endpoint: Endpoint) -> tuple[str, int] | tuple[str, int, int, int]:
    host = endpoint.host
    if isinstance(host, IPv6Address):
        scope = socket.if_nametoindex(host.scope_id) if host.scope_id else 0
        return (str(host).partition("%")[0], endpoint.port, 0, scope)
    return (str(host), endpoint.port)
