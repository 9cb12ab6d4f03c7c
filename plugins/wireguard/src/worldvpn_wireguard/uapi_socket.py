"""One connection to a running wireguard-go."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Final

from worldvpn_core.errors import EngineError
from worldvpn_wireguard import uapi
from worldvpn_wireguard.device import DeviceChange, PeerState

#: Where wireguard-go puts its sockets; built into it, and one for all network namespaces.
SOCKETS: Final = Path("/var/run/wireguard")

#: An engine that is stopped or hung must not hang us: it answers in well under 10 ms.
ANSWER_TIMEOUT_S: Final = 1.0
_PART_BYTES: Final = 65_536


def socket_of(interface: str) -> Path:
    """Return where the engine of ``interface`` listens."""
    return SOCKETS / f"{interface}.sock"


def connected(path: Path) -> socket.socket:
    """Return a connection to the engine at ``path``. Raises OSError when none listens."""
    found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        found.connect(str(path))
    except OSError:
        found.close()
        raise
    return found


class UapiSocket:
    """Asks one thing after the other; connects when it is first asked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turn = asyncio.Lock()
        self._free: socket.socket | None = None

    async def change(self, change: DeviceChange) -> None:
        """Apply ``change``. Raises EngineError."""
        uapi.check(await self._ask(uapi.set_request(change)))

    async def peers(self) -> tuple[PeerState, ...]:
        """Read every peer. Raises EngineError."""
        return uapi.peer_states(await self._ask(uapi.GET))

    def close(self) -> None:
        """Close the connection. Idempotent."""
        if self._free is not None:
            self._free.close()
            self._free = None

    async def _ask(self, request: bytes) -> bytes:
        try:
            async with self._turn, asyncio.timeout(ANSWER_TIMEOUT_S):
                return await self._exchange(request)
        except TimeoutError:
            raise EngineError(
                f"wireguard-go has not answered in {ANSWER_TIMEOUT_S:g} s: "
                "it is stopped or hangs; connect again"
            ) from None
        except OSError:
            raise EngineError("wireguard-go has ended; connect again") from None

    async def _exchange(self, request: bytes) -> bytes:
        used = self._free or connected(self._path)
        self._free = None
        try:
            answer = await _exchange(used, request)
        except BaseException:
            # a late answer would be taken for the next one's
            used.close()
            raise
        self._free = used
        return answer


async def _exchange(used: socket.socket, request: bytes) -> bytes:
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(used, request)
    answer = bytearray()
    while not answer.endswith(b"\n\n"):
        part = await loop.sock_recv(used, _PART_BYTES)
        if not part:
            raise ConnectionResetError
        answer += part
    return bytes(answer)


async def ended(used: socket.socket) -> None:
    """Return when the engine has closed the connection."""
    try:
        while await asyncio.get_running_loop().sock_recv(used, _PART_BYTES):
            pass
    except ConnectionError:
        return
