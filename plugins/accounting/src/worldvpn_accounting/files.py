"""The book on disk: one file that lasts, and a newer one that ends with the boot.

The second is written each time something has moved, into memory (/run is a tmpfs), so that
a killed daemon loses nothing; the first rarely, for each write of it wears a disk.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import attrs

from worldvpn_accounting.book import DAY, HOUR, MONTH, Book
from worldvpn_accounting.counting import Count
from worldvpn_accounting.rings import Ring
from worldvpn_core import exact
from worldvpn_core.contracts import Reading, Volume
from worldvpn_core.settings import write_atomically

VERSION: Final = 1
#: Every step of every ring and every source are a tenth of it.
MOST_BYTES: Final = 131_072

_log = logging.getLogger(__name__)

#: Number of a step, bytes received, bytes sent.
_Steps = tuple[tuple[int, int, int], ...]


@attrs.frozen(kw_only=True)
class _File:
    version: int
    since_s: int
    received_bytes: int
    sent_bytes: int
    sources: tuple[Reading, ...]
    hour: _Steps
    day: _Steps
    month: _Steps


class Files:
    """Reads and writes ``lasting`` and ``fleeting``, both 0600."""

    def __init__(self, *, lasting: Path, fleeting: Path) -> None:
        self._lasting = lasting
        self._fleeting = fleeting
        self._complained = False
        #: A sentence for the user when a file could not be read.
        self.notice: str | None = None

    def load(self) -> Book | None:
        """Return the newer of both, None where there is neither.

        What cannot be read is set aside as ``NAME.broken``.
        """
        found = [book for path in (self._lasting, self._fleeting) if (book := self._read(path))]
        return max(found, key=_carried_bytes, default=None)

    def note(self, book: Book) -> None:
        """Write ``fleeting``, for the next daemon of this boot; quick."""
        temporary = self._fleeting.with_name(self._fleeting.name + ".new")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        try:
            with os.fdopen(os.open(temporary, flags, 0o600), "wb") as file:
                file.write(_text(book).encode())
            temporary.replace(self._fleeting)
        except OSError as error:
            if not self._complained:
                _log.warning("what was carried cannot be noted in %s: %s", self._fleeting, error)
            self._complained = True
        else:
            self._complained = False

    def keep(self, book: Book) -> bool:
        """Write ``lasting`` and sync it; say whether that was possible."""
        try:
            write_atomically(self._lasting, _text(book))
        except OSError as error:
            _log.warning("what was carried cannot be kept in %s: %s", self._lasting, error)
            return False
        return True

    def _read(self, path: Path) -> Book | None:
        try:
            with path.open("rb") as file:
                return _book(json.loads(file.read(MOST_BYTES)))
        except FileNotFoundError:
            return None
        except (OSError, *exact.MALFORMED) as bad:
            _log.warning("%s cannot be read: %s", path, type(bad).__name__)
        self.notice = f"what was carried before is not known: {path} could not be read"
        aside = path.with_name(path.name + ".broken")
        try:
            path.replace(aside)
        except OSError:
            return None
        self.notice += f" and is kept as {aside}"
        return None


def _carried_bytes(book: Book) -> int:
    """Totals never decrease, so that the newer book is the one with more."""
    return book.count.total.received_bytes + book.count.total.sent_bytes


def _text(book: Book) -> str:
    file = _File(
        version=VERSION,
        since_s=book.since_s,
        received_bytes=book.count.total.received_bytes,
        sent_bytes=book.count.total.sent_bytes,
        sources=book.count.last,
        hour=_steps(book.hour),
        day=_steps(book.day),
        month=_steps(book.month),
    )
    return json.dumps(_STRICT.unstructure(file), separators=(",", ":"))


def _book(raw: object) -> Book:
    file = _STRICT.structure(raw, _File)
    if file.version != VERSION:
        raise ValueError(f"version {file.version}")
    total = Volume(received_bytes=file.received_bytes, sent_bytes=file.sent_bytes)
    return Book(
        since_s=file.since_s,
        count=Count(total=total, last=file.sources),
        hour=_ring(HOUR, file.hour),
        day=_ring(DAY, file.day),
        month=_ring(MONTH, file.month),
    )


def _steps(ring: Ring) -> _Steps:
    return tuple((at, moved.received_bytes, moved.sent_bytes) for at, moved in ring.steps)


def _ring(empty: Ring, steps: Iterable[tuple[int, int, int]]) -> Ring:
    return attrs.evolve(
        empty,
        steps=tuple(
            (at, Volume(received_bytes=received, sent_bytes=sent)) for at, received, sent in steps
        ),
    )


_STRICT: Final = exact.converter(detailed=False)
