"""The router that this host leaves by, as the main table has it."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv4Address
from typing import Final

from worldvpn_core.contracts import Gateway
from worldvpn_core.types import MARK
from worldvpn_host.links import all_links
from worldvpn_host.route_socket import RouteSocket
from worldvpn_host.routing_plan import FAMILIES
from worldvpn_host.routing_reader import main_routes

#: Any port: nothing is sent, the kernel only says from where it would be.
_ANY_PORT: Final = 9


class KernelUplinks:
    """``Uplinks`` by rtnetlink."""

    def __init__(self, sock: RouteSocket) -> None:
        self._socket = sock

    async def gateway(self) -> Gateway | None:
        return await asyncio.to_thread(self._gateway)

    def _gateway(self) -> Gateway | None:
        defaults = [
            (route.metric, route.device, gateway)
            for route, gateway, _ in main_routes(self._socket, FAMILIES[:1])
            if isinstance(gateway, IPv4Address) and not route.destination.prefixlen and route.device
        ]
        names = {link.index: link.name for link in all_links(self._socket)}
        for _, device, router in sorted(defaults, key=lambda each: each[0]):
            own = _own_address(router)
            if device in names and own is not None:
                return Gateway(router=router, own=own, interface=names[device])
        return None


def _own_address(router: IPv4Address) -> IPv4Address | None:
    """Return the address that our marked packets to ``router`` have."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        try:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, MARK)
            line.connect((str(router), _ANY_PORT))
        except OSError:
            return None
        return IPv4Address(line.getsockname()[0])
