"""The WireGuard transport: opens a device, and returns once its peer has answered."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Final

import attrs

from worldvpn_core.contracts import Links, Tunnel
from worldvpn_core.errors import ConfigError, HandshakeTimeoutError
from worldvpn_core.types import Endpoint, Link, Option, SessionKeys, TunnelInfo, TunnelPlan
from worldvpn_wireguard.changes import endpoints_of, host_and_port, opened, opening, rehandshake
from worldvpn_wireguard.device import Device, Engine
from worldvpn_wireguard.options import (
    DECLARED,
    KEY_BYTES,
    WireGuardOptions,
    parse_options,
    session_options,
)
from worldvpn_wireguard.tunnel import WireGuardTunnel, primary_state
from worldvpn_wireguard.tunnel_link import TunnelLink

#: What wg-quick(8) sets where nothing is known of the path: 1500 less IPv6, UDP and WireGuard.
DEFAULT_MTU_BYTES: Final = 1_420

#: Seconds between our own first calls: the engines repeat a lost one only after five.
#: Growing, so that a slow answer meets a session that still waits for it; then the
#: engine's own repetition, which can answer the cookie of a server under load.
CALL_GAPS_S: Final = (0.3, 0.9, 2.0)

#: An engine repeats a call by itself after this (whitepaper section 6.4): not said to us.
ENGINE_REPEATS_S: Final = 5.0

_FIRST_POLL_S: Final = 0.001
_LAST_POLL_S: Final = 0.05
_POLL_GROWTH: Final = 1.3


class WireGuardTransport:
    """Opens WireGuard tunnels on the engine it is given."""

    def __init__(
        self,
        engine: Engine,
        links: Links,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._engine = engine
        self._links = links
        self._random_bytes = random_bytes

    @property
    def name(self) -> str:
        return "wireguard"

    @property
    def label(self) -> str:
        return "WireGuard"

    @property
    def options(self) -> tuple[Option, ...]:
        return DECLARED

    def parse(self, raw: Mapping[str, str]) -> Hashable:
        return parse_options(raw)

    def session_options(self, keys: SessionKeys) -> Mapping[str, str]:
        return session_options(keys)

    def outer_endpoints(self, plan: TunnelPlan) -> tuple[Endpoint, ...]:
        return endpoints_of(_options(plan), plan.remotes)

    async def open(self, plan: TunnelPlan) -> Tunnel:
        options = _options(plan)
        info = TunnelInfo(
            path=Link(name=plan.interface), outer_endpoints=self.outer_endpoints(plan)
        )
        clock = asyncio.get_running_loop().time
        device = await self._engine.make(plan.interface)
        try:
            await device.change(opening(options, plan.remotes))
            link = TunnelLink(self._links, plan.interface)
            first = Call.now()
            await link.bring_up(plan.mtu_bytes or DEFAULT_MTU_BYTES)
            called_s = clock()
            round_trip_s = await self._handshake(device, plan, options, first)
            answer_s = clock() - called_s
            if settled := opened(options):
                await device.change(settled)
        except BaseException:
            await device.close()
            raise
        return WireGuardTunnel(
            info=attrs.evolve(info, engine=device.engine, round_trip_s=round_trip_s),
            device=device,
            options=options,
            remotes=plan.remotes,
            answer_s=answer_s,
            random_bytes=self._random_bytes,
        )

    async def _handshake(
        self, device: Device, plan: TunnelPlan, options: WireGuardOptions, first: Call
    ) -> float | None:
        """Return the round trip in seconds, None: not certain. Raises HandshakeTimeoutError."""
        try:
            async with asyncio.timeout(plan.handshake_timeout_s):
                return await self._call_until_answered(device, plan, options, first)
        except TimeoutError:
            remote = host_and_port(plan.remotes[options.primary.server or 0])
            raise HandshakeTimeoutError(
                f"no handshake from {remote} in {plan.handshake_timeout_s:g} s: the server is "
                "down, this network does not let its packets through, or it does not know "
                "this profile's key (expired?); try another server or network"
            ) from None

    async def _call_until_answered(
        self, device: Device, plan: TunnelPlan, options: WireGuardOptions, last: Call
    ) -> float | None:
        clock = asyncio.get_running_loop().time
        calls = iter(_call_times_s(clock()))
        next_call_s = next(calls)
        pause_s = _FIRST_POLL_S
        while not (shaken_ns := primary_state(options, await device.peers()).handshake_ns):
            if clock() >= next_call_s:
                next_call_s = next(calls)
                decoy_key = self._random_bytes(KEY_BYTES)
                last = Call.now()
                await device.change(rehandshake(options, plan.remotes, decoy_key))
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * _POLL_GROWTH, _LAST_POLL_S)
        return round_trip_s(last, shaken_ns, time.monotonic())


@attrs.frozen
class Call:
    """When a handshake was begun: seconds of the monotonic clock, and Unix nanoseconds."""

    at_monotonic_s: float
    at_ns: int

    @classmethod
    def now(cls) -> Call:
        """Return a call that is made now."""
        return cls(time.monotonic(), time.time_ns())


def round_trip_s(last: Call, shaken_ns: int, seen_monotonic_s: float) -> float | None:
    """Return what the peer took to answer ``last``, in seconds; None: it is not certain. Pure.

    Each call of ours ends the handshake before it, so it is the last that was answered, but
    for one that the engine has repeated by itself. ``shaken_ns`` is when the engine says the
    handshake ended; a clock that was set meanwhile leaves when it was seen to have.
    """
    waited_s = seen_monotonic_s - last.at_monotonic_s
    if waited_s >= ENGINE_REPEATS_S:
        return None
    said_s = (shaken_ns - last.at_ns) / 1e9
    return said_s if 0 < said_s <= waited_s else waited_s or None


def _call_times_s(now_s: float) -> Iterator[float]:
    for gap_s in CALL_GAPS_S:
        now_s += gap_s
        yield now_s
    yield float("inf")


def _options(plan: TunnelPlan) -> WireGuardOptions:
    if not isinstance(plan.options, WireGuardOptions):
        raise ConfigError("the plan's options are not WireGuard's: parse the profile first")
    return plan.options
