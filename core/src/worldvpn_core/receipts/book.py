"""The book of receipts: an end signs what is in it, and the server gets what it lacks of it.

What comes while a write is under way shares the next one: a hundred guests cost one fsync.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from uuid import UUID

import attrs

from worldvpn_core.credit.receipt import Role
from worldvpn_core.errors import ReceiptsError
from worldvpn_core.receipts.entry import Entry, from_record, to_record
from worldvpn_core.receipts.log import SealedLog

#: A node with two hundred guests of half an hour each, for more than a day without the server.
MOST_ENTRIES: Final = 16_384
#: So many are kept after they were handed in, to be shown and exported, while there is room.
MOST_SHOWN: Final = MOST_ENTRIES // 2
#: So many receipts that newer ones took the place of are remembered, in memory alone.
MOST_REMEMBERED: Final = 1_024
#: The file is written anew when it has so many records more than twice those in use.
SLACK: Final = 1_024

_log = logging.getLogger(__name__)


@attrs.frozen
class _Waiting:
    entry: Entry
    done: asyncio.Future[None]


class Book:
    """Entries by session and end; ``now_s`` is Unix time. One a process."""

    def __init__(self, log: SealedLog, now_s: Callable[[], float]) -> None:
        self._log = log
        self._now_s = now_s
        self._entries: dict[tuple[UUID, Role], Entry] = {}
        #: What ``pending`` has returned, and of whose entry it is.
        self._offered: dict[bytes, tuple[UUID, Role]] = {}
        self._former: deque[tuple[UUID, bytes]] = deque(maxlen=MOST_REMEMBERED)
        self._waiting: list[_Waiting] = []
        self._writing: asyncio.Task[None] | None = None
        #: Whether the disk refused what was written last.
        self.is_stuck = False
        #: Set whenever something waits for the server.
        self.filled = asyncio.Event()

    async def open(self) -> None:
        """Read what is on disk.

        Raises:
            ReceiptsError: the disk does not do its part.
        """
        self._entries = await asyncio.to_thread(self._read)
        self._note()

    def get(self, session: UUID, role: Role) -> Entry | None:
        """Return what an end goes on from."""
        return self._entries.get((session, role))

    def of(self, role: Role) -> tuple[Entry, ...]:
        """Return what is kept of all sessions of which this was the end of ``role``."""
        return tuple(each for each in self._entries.values() if each.role is role)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All that both ends have agreed on or said, by session."""
        said = (each for each in self._entries.values() if not each.is_blank)
        return tuple(sorted(said, key=lambda each: (each.session.bytes, each.role)))

    def former(self) -> Mapping[UUID, Sequence[bytes]]:
        """Return signed receipts of sessions that newer ones took the place of, oldest first.

        The last of them, since this process began: they show others how the newest came about.
        """
        found: dict[UUID, list[bytes]] = {}
        for session, signed in self._former:
            found.setdefault(session, []).append(signed)
        return found

    @property
    def pending_sessions(self) -> int:
        """How many sessions have something that the server does not."""
        return len({each.session for each in self._entries.values() if each.pending})

    async def keep(self, entry: Entry) -> None:
        """Keep ``entry``; it is on disk on return. Only then may its signature be shown.

        Raises:
            ReceiptsError: it is not: the disk refused, the book is full, or it does not follow
                what is kept.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(entry, done))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write(), name="receipts")
        await done

    def pending(self, most: int) -> tuple[bytes, ...]:
        """Return up to ``most`` receipts that the server does not have, oldest tickets first."""
        waiting = sorted(
            (each for each in self._entries.values() if each.pending), key=lambda each: each.ends_s
        )
        offered = [(signed, each.name) for each in waiting for signed in each.pending][:most]
        self._offered = dict(offered)
        return tuple(self._offered)

    def handed(self, receipts: Sequence[bytes]) -> None:
        """Take note that the server has answered for ``receipts``, some of the last ``pending``.

        It is written with what comes next: handing them in again changes nothing.
        """
        for signed in receipts:
            entry = self._entries.get(self._offered[signed])
            if entry is not None:
                self._entries[entry.name] = entry.handed(signed)
        self._prune()
        self._note()

    async def retry(self) -> None:
        """Try the disk again where it has refused; ``is_stuck`` says whether it still does."""
        if self.is_stuck and self._writing is None:
            self._writing = asyncio.create_task(self._write(), name="receipts")
            await self.close()

    async def close(self) -> None:
        """Let what is under way reach the disk."""
        while self._writing is not None:
            await asyncio.wait({self._writing})

    def _read(self) -> dict[tuple[UUID, Role], Entry]:
        entries: dict[tuple[UUID, Role], Entry] = {}
        for record in self._log.read():
            try:
                entry = from_record(record)
            except ReceiptsError as error:
                _log.warning("%s", error)
                continue
            entries[entry.name] = entry
        entries = _in_use(entries, self._now_s(), MOST_SHOWN)
        self._log.rewrite([to_record(each) for each in entries.values()])
        return entries

    async def _write(self) -> None:
        try:
            if not self._waiting:
                await self._write_batch(())
            while self._waiting:
                batch, self._waiting = self._waiting, []
                await self._write_batch(batch)
        finally:
            self._writing = None

    async def _write_batch(self, batch: Sequence[_Waiting]) -> None:
        entries = dict(self._entries)
        taken = [each for each in batch if self._takes(entries, each)]
        if not taken and not self.is_stuck:
            return
        try:
            await asyncio.to_thread(
                self._to_disk, entries, [entries[each.entry.name] for each in taken]
            )
        except ReceiptsError as error:
            self.is_stuck = True
            for each in taken:
                _settle(each, error)
            return
        self.is_stuck = False
        for each in taken:
            fresh, now = entries[each.entry.name], self._entries.get(each.entry.name)
            self._remember(now, fresh)
            # The server may have answered meanwhile: what it has is not undone.
            self._entries[fresh.name] = fresh if now is None else fresh.handed_as(now)
            _settle(each, None)
        self._note()

    def _remember(self, former: Entry | None, entry: Entry) -> None:
        if former is None or former.is_blank:
            return
        for signed, now in ((former.signed, entry.signed), (former.kept.other, entry.kept.other)):
            if signed is not None and signed != now:
                self._former.append((entry.session, signed))

    def _takes(self, entries: dict[tuple[UUID, Role], Entry], waiting: _Waiting) -> bool:
        """Add what waits to ``entries``, or say why not."""
        name = waiting.entry.name
        if name not in entries and len(entries) >= MOST_ENTRIES:
            self._prune(0)
            for gone in entries.keys() - self._entries.keys():
                del entries[gone]
        if name not in entries and len(entries) >= MOST_ENTRIES:
            _settle(waiting, ReceiptsError(f"receipts of {MOST_ENTRIES:,} sessions wait already"))
            return False
        try:
            entries[name] = waiting.entry.after(entries.get(name))
        except ReceiptsError as error:
            _settle(waiting, error)
            return False
        return True

    def _to_disk(self, entries: Mapping[tuple[UUID, Role], Entry], fresh: Sequence[Entry]) -> None:
        is_long = self._log.length + len(fresh) > 2 * len(entries) + SLACK
        if is_long or not self._log.is_sound:
            self._log.rewrite([to_record(each) for each in entries.values()])
        else:
            self._log.append([to_record(each) for each in fresh])

    def _prune(self, most_shown: int | None = None) -> None:
        most_shown = MOST_SHOWN if most_shown is None else most_shown
        self._entries = _in_use(self._entries, self._now_s(), most_shown)

    def _note(self) -> None:
        if any(each.pending for each in self._entries.values()):
            self.filled.set()
        else:
            self.filled.clear()


def _in_use(
    entries: dict[tuple[UUID, Role], Entry], now_s: float, most_shown: int
) -> dict[tuple[UUID, Role], Entry]:
    """Return what something can still come of, and the newest ``most_shown`` of the rest."""
    over = sorted(
        (each for each in entries.values() if each.is_over(now_s)), key=lambda each: -each.ends_s
    )
    gone = {each.name for at, each in enumerate(over) if at >= most_shown or each.is_late(now_s)}
    return {name: each for name, each in entries.items() if name not in gone}


def _settle(waiting: _Waiting, error: ReceiptsError | None) -> None:
    if waiting.done.done():
        return
    if error is None:
        waiting.done.set_result(None)
    else:
        waiting.done.set_exception(error)
