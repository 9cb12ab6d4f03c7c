"""Keeping one session's ticket ahead of what it is used for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
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
#: A node that carries no more leaves a question without an answer: so it is found out.
STALLED_S: Final = 2.0
#: What the tunnel counts beside its guest's packets, and what was lost on the way, at the most.
_LAST_PART: Final = 16
_TRICKLE_BYTES: Final = 16_384

_USED_UP: Final = "its bytes are used up"


class Topping:
    """Renews the ticket of one lease at a time.

    ``renewed`` is given the lease with its new ticket; ``over`` why there was none when it ended.
    ``short`` is told that there is less credit than the tunnel needs.
    """

    def __init__(
        self,
        link: CentralLink,
        *,
        renewed: Callable[[Lease], None],
        over: Callable[[WorldVpnError], None],
        short: Callable[[], Awaitable[None]],
    ) -> None:
        self._link = link
        self._renewed = renewed
        self._over = over
        self._short = short
        self._lease: Lease | None = None
        self._task: asyncio.Task[None] | None = None
        self._low = asyncio.Event()
        self._used_up = asyncio.Event()
        self._rate = Rate()
        #: What the session's tunnel has carried by now, and had when it was looked at last.
        self._total_bytes = 0
        self._looked_bytes = 0

    def keep(self, lease: Lease) -> None:
        """Keep this one, and no other."""
        if self._lease is not None and self._lease.id == lease.id and self._task is not None:
            return
        self.stop()
        self._lease, self._rate = lease, Rate()
        self._total_bytes = self._looked_bytes = 0
        self._low.clear()
        self._used_up.clear()
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
        if self._lease is None:
            return
        left_bytes = self._lease.cap_bytes - total_bytes
        if self._rate.is_low(left_bytes):
            self._low.set()
        if left_bytes <= 0:
            self._used_up.set()

    async def _run(self) -> None:
        error: WorldVpnError = NoCreditProofError("its ticket ended")
        is_last = False
        while (lease := self._lease) is not None:
            left_s = lease.left_s(time.time())
            # What is left of the credit is for another session, if there is any.
            if left_s <= 0 or (self._used_up.is_set() and is_last):
                self._over(error)
                return
            await _within(left_s - AHEAD_S, self._low)
            needed_bytes = self._total_bytes + self._rate.bytes_in(AHEAD_S)
            try:
                reply = await self._asked(lease, needed_bytes)
            except WorldVpnError as raised:
                # Through a tunnel that is used up it cannot be asked: what it said stands.
                if not isinstance(error, OutOfCreditError):
                    error = raised
                if isinstance(raised, OutOfCreditError):
                    is_last = True
                    await self._short()
                if self._is_used_up(lease):
                    # Its node carries nothing more.
                    self._over(error)
                    return
                await _within(min(AGAIN_S, max(0.1, lease.left_s(time.time()))), self._used_up)
                continue
            has_grown = reply.cap_bytes > lease.cap_bytes
            self._low.clear()
            self._lease = attrs.evolve(
                lease,
                granted=attrs.evolve(lease.granted, ticket=reply.ticket),
                expires_s=reply.expires_s,
                cap_bytes=reply.cap_bytes,
            )
            if has_grown and self._total_bytes < reply.cap_bytes:
                self._used_up.clear()
            self._renewed(self._lease)
            is_last = reply.cap_bytes < needed_bytes
            error = NoCreditProofError(_USED_UP if is_last else "its ticket ended")
            if is_last:
                await self._short()
            # The same cap again would be asked for without end; a higher one may be used up soon.
            await _within(SOON_S if has_grown else AGAIN_S, self._used_up)

    async def _asked(self, lease: Lease, needed_bytes: int) -> NextTicket:
        """Ask for more; a tunnel that is used up meanwhile lets no answer through.

        Raises:
            WorldVpnError: it was refused or not answered.
        """
        more = More(session_id=lease.id, needed_bytes=needed_bytes)
        asking = asyncio.create_task(self._link.ask(more, NextTicket))
        try:
            while not (await asyncio.wait({asking}, timeout=STALLED_S))[0]:
                if self._is_used_up(lease):
                    raise NoCreditProofError(_USED_UP)
            return asking.result()
        finally:
            asking.cancel()

    def _is_used_up(self, lease: Lease) -> bool:
        """Say whether the node carries no more: all was counted, or nearly, and nothing comes."""
        moved = self._total_bytes - self._looked_bytes
        self._looked_bytes = self._total_bytes
        left = lease.cap_bytes - self._total_bytes
        return left <= 0 or (left < lease.cap_bytes // _LAST_PART and moved < _TRICKLE_BYTES)


async def _within(limit_s: float, event: asyncio.Event) -> None:
    """Return once ``event`` is set, after ``limit_s`` seconds at the latest."""
    if limit_s > 0:
        try:
            async with asyncio.timeout(limit_s):
                await event.wait()
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

    def bytes_in(self, seconds: float) -> int:
        """Return what is carried in ``seconds`` at this rate."""
        return int(self.bytes_per_s * seconds)

    def is_low(self, left_bytes: int) -> bool:
        """Say whether ``left_bytes`` last less than ``AHEAD_S`` at this rate."""
        return left_bytes < self.bytes_per_s * AHEAD_S
