"""Keeps a mapping on the router for as long as the node serves, and takes it away after that."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Network
from typing import Final

import attrs

from worldvpn_core.contracts import Gateway
from worldvpn_core.errors import WorldVpnError
from worldvpn_core.reach.file import MappingFile
from worldvpn_core.reach.standing import Standing, Trouble, Way, trouble_of
from worldvpn_core.reach.values import (
    NONCE_BYTES,
    ControlNeeded,
    MapAnswer,
    Mapped,
    MapPort,
    NotMapped,
    Unmapped,
    endpoints_of,
)
from worldvpn_core.types import Endpoint

#: What a crash can leave on the router at the most, where this computer does not come back.
LEASE_S: Final = 600
#: A router that has forgotten is noticed after this: asking again renews.
CHECK_S: Final = 15.0
FIRST_AGAIN_S: Final = 5.0
LONGEST_AGAIN_S: Final = 60.0
#: Whoever ends sharing does not wait longer for a router that is gone.
RELEASE_S: Final = 3.0
#: How often it is tried again: at a start, the agent may come later.
_MOST_RELEASES: Final = 3
#: By how much a router's clock may be behind ours (RFC 6887 §8.5).
_SLACK_S: Final = 2
_SLOW_RATIO: Final = 7 / 8

#: Addresses that a router translates: private ones, and what providers share (RFC 1918, RFC 6598).
_TRANSLATED: Final[tuple[IPv4Network, ...]] = tuple(
    IPv4Network(net)
    for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16")
)

_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class AroundMapping:
    """What keeping a mapping needs of the daemon.

    ``admit`` lets our marked sockets reach those endpoints, and no others of a router, from
    when it returns.
    """

    ask: Callable[[MapPort], Awaitable[MapAnswer]]
    gateway: Callable[[], Awaitable[Gateway | None]]
    admit: Callable[[tuple[Endpoint, ...]], Awaitable[None]]
    changed: Callable[[], None]
    check_s: float = CHECK_S


class MappingKeeper:
    """One UDP port, led on by the router in front of this host."""

    def __init__(self, around: AroundMapping, file: MappingFile) -> None:
        self._around = around
        self._file = file
        self._port: int | None = None
        self._news = asyncio.Event()
        self._failures = 0
        #: The router's clock, and ours when it said so.
        self._epoch: tuple[int, float] | None = None
        self.standing = Standing()

    def want(self, port: int | None) -> None:
        """Have ``port`` led on from now on; None: nothing."""
        if port != self._port:
            self._port = port
            self._failures = 0
            self._news.set()

    async def run(self) -> None:
        """Follow what is wanted until cancelled; what a crash has left goes first."""
        while True:
            self._news.clear()
            wait_s = await self._step(self._port)
            try:
                async with asyncio.timeout(wait_s):
                    await self._news.wait()
            except TimeoutError:
                pass

    async def release(self) -> None:
        """Have the router lead nothing on, within ``RELEASE_S``; a lease left ends by itself."""
        held = self._file.held
        if held is not None:
            try:
                async with asyncio.timeout(RELEASE_S):
                    answer = await self._asked(attrs.evolve(held, lifetime_s=0))
            except (TimeoutError, WorldVpnError) as error:
                _log.warning("the router still leads a port on: %s", error or "no answer")
            else:
                # What is not known to be gone is tried again: some leases never end.
                if answer != NotMapped(reason=Unmapped.SILENT):
                    _log.info("the router leads port %d on no more", held.public_port)
                    self._file.forget()
        await self._around.admit(())
        self._epoch = None

    async def _step(self, port: int | None) -> float | None:
        """Do what is wanted now; return when to look again."""
        if port is None:
            await self.release()
            self._say(Standing())
            return self._after_release()
        gateway = await self._gateway()
        if gateway is None:
            return self._again(Standing(way=Way.CLOSED, trouble=Trouble.NO_ROUTER))
        if not any(gateway.own in net for net in _TRANSLATED):
            await self.release()
            self._say(Standing(way=Way.DIRECT))
            return self._around.check_s
        held = self._file.held
        if held is not None and (held.router, held.client, held.port) != (
            *(gateway.router, gateway.own),
            port,
        ):
            await self.release()
            held = None
        return await self._keep(_wanted(held, gateway, port))

    def _after_release(self) -> float | None:
        """Return when to ask again to be rid of what is left; not for ever: nobody shares."""
        if self._file.held is None or self._failures >= _MOST_RELEASES:
            self._failures = 0
            return None
        self._failures += 1
        return min(FIRST_AGAIN_S, self._around.check_s)

    async def _keep(self, wanted: MapPort) -> float:
        try:
            self._file.keep(wanted)
            answer = await self._asked(wanted)
        except WorldVpnError as error:
            _log.warning("the router could not be asked: %s", error)
            answer = NotMapped(reason=Unmapped.SILENT)
        match answer:
            case Mapped():
                return self._kept(wanted, answer)
            case NotMapped(reason=reason):
                trouble = trouble_of(reason)
            case ControlNeeded():
                trouble = Trouble.ROUTER_SENSELESS
        # By another protocol, perhaps: this router may be another one.
        self._file.keep(attrs.evolve(wanted, protocol=None, control_port=None))
        return self._again(Standing(way=Way.CLOSED, trouble=trouble))

    def _kept(self, wanted: MapPort, mapped: Mapped) -> float:
        self._failures = 0
        if self._has_restarted(mapped):
            _log.warning("the router had forgotten the port: it leads it on again")
        found = attrs.evolve(
            self._file.held or wanted, public_port=mapped.public_port, protocol=mapped.protocol
        )
        self._file.keep(found)
        trouble = None
        if mapped.address is not None and any(mapped.address in net for net in _TRANSLATED):
            trouble = Trouble.ROUTER_BEHIND_ANOTHER
        self._say(Standing(way=Way.MAPPED, mapped=mapped, trouble=trouble))
        return min(self._around.check_s, mapped.lifetime_s / 2)

    async def _asked(self, wanted: MapPort) -> MapAnswer:
        """Ask; a second time where UPnP has named the port by which it takes orders."""
        await self._around.admit(endpoints_of(wanted))
        answer = await self._around.ask(wanted)
        if isinstance(answer, ControlNeeded):
            wanted = attrs.evolve(wanted, control_port=answer.port)
            if wanted.lifetime_s:
                self._file.keep(wanted)
            await self._around.admit(endpoints_of(wanted))
            answer = await self._around.ask(wanted)
        return answer

    async def _gateway(self) -> Gateway | None:
        try:
            return await self._around.gateway()
        except WorldVpnError as error:
            _log.warning("the way out is not known: %s", error)
            return None

    def _has_restarted(self, mapped: Mapped) -> bool:
        """Say whether the router's clock began anew since it answered last."""
        before, now_s = self._epoch, time.monotonic()
        self._epoch = None if mapped.epoch_s is None else (mapped.epoch_s, now_s)
        if before is None or mapped.epoch_s is None:
            return False
        return mapped.epoch_s + _SLACK_S < before[0] + (now_s - before[1]) * _SLOW_RATIO

    def _again(self, standing: Standing) -> float:
        self._failures += 1
        self._say(standing)
        return min(LONGEST_AGAIN_S, FIRST_AGAIN_S * 2.0 ** (self._failures - 1))

    def _say(self, standing: Standing) -> None:
        shown = (standing.way, standing.trouble, _public_port(standing))
        before = (self.standing.way, self.standing.trouble, _public_port(self.standing))
        self.standing = standing
        if shown != before:
            _log.info("the way in is %s%s", standing.way, f": {standing.trouble}" * bool(shown[1]))
            self._around.changed()


def _public_port(standing: Standing) -> int | None:
    return None if standing.mapped is None else standing.mapped.public_port


def _wanted(held: MapPort | None, gateway: Gateway, port: int) -> MapPort:
    """Return what to ask: what was asked before, or anew."""
    if held is not None:
        return attrs.evolve(held, lifetime_s=LEASE_S)
    return MapPort(
        router=gateway.router,
        client=gateway.own,
        port=port,
        public_port=port,
        lifetime_s=LEASE_S,
        nonce=secrets.token_bytes(NONCE_BYTES),
    )
