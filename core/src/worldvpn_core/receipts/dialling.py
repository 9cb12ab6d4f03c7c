"""The guest's way to its node: by the tunnel's own interface, and never past it."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv6Address
from typing import Final

from worldvpn_core.types import RECEIPTS_PORT, IpAddress

DIAL_S: Final = 5.0


async def dialled(node: IpAddress, interface: str) -> socket.socket:
    """Return a stream to the node's own address, by its tunnel and nothing else. Raises OSError."""
    family = socket.AF_INET6 if isinstance(node, IPv6Address) else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(0)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0")
        async with asyncio.timeout(DIAL_S):
            await asyncio.get_running_loop().sock_connect(sock, (str(node), RECEIPTS_PORT))
    except BaseException:
        sock.close()
        raise
    return sock
