"""An open WireGuard tunnel."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Final

import attrs

from worldvpn_core.errors import EngineError
from worldvpn_core.types import Counters, Endpoint, TunnelInfo
from worldvpn_wireguard.changes import rehandshake
from worldvpn_wireguard.device import Device, PeerState
from worldvpn_wireguard.options import KEY_BYTES, WireGuardOptions

#: A peer takes no second call within 20 ms of the first, nor one whose time is the same
#: when rounded to 2^24 ns (noise.c and timestamp.c of the kernel, and of wireguard-go).
MIN_CALL_GAP_S: Final = 0.03

#: Core's probes are half a second apart: one's calls end before the next begins.
PROBE_S: Final = 0.45
MAX_CALLS: Final = 4


def primary_state(options: WireGuardOptions, states: tuple[PeerState, ...]) -> PeerState:
    """Return the primary peer's state; one without a handshake when the engine lost it."""
    key = options.primary.public_key
    found = [state for state in states if state.public_key == key]
    return found[0] if found else PeerState(public_key=key)


def next_counters(
    previous: Counters, options: WireGuardOptions, states: tuple[PeerState, ...]
) -> Counters:
    """Return what to report after ``states`` were read.

    Never less than ``previous``; a handshake that the engine forgot stays the proof
    until there is a new one.
    """
    return Counters(
        received_bytes=max(previous.received_bytes, sum(s.received_bytes for s in states)),
        sent_bytes=max(previous.sent_bytes, sum(s.sent_bytes for s in states)),
        proof=primary_state(options, states).handshake_ns or previous.proof,
    )


def call_gap_s(answer_s: float) -> float:
    """Return how long to wait for the answer to a call before the next, in seconds.

    Twice ``answer_s``, what the first answer took: sooner would end a handshake that
    is still on its way.
    """
    return min(max(MIN_CALL_GAP_S, 2 * answer_s), PROBE_S)


def _now_s() -> float:
    return asyncio.get_running_loop().time()


@attrs.define(eq=False, repr=False, kw_only=True)
class WireGuardTunnel:
    """Counts, wakes and closes one device; ``answer_s`` is what its first answer took."""

    info: TunnelInfo
    _device: Device
    _options: WireGuardOptions
    _remotes: tuple[Endpoint, ...]
    _answer_s: float
    _random_bytes: Callable[[int], bytes] = os.urandom
    _counters: Counters = attrs.field(factory=Counters, init=False)
    _called_s: float = attrs.field(factory=_now_s, init=False)
    _calls: asyncio.Task[None] | None = attrs.field(default=None, init=False)

    async def counters(self) -> Counters:
        self._counters = next_counters(self._counters, self._options, await self._device.peers())
        return self._counters

    async def probe(self) -> None:
        if self._calls is not None:
            self._calls.cancel()
        await asyncio.sleep(max(0.0, self._called_s + MIN_CALL_GAP_S - _now_s()))
        before = await self.counters()
        await self._call()
        self._calls = asyncio.create_task(self._call_again(before.proof))

    async def wait_down(self) -> Exception | None:
        return await self._device.wait_down()

    async def close(self) -> None:
        if self._calls is not None:
            self._calls.cancel()
        await self._device.close()

    async def _call(self) -> None:
        decoy_key = self._random_bytes(KEY_BYTES)
        await self._device.change(rehandshake(self._options, self._remotes, decoy_key))
        self._called_s = _now_s()

    async def _call_again(self, before: int) -> None:
        """Repeat a call that went wrong: a packet on its way out just then can spoil it.

        It makes the engine call as well, a moment earlier; the peer answers the first
        and the engine awaits the answer to the second.
        """
        gap_s = call_gap_s(self._answer_s)
        try:
            for _ in range(min(MAX_CALLS, int(PROBE_S / gap_s))):
                await asyncio.sleep(gap_s)
                if (await self.counters()).proof != before:
                    return
                await self._call()
        except EngineError:
            return  # ``wait_down`` reports it
