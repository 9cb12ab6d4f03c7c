"""Our UDP ports that nodes and guests call: datagrams in, observations out, nothing back."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import AsyncIterator
from functools import partial
from ipaddress import ip_address
from typing import Final

import asyncpg
import attrs
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from worldvpn_server.errors import ApiError
from worldvpn_server.http.source import Address, plain
from worldvpn_server.reach.exchange import Dial
from worldvpn_server.reach.holes import LISTENERS, Holes, Observation
from worldvpn_server.reach.noise import NoiseError, read_initiation

_log = logging.getLogger(__name__)

#: Handshakes read in a second, in all: each takes two multiplications on the curve.
MOST_A_SECOND: Final = 500
#: Observations that are being written; more than that are dropped, and called again.
_MOST_WAITING: Final = 256


@attrs.define(eq=False)
class _Ears(asyncio.DatagramProtocol):
    """Reads what comes to one port."""

    holes: Holes
    private: X25519PrivateKey = attrs.field(repr=False)
    listener: int
    _waiting: set[asyncio.Task[None]] = attrs.field(factory=set)
    _second: int = 0
    _read: int = 0

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        host = plain(addr[0])
        if host is None or len(self._waiting) >= _MOST_WAITING or self._is_busy():
            return
        try:
            key, stamp = read_initiation(self.private, data, self._counted)
        except NoiseError:
            return
        seen = Observation(
            key=key, stamp=stamp, listener=self.listener, host=ip_address(host), port=addr[1]
        )
        task = asyncio.get_running_loop().create_task(self._tell(seen))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    def error_received(self, exc: Exception) -> None:
        del exc

    def _counted(self) -> None:
        self._read += 1

    def _is_busy(self) -> bool:
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._read = second, 0
        return self._read >= MOST_A_SECOND

    async def _tell(self, seen: Observation) -> None:
        try:
            await self.holes.observed(seen)
        except (ApiError, OSError, asyncpg.PostgresError) as error:
            _log.warning("an observation is lost: %s", type(error).__name__)


@contextlib.asynccontextmanager
async def listening(holes: Holes) -> AsyncIterator[None]:
    """Hear nodes and guests at our ports; several processes share them."""
    async with contextlib.AsyncExitStack() as stack:
        loop = asyncio.get_running_loop()
        for listener, port in zip(LISTENERS, holes.config.punch_ports, strict=False):
            try:
                line = bound(holes.config.host, port)
            except OSError as error:
                _log.error("UDP port %d cannot be listened on: %s", port, error.strerror)
                continue
            ears = _Ears(holes, holes.keys[listener], listener)
            transport, _ = await loop.create_datagram_endpoint(partial(_same, ears), sock=line)
            stack.callback(transport.close)
        yield


def _same(ears: _Ears) -> _Ears:
    return ears


def bound(host: str, port: int) -> socket.socket:
    """Return a UDP socket at one of our ports. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    line = socket.socket(family, socket.SOCK_DGRAM)
    try:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        line.bind((host, port))
    except OSError:
        line.close()
        raise
    line.setblocking(False)  # noqa: FBT003 - it takes no keyword
    return line


def dial_from(host: str, port: int) -> Dial:
    """Return what dials from our own ``port``: by the hole that a node has made for it."""

    def dial(address: Address, there: int) -> socket.socket:
        line = bound(host, port)
        try:
            line.connect((str(address), there))
        except OSError:
            line.close()
            raise
        return line

    return dial
