"""Sessions held for when the server is away: small tickets, pushed to their nodes already.

They lie in the vault, so that a daemon which starts without the server connects, too.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Final

import attrs
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from worldvpn_core.central import lease_text
from worldvpn_core.central.leases import LEAST_LEFT_S, Choice, Lease
from worldvpn_core.central.news import Balance, News, SessionNews, SignedOut
from worldvpn_core.central.opening import Opening
from worldvpn_core.central.place import Place, PlaceKind
from worldvpn_core.credit.receipt import Receipt, Role
from worldvpn_core.credit.ticket import hash_of
from worldvpn_core.credit.units import CREDIT_TICKS
from worldvpn_core.errors import (
    CentralBusyError,
    CreditProofError,
    NoCreditProofError,
    VaultError,
    WorldVpnError,
)

#: What the server lets a device hold.
MOST: Final = 2
#: Nothing is held for somebody who only looks in.
STEADY_S: Final = 30.0
#: One that ends sooner is replaced.
RENEW_S: Final = 7_200.0
CHECK_S: Final = 3_600.0
AGAIN_S: Final = 600.0
#: Each holds ten credits: whoever has little needs them for the tunnel in use.
HELD_TICKS: Final = 10 * CREDIT_TICKS
LEAST_SPENDABLE_TICKS: Final = 4 * HELD_TICKS

_log = logging.getLogger(__name__)


@attrs.frozen
class Stock:
    """What is to be done with what is held: ``missing`` is how many to fetch."""

    kept: tuple[Lease, ...]
    ended: tuple[Lease, ...]
    missing: int


def stock(held: Sequence[Lease], current: Lease, now_s: float) -> Stock:
    """Say which of ``held`` serve whoever goes through ``current``. Pure."""
    most = 1 if current.place.kind is PlaceKind.NODE else MOST

    def serves(lease: Lease) -> bool:
        return (
            not lease.used
            and lease.transport == current.transport
            and lease.is_at(current.place)
            and lease.left_s(now_s) >= RENEW_S
        )

    ours = tuple(each for each in held if each.id == current.id)
    room = max(0, most - len(ours))
    kept = (*ours, *[each for each in held if each.id != current.id and serves(each)][:room])
    ended = tuple(each for each in held if each not in kept)
    return Stock(kept, ended, most - len(kept))


def nothing_carried(lease: Lease) -> bytes | None:
    """Return the guest's last word on a session never used; None: it has no proper ticket. Pure."""
    try:
        ticket = hash_of(lease.granted.ticket)
    except CreditProofError:
        return None
    word = Receipt(
        role=Role.GUEST, ticket=ticket, sequence=1, up_bytes=0, down_bytes=0, elapsed_ms=0
    )
    return word.sign(Ed25519PrivateKey.from_private_bytes(lease.keys.ed25519))


class Ahead:
    """Keeps the stock while a tunnel goes through a node, and gives of it without the server.

    ``end`` ends a session at the server, with the last word on it where there is one.
    """

    def __init__(self, opening: Opening, end: Callable[[str, bytes | None], None]) -> None:
        self._opening = opening
        self._end = end
        self._device: str | None = None
        self._held: tuple[Lease, ...] = ()
        self._spendable_ticks = 0
        self._current: str | None = None
        self._task: asyncio.Task[None] | None = None

    def account_changed(self) -> None:
        """Take note that the vault was opened, locked or wiped, or holds something else."""
        secrets = self._opening.link.secrets
        device = None if secrets is None else secrets.device_id
        if device == self._device:
            return
        self._device, self._spendable_ticks = device, 0
        self._held = () if secrets is None else _read(secrets.ahead)

    def heard(self, news: News) -> None:
        """Take note of the server's news."""
        match news:
            case Balance(promo_ticks=promo, available_ticks=available):
                self._spendable_ticks = promo + available
            case SessionNews(session_id=session, action="ended"):
                self.forget(session)
            case SignedOut():
                self._held = ()
            case _:
                pass

    def holds(self, session: str) -> bool:
        """Say whether ``session`` is one of those held: it is used again, and not ended."""
        return any(each.id == session for each in self._held)

    def forget(self, session: str) -> None:
        """Take note that ``session`` has ended."""
        self._held = tuple(each for each in self._held if each.id != session)

    def usable(self, place: Place, transport: str) -> tuple[Lease, ...]:
        """Return what can be used at ``place`` now."""
        now_s = time.time()
        return tuple(
            each
            for each in self._held
            if each.transport == transport
            and each.is_at(place)
            and each.left_s(now_s) > LEAST_LEFT_S
        )

    async def instead(self, choice: Choice, former: Lease | None, error: WorldVpnError) -> Lease:
        """Return a session that needs no server: at a node that has not failed, or not lately.

        Raises:
            NoCreditProofError: there is none; ``error`` is why none can be opened.
        """
        now_s = time.time()
        found = [*self.usable(choice.place, choice.transport)]
        if (
            former is not None
            and former.transport == choice.transport
            and former.left_s(now_s) >= LEAST_LEFT_S
        ):
            found.insert(0, former)
        blocked = self._opening.settings().blocked_nodes
        usable = [each for each in found if each.granted.node_id not in blocked]
        if not usable:
            raise NoCreditProofError(f"there is no ticket, and no new one: {error}") from error
        failed = self._opening.failed
        lease = min(usable, key=lambda each: failed.since_s(each.granted.node_id))
        await self.used(lease)
        return lease

    async def used(self, lease: Lease) -> None:
        """Take note, before it is, that ``lease`` is used."""
        if self.holds(lease.id) and not lease.used:
            self._held = tuple(
                attrs.evolve(each, used=True) if each.id == lease.id else each
                for each in self._held
            )
            await self._keep()

    def follow(self, lease: Lease | None) -> None:
        """Keep the stock for the place of ``lease``, which a tunnel uses now; None: none does."""
        session = None if lease is None else lease.id
        if session == self._current and self._task is not None:
            return
        self.stop()
        if lease is not None:
            self._current = session
            self._task = asyncio.create_task(self._run(lease), name="tickets ahead")

    def stop(self) -> None:
        """Fetch nothing any more; what is held stays. Idempotent."""
        if self._task is not None:
            self._task.cancel()
        self._task, self._current = None, None

    def leave(self) -> None:
        """End all of them: the account is being signed out."""
        self.stop()
        for each in self._held:
            self._end(each.id, None if each.used else nothing_carried(each))
        self._held = ()

    async def give_back(self) -> None:
        """End those that were never used: the tunnel that stands needs what is held for them."""
        unused = tuple(each for each in self._held if not each.used)
        for each in unused:
            self._end(each.id, nothing_carried(each))
        if unused:
            self._held = tuple(each for each in self._held if each.used)
            await self._keep()

    async def _run(self, current: Lease) -> None:
        await asyncio.sleep(STEADY_S)
        while True:
            pause_s = CHECK_S
            try:
                await self._fill(current)
            except WorldVpnError as error:
                _log.info("no ticket is fetched ahead now: %s", error)
                pause_s = AGAIN_S
            await asyncio.sleep(pause_s)

    async def _fill(self, current: Lease) -> None:
        wanted = stock(self._held, current, time.time())
        self._held = wanted.kept
        for each in wanted.ended:
            self._end(each.id, None if each.used else nothing_carried(each))
        if wanted.ended:
            await self._keep()
        left_ticks = self._spendable_ticks
        for _ in range(wanted.missing):
            if left_ticks < LEAST_SPENDABLE_TICKS:
                return
            left_ticks -= HELD_TICKS
            self._held = (*self._held, await self._fetched(current))
            await self._keep()
            _log.info("tickets fetched ahead: %d", len(self._held))

    async def _fetched(self, current: Lease) -> Lease:
        opening = self._opening
        choice = opening.choice(current.place, current.transport, None)
        choice = attrs.evolve(choice, ahead=True)
        there = tuple(each.granted.node_id for each in self._held)
        try:
            return await opening.opened(opening.around(choice, (*there, current.granted.node_id)))
        except CentralBusyError:
            if not choice.is_free:
                raise
            # A second ticket at the node in use is better than none: the daemon may start anew.
            return await opening.opened(opening.around(choice, there))

    async def _keep(self) -> None:
        lines = tuple(map(lease_text.to_line, self._held))
        if self._device is None:
            return
        try:
            await self._opening.link.alter(
                self._device, lambda latest: attrs.evolve(latest, ahead=lines)
            )
        except VaultError as error:
            _log.warning("tickets fetched ahead are not kept on disk: %s", error)


def _read(lines: tuple[str, ...]) -> tuple[Lease, ...]:
    held = []
    for line in lines:
        try:
            held.append(lease_text.from_line(line))
        except ValueError as error:
            _log.warning("a ticket fetched ahead is lost: %s", error)
    return tuple(held)
