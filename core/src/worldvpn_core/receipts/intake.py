"""Where guests' streams of receipts come in: the node's own addresses, inside its namespace."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from functools import partial
from ipaddress import IPv6Address, ip_address
from typing import Final

from worldvpn_core.agent.link import AgentLink
from worldvpn_core.agent.stream import Stream, read_frames
from worldvpn_core.contracts import Namespace
from worldvpn_core.errors import WorldVpnError
from worldvpn_core.receipts.node_side import NodeSide
from worldvpn_core.types import RECEIPTS_PORT, IpAddress

#: Whoever opens streams faster than this is not listened to.
LEAST_S: Final = 0.5
_BACKLOG: Final = 64

_log = logging.getLogger(__name__)


class Intake:
    """Takes guests' streams and hands them to the agent; one a guest, the newest."""

    def __init__(self, agent: AgentLink, side: NodeSide) -> None:
        self._agent = agent
        self._side = side
        self._listening: list[socket.socket] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._last: dict[IpAddress, float] = {}

    async def open(self, space: Namespace, addresses: tuple[IpAddress, ...]) -> None:
        """Listen at ``addresses`` in ``space``, until ``close``. Raises OSError."""
        self.close()
        for address in addresses:
            listening = await space.run(partial(_listening, address))
            self._listening.append(listening)
            asyncio.get_running_loop().add_reader(listening, self._accept, listening)

    def close(self) -> None:
        """Listen no more, and end what came. Idempotent."""
        for listening in self._listening:
            asyncio.get_running_loop().remove_reader(listening)
            listening.close()
        self._listening.clear()
        for task in self._tasks:
            task.cancel()
        self._last.clear()

    def _accept(self, listening: socket.socket) -> None:
        try:
            sock, peer = listening.accept()
        except OSError as error:
            # Whoever came has gone again.
            _log.info("a guest's stream did not come: %s", error)
            return
        sock.settimeout(0)
        task = asyncio.create_task(self._follow(sock, ip_address(peer[0])))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # One that is cancelled before its first step closes nothing.
        task.add_done_callback(lambda _task: sock.close())

    async def _follow(self, sock: socket.socket, peer: IpAddress) -> None:
        with sock:
            end, now_s = self._side.at(peer), time.monotonic()
            if end is None or now_s - self._last.get(peer, 0.0) < LEAST_S:
                return
            self._last[peer] = now_s
            streams: list[Stream] = []

            def begun(stream: Stream) -> None:
                streams.append(stream)
                end.opened(stream)

            try:
                await read_frames(
                    self._agent,
                    sock,
                    is_nodes=True,
                    heard=lambda frame: end.received(streams[0], frame),
                    begun=begun,
                )
            except WorldVpnError as error:
                _log.info("a guest's stream of receipts ended: %s", error)
            finally:
                for stream in streams:
                    end.closed(stream)


def _listening(address: IpAddress) -> socket.socket:
    family = socket.AF_INET6 if isinstance(address, IPv6Address) else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((str(address), RECEIPTS_PORT))
        sock.listen(_BACKLOG)
        sock.settimeout(0)
    except BaseException:
        sock.close()
        raise
    return sock
