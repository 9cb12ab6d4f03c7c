"""Opening the sockets that the agent may not open itself."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from ipaddress import IPv6Address
from typing import Final

from worldvpn_core.agent.passage import Passage
from worldvpn_core.agent.spec import SocketWanted
from worldvpn_core.types import MARK, Carrier, Endpoint

#: A resolver that does not answer a SYN in this time is not worth waiting for.
CONNECT_TIMEOUT_S: Final = 3.0


async def opened(wanted: SocketWanted, way: Passage) -> socket.socket:
    """Return ``wanted``, connected and non-blocking, going by ``way``; the caller closes it.

    Our mark is what the firewall lets out while a tunnel is wanted and there is none.
    A socket without it goes as any program's would.

    Raises:
        OSError: it cannot be opened, or nobody answered in ``CONNECT_TIMEOUT_S``.
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
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            await _connect(sock, endpoint)
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
