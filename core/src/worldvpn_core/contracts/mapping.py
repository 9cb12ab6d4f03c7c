"""Has the router in front of this host lead packets to it."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable
from typing import Protocol

from worldvpn_core.reach.values import MapAnswer, MapPort
from worldvpn_core.types import Endpoint

#: Returns a socket connected to that endpoint of the router asked; raises OSError.
OpenSocket = Callable[[Endpoint], Awaitable[socket.socket]]


class PortMapper(Protocol):
    """Asks routers. Lives in the agent: whatever they answer was written by a stranger."""

    async def ask(self, wanted: MapPort, open_socket: OpenSocket) -> MapAnswer:
        """Return what the router answers to ``wanted``, within ``spec.MAPPING_TIMEOUT_S``.

        Asking again renews. ``open_socket`` reaches ``wanted.router`` alone: UDP of PCP and of
        SSDP, and TCP of ``wanted.control_port``; sockets are the caller's to close. Silence,
        refusals and nonsense are answers: it raises nothing for what a router sends.
        """
