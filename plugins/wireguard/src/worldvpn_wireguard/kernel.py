"""The kernel's engine: a link of kind "wireguard", configured by generic netlink."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from contextlib import AsyncExitStack
from typing import Final

from worldvpn_core.contracts import HostEvents, Links, LinksChanged
from worldvpn_core.errors import EngineError
from worldvpn_wireguard import genl, netlink
from worldvpn_wireguard.closing import Closing
from worldvpn_wireguard.device import Device, DeviceChange, PeerState
from worldvpn_wireguard.tunnel_link import TunnelLink

_NETLINK_GENERIC: Final = 16
_RECEIVE_BYTES: Final = 65_536


class KernelEngine:
    """Makes links that the kernel itself encrypts."""

    def __init__(self, links: Links, events: HostEvents) -> None:
        self._links = links
        self._events = events

    async def make(self, interface: str) -> Device:
        link = TunnelLink(self._links, interface)
        undo = AsyncExitStack()
        try:
            await link.remove()
            undo.push_async_callback(link.remove)
            await link.add("wireguard")
            wireguard = WireGuardNetlink()
            undo.callback(wireguard.close)
            return KernelDevice(interface, wireguard, self._events, undo)
        except BaseException:
            await Closing(undo).run()
            raise


class KernelDevice:
    """An interface of the kernel's WireGuard."""

    def __init__(
        self,
        interface: str,
        wireguard: WireGuardNetlink,
        events: HostEvents,
        undo: AsyncExitStack,
    ) -> None:
        self._interface = interface
        self._wireguard = wireguard
        self._events = events
        self._closing = Closing(undo)
        self._closed = asyncio.Event()

    @property
    def engine(self) -> str:
        return "kernel"

    async def change(self, change: DeviceChange) -> None:
        self._wireguard.change(self._interface, change)

    async def peers(self) -> tuple[PeerState, ...]:
        return self._wireguard.peers(self._interface)

    async def wait_down(self) -> Exception | None:
        vanished = asyncio.create_task(self._vanished())
        closed = asyncio.create_task(self._closed.wait())
        try:
            # the watch subscribes first: what vanished before that is seen by asking
            await asyncio.sleep(0)
            if not (cause := self._cause()):
                await asyncio.wait({vanished, closed}, return_when=asyncio.FIRST_COMPLETED)
                cause = self._cause()
        finally:
            vanished.cancel()
            closed.cancel()
            await asyncio.wait({vanished, closed})
        return None if self._closing.begun else cause

    async def close(self) -> None:
        self._closed.set()
        await self._closing.run()

    async def _vanished(self) -> None:
        async for event in self._events.watch():
            if isinstance(event, LinksChanged) and self._cause():
                return

    def _cause(self) -> EngineError | None:
        if self._closed.is_set():
            return None
        try:
            self._wireguard.peers(self._interface)
        except EngineError as error:
            return error
        return None


class WireGuardNetlink:
    """Speaks with the kernel's WireGuard; every call is answered before it returns."""

    def __init__(self) -> None:
        self._socket = socket.socket(
            socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, _NETLINK_GENERIC
        )
        try:
            self._family = genl.family_number(self._ask(genl.family_request(), "its family"))
        except BaseException:
            self._socket.close()
            raise

    def change(self, interface: str, change: DeviceChange) -> None:
        """Apply ``change`` to ``interface``. Raises EngineError."""
        requests = list(genl.set_requests(self._family, interface, change))
        if change.decoy_key is not None:
            # in one call, so that nothing can part them
            requests[:2] = [requests[0] + requests[1]]
        for request in requests:
            self._ask(request, interface)

    def peers(self, interface: str) -> tuple[PeerState, ...]:
        """Read the peers of ``interface``. Raises EngineError when it has gone."""
        answer = self._ask(genl.get_request(self._family, interface), interface)
        try:
            return genl.peer_states(answer)
        except ValueError as error:
            raise EngineError(f"the kernel's WireGuard does not answer: {error}") from error

    def close(self) -> None:
        """Close the socket. Idempotent."""
        self._socket.close()

    def _ask(self, request: bytes, subject: str) -> list[netlink.Message]:
        awaited = sum(1 for _ in netlink.messages(request))
        answer: list[netlink.Message] = []
        refused = 0
        try:
            self._socket.send(request)
            while awaited:
                for part in netlink.messages(self._socket.recv(_RECEIVE_BYTES)):
                    if part.kind not in {netlink.ERROR, netlink.DONE}:
                        answer.append(part)
                        continue
                    awaited -= 1
                    refused = refused or part.error
        except (OSError, ValueError) as error:
            raise EngineError(f"the kernel's WireGuard does not answer: {error}") from error
        if refused == errno.ENODEV:
            raise EngineError(f"{subject} was removed by something else on this host")
        if refused:
            raise EngineError(
                f"the kernel's WireGuard refused a request about {subject}: {os.strerror(refused)}"
            )
        return answer
