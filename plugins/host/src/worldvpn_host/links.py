"""Network interfaces: read, made, configured and removed by rtnetlink."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeVar

from worldvpn_core.contracts import LinkFacts
from worldvpn_core.errors import EngineError, RoutingError
from worldvpn_host import sysctls
from worldvpn_host.link_codec import (
    ALL_LINKS,
    RTM_GETLINK,
    RTM_NEWLINK,
    make_link,
    raise_link,
    read_link,
    remove_link,
    resize_link,
)
from worldvpn_host.netlink import Request
from worldvpn_host.route_socket import RouteSocket

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Run(Protocol):
    """Runs a function in a thread of the links' own namespace."""

    async def __call__(
        self, function: Callable[_P, _T], /, *arguments: _P.args, **named: _P.kwargs
    ) -> _T:
        """Return what it returns."""


def all_links(sock: RouteSocket) -> tuple[LinkFacts, ...]:
    """Return every link of this network namespace."""
    found = sock.dump(RTM_GETLINK, ALL_LINKS)
    return tuple(read_link(message.body) for message in found if message.kind == RTM_NEWLINK)


class KernelLinks:
    """Links of the kernel's own. Every call runs in a thread: removal waits for RCU."""

    def __init__(self, sock: RouteSocket, run: Run = asyncio.to_thread) -> None:
        self._socket = sock
        self._run = run

    async def all(self) -> tuple[LinkFacts, ...]:
        return await self._run(all_links, self._socket)

    async def add(self, name: str, kind: str) -> None:
        refused = await self._run(self._socket.send, [make_link(name, kind)])
        if refused and refused[0].errno == errno.EOPNOTSUPP:
            raise EngineError(f"this kernel has no {kind} interfaces: load the module {kind}")
        if refused:
            raise EngineError(str(refused[0]))

    async def delete(self, name: str) -> None:
        await self._do(remove_link(name, harmless=frozenset({errno.ENODEV})))

    async def set_up(self, name: str) -> None:
        await self._run(sysctls.refuse_orders_from, name)
        await self._do(raise_link(name))

    async def set_mtu(self, name: str, mtu_bytes: int) -> None:
        await self._do(resize_link(name, mtu_bytes))

    async def _do(self, request: Request) -> None:
        refused = await self._run(self._socket.send, [request])
        if refused:
            raise RoutingError(str(refused[0]))
