"""News from the host: an rtnetlink subscription and a timer that feels suspends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from worldvpn_core.contracts import HostEvent, LinksChanged, NetworkChanged, Resumed
from worldvpn_host.link_codec import ALL_LINKS, RTM_GETLINK
from worldvpn_host.netlink import messages
from worldvpn_host.news import GROUPS, NewsReader
from worldvpn_host.resume import ClockJumps
from worldvpn_host.route_codec import ADDRESS_HEADER, RTM_GETADDR
from worldvpn_host.route_socket import RouteSocket, open_route_socket

_BURST_S: Final = 0.05
_RECEIVE_BYTES: Final = 65_536


class Bursts:
    """Decides when an event is told. Pure: the time is given to it.

    A first LinksChanged is told at once, for a new device is open to raw frames
    until the firewall knows it; those that follow wait until a burst's length has
    passed. NetworkChanged always waits: nothing is lost by that, and one DHCP
    lease makes many.
    """

    def __init__(self) -> None:
        self._due_s: dict[HostEvent, float] = {}
        self._links_told_s = float("-inf")

    def add(self, event: HostEvent, now_s: float) -> None:
        """Take ``event`` in."""
        due_s = now_s
        if event == LinksChanged():
            due_s = max(now_s, self._links_told_s + _BURST_S)
        elif event == NetworkChanged():
            due_s = now_s + _BURST_S
        self._due_s.setdefault(event, due_s)

    def wait_s(self, now_s: float) -> float | None:
        """Return how long nothing needs to be told, None: until the next event."""
        return max(0.0, min(self._due_s.values()) - now_s) if self._due_s else None

    def take(self, now_s: float) -> tuple[HostEvent, ...]:
        """Return, once, the events that are due."""
        due = tuple(event for event, due_s in self._due_s.items() if due_s <= now_s)
        for event in due:
            del self._due_s[event]
            if event == LinksChanged():
                self._links_told_s = now_s
        return due


class KernelEvents:
    """Events of the network namespace and the host. Idle, it never wakes up."""

    def __init__(self, sock: RouteSocket) -> None:
        self._socket = sock

    async def watch(self) -> AsyncIterator[HostEvent]:
        loop = asyncio.get_running_loop()
        bursts = Bursts()
        subscription = _Subscription(self._socket, bursts)
        try:
            while True:
                await subscription.happened(bursts.wait_s(loop.time()))
                for event in bursts.take(loop.time()):
                    yield event
        finally:
            subscription.close()


class _Subscription:
    """The descriptors behind one watcher."""

    def __init__(self, sock: RouteSocket, bursts: Bursts) -> None:
        self._bursts = bursts
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._socket = open_route_socket(GROUPS)
        self._socket.settimeout(0)
        self._jumps = ClockJumps()
        self._reader = NewsReader(sock.port)
        # After subscribing, so that nothing falls between; what is there is no news.
        for kind, body in (
            (RTM_GETLINK, ALL_LINKS),
            (RTM_GETADDR, ADDRESS_HEADER.pack(0, 0, 0, 0, 0)),
        ):
            for message in sock.dump(kind, body):
                self._reader.read(message)
        self._loop.add_reader(self._socket, self._hear)
        self._loop.add_reader(self._jumps.descriptor, self._jump)

    async def happened(self, timeout_s: float | None) -> None:
        """Return when something was heard, or after ``timeout_s``."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._news.wait()
        except TimeoutError:
            return
        self._news.clear()

    def close(self) -> None:
        """Hear no more."""
        self._loop.remove_reader(self._socket)
        self._loop.remove_reader(self._jumps.descriptor)
        self._socket.close()
        self._jumps.close()

    def _hear(self) -> None:
        try:
            heard = [self._reader.read(one) for one in messages(self._socket.recv(_RECEIVE_BYTES))]
        except BlockingIOError:
            return
        except OSError:
            # ENOBUFS: some were lost. Whatever they said, looking again finds it.
            heard = [LinksChanged(), NetworkChanged()]
        for event in heard:
            if event is not None:
                self._add(event)

    def _jump(self) -> None:
        if self._jumps.has_resumed():
            self._add(Resumed())

    def _add(self, event: HostEvent) -> None:
        self._bursts.add(event, self._loop.time())
        self._news.set()
