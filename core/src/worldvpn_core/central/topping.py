"""Keeping one session's ticket ahead of what it is used for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

import attrs

from worldvpn_core.central.calls import More
from worldvpn_core.central.leases import Lease
from worldvpn_core.central.link import CentralLink
from worldvpn_core.central.replies import NextTicket
from worldvpn_core.errors import NoCreditProofError, OutOfCreditError, WorldVpnError

#: A ticket is renewed when less than this is left of its time, or of its bytes at this rate.
AHEAD_S: Final = 60.0
#: How often a server that does not answer is asked again.
AGAIN_S: Final = 5.0
SOON_S: Final = 0.5


class Topping:
    """Renews the ticket of one lease at a time.

    ``renewed`` is given the lease with its new ticket; ``over`` why there was none when it ended.
    """

    def __init__(
        self,
        link: CentralLink,
        *,
        renewed: Callable[[Lease], None],
        over: Callable[[WorldVpnError], None],
    ) -> None:
        self._link = link
        self._renewed = renewed
        self._over = over
        self._lease: Lease | None = None
        self._task: asyncio.Task[None] | None = None
        self._low = asyncio.Event()
        self._rate = Rate()
        #: What the session's tunnel has carried by now.
        self._total_bytes = 0

    def keep(self, lease: Lease) -> None:
        """Keep this one, and no other."""
        if self._lease is not None and self._lease.id == lease.id and self._task is not None:
            return
        self.stop()
        self._lease, self._rate, self._total_bytes = lease, Rate(), 0
        self._low.clear()
        self._task = asyncio.create_task(self._run(), name="topping")

    def stop(self) -> None:
        """Keep none. Idempotent."""
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
        self._task, self._lease = None, None

    def carried(self, total_bytes: int) -> None:
        """Take note of what the session's tunnel has carried in all."""
        self._total_bytes = total_bytes
        self._rate.note(total_bytes, time.monotonic())
        if self._lease is not None and self._rate.is_low(self._lease.cap_bytes - total_bytes):
            self._low.set()

    async def _run(self) -> None:
        error: WorldVpnError = NoCreditProofError("its ticket ended")
        while (lease := self._lease) is not None:
            left_s = lease.left_s(time.time())
            if left_s <= 0:
                self._over(error)
                return
            await self._until_needed(left_s - AHEAD_S)
            try:
                reply = await self._link.ask(More(session_id=lease.id), NextTicket)
            except WorldVpnError as raised:
                # Through a tunnel that is used up it cannot be asked: what it said stands.
                if not isinstance(error, OutOfCreditError):
                    error = raised
                if self._total_bytes >= lease.cap_bytes:
                    # Its node carries nothing more.
                    self._over(error)
                    return
                await asyncio.sleep(min(AGAIN_S, max(0.1, lease.left_s(time.time()))))
                continue
            error = NoCreditProofError("its ticket ended")
            self._low.clear()
            self._lease = attrs.evolve(
                lease,
                granted=attrs.evolve(lease.granted, ticket=reply.ticket),
                expires_s=reply.expires_s,
                cap_bytes=reply.cap_bytes,
            )
            self._renewed(self._lease)
            # The same cap again would be asked for without end; a higher one may be used up soon.
            await asyncio.sleep(SOON_S if reply.cap_bytes > lease.cap_bytes else AGAIN_S)

    async def _until_needed(self, wait_s: float) -> None:
        if wait_s > 0:
            try:
                async with asyncio.timeout(wait_s):
                    await self._low.wait()
            except TimeoutError:
                pass


@attrs.define
class Rate:
    """Bytes a second of late: enough to tell when a cap is near."""

    bytes_per_s: float = 0.0
    _total: int = 0
    _at_s: float | None = None

    def note(self, total_bytes: int, now_s: float) -> None:
        """Take note of ``total_bytes`` at ``now_s``."""
        if self._at_s is not None and now_s > self._at_s:
            fresh = max(0, total_bytes - self._total) / (now_s - self._at_s)
            self.bytes_per_s = 0.5 * self.bytes_per_s + 0.5 * fresh
        self._total, self._at_s = total_bytes, now_s

    def is_low(self, left_bytes: int) -> bool:
        """Say whether ``left_bytes`` last less than ``AHEAD_S`` at this rate."""
        return left_bytes < self.bytes_per_s * AHEAD_S
