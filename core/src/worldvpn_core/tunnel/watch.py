"""Watches an open tunnel: has it fallen, how much did it carry, how large may packets be."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from time import monotonic
from typing import Final

from worldvpn_core.contracts import HostServices, Tunnel
from worldvpn_core.errors import TransportError, TunnelSilentError, WorldVpnError
from worldvpn_core.tunnel.fall import PROBES, Verdict, Vigil, look
from worldvpn_core.tunnel.opener import until_down
from worldvpn_core.tunnel.path_mtu import LEAST_BYTES, SIZES_BYTES, WAIT_S, mtu_bytes, targets
from worldvpn_core.types import Counters, Link, TunnelPlan, UsageSample

SAMPLE_S: Final = 10.0
#: An engine that does not say its counters in this time is taken for stopped.
COUNTERS_LIMIT_S: Final = 0.4

_log = logging.getLogger(__name__)


class Watcher:
    """Watches one tunnel after another; hands on what it sees."""

    def __init__(
        self,
        host: HostServices,
        *,
        on_counters: Callable[[TunnelPlan, Counters], None],
        on_sample: Callable[[UsageSample], None],
        on_mtu: Callable[[TunnelPlan, int], None],
    ) -> None:
        self._host = host
        self._on_counters = on_counters
        self._on_sample = on_sample
        self._on_mtu = on_mtu

    async def watch(self, plan: TunnelPlan, tunnel: Tunnel) -> Exception:
        """Return why ``tunnel`` is considered fallen."""
        tasks = [
            asyncio.create_task(until_down(tunnel)),
            asyncio.create_task(self._until_silent(plan, tunnel)),
        ]
        measuring = asyncio.create_task(self._measure(plan, tunnel))
        try:
            done, _rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            return next(iter(done)).result()
        finally:
            for task in (*tasks, measuring):
                task.cancel()
            await asyncio.gather(*tasks, measuring, return_exceptions=True)

    async def _until_silent(self, plan: TunnelPlan, tunnel: Tunnel) -> Exception:
        vigil = Vigil(counters=await _read(tunnel) or Counters())
        sampled, sampled_at = vigil.counters, monotonic()
        while True:
            await asyncio.sleep(vigil.poll_s)
            counters, now = await _read(tunnel), monotonic()
            vigil, verdict = look(vigil, counters, now)
            if counters is not None:
                self._on_counters(plan, counters)
                if now - sampled_at >= SAMPLE_S:
                    self._on_sample(_difference(plan, sampled, counters, now - sampled_at))
                    sampled, sampled_at = counters, now
            if verdict is Verdict.PROBE:
                await _probe(tunnel)
            elif verdict is Verdict.FALLEN:
                return TunnelSilentError(
                    f"{plan.remotes[0]} no longer answers: {PROBES} probes went unanswered"
                )

    async def _measure(self, plan: TunnelPlan, tunnel: Tunnel) -> None:
        """Find the path's MTU and set it, unless the profile fixes it."""
        if plan.mtu_bytes is not None or not isinstance(tunnel.info.path, Link):
            return
        # The first packets of the user's own go before ours.
        await asyncio.sleep(WAIT_S)
        name, found = tunnel.info.path.name, LEAST_BYTES
        for target in targets(plan):
            answered = await self._host.echo.burst(name, target, SIZES_BYTES, WAIT_S)
            found = max(found, mtu_bytes(answered))
            if answered:
                break
        try:
            await self._host.links.set_mtu(name, found)
        except WorldVpnError as error:
            _log.warning("the MTU of %s stays as it was: %s", name, error)
        else:
            self._on_mtu(plan, found)


async def _read(tunnel: Tunnel) -> Counters | None:
    try:
        async with asyncio.timeout(COUNTERS_LIMIT_S):
            return await tunnel.counters()
    except (TimeoutError, TransportError):
        return None


async def _probe(tunnel: Tunnel) -> None:
    try:
        async with asyncio.timeout(COUNTERS_LIMIT_S):
            await tunnel.probe()
    except (TimeoutError, TransportError) as error:
        _log.info("the remote could not be probed: %s", error)


def _difference(
    plan: TunnelPlan, before: Counters, after: Counters, elapsed_s: float
) -> UsageSample:
    return UsageSample(
        profile_id=plan.profile_id,
        received_bytes=after.received_bytes - before.received_bytes,
        sent_bytes=after.sent_bytes - before.sent_bytes,
        elapsed_s=elapsed_s,
    )
