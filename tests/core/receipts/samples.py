"""Entries of sessions, each one receipt further than the one before."""

from __future__ import annotations

from uuid import UUID

import attrs

from tests.core.credit.ends import GUEST_KEY, NODE_KEY
from tests.core.vault.power import CuttableDisk
from worldvpn_core.credit.exchange import Kept, successor
from worldvpn_core.credit.figures import Figures
from worldvpn_core.credit.receipt import Receipt, Role
from worldvpn_core.receipts.book import Book
from worldvpn_core.receipts.entry import RECORD_BYTES, Entry
from worldvpn_core.receipts.log import SealedLog

KEY = b"k" * 32
ENDS_S = 1_000_000
KEYS = {Role.NODE: NODE_KEY, Role.GUEST: GUEST_KEY}


def receipt(role: Role, number: int, session: int = 1) -> Receipt:
    """Return the receipt of that number: as many KiB as its number says."""
    found: Receipt | None = None
    for at in range(1, number + 1):
        figures = Figures(up_bytes=1_024 * at, down_bytes=2_048 * at)
        found = successor(found, role, session.to_bytes(32, "big"), figures, at)
    assert found is not None
    return found


def entry(
    number: int, *, role: Role = Role.NODE, session: int = 1, answered: bool = False
) -> Entry:
    """Return an end after its receipt of that number; ``answered``: by the other end, too."""
    own = receipt(role, number, session)
    other = Role.GUEST if role is Role.NODE else Role.NODE
    signed = receipt(other, number, session).sign(KEYS[other]) if answered else None
    return Entry(
        session=UUID(int=session),
        role=role,
        kept=Kept(own=own, other=signed, counted=Figures.of(own), answered_bytes=7),
        signed=own.sign(KEYS[role]),
        ends_s=ENDS_S,
    )


@attrs.define(eq=False)
class Clock:
    """Unix time, as the test has it."""

    now_s: float = 0.0

    def __call__(self) -> float:
        return self.now_s


def log(disk: CuttableDisk, key: bytes = KEY) -> SealedLog:
    return SealedLog(disk, key, RECORD_BYTES)


async def book(disk: CuttableDisk, clock: Clock | None = None, key: bytes = KEY) -> Book:
    made = Book(log(disk, key), clock or Clock())
    await made.open()
    return made
