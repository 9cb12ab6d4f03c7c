"""The write-ahead journal: one checked line a record, in a file of root's own.

    8 hex digits of CRC-32, a space, the record as JSON, a newline

A line that was cut off or damaged is no record: it was written before anything was
done, so that without it nothing was begun, and the record before it still stands.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from worldvpn_core.contracts import Change, JournalRecord
from worldvpn_core.errors import JournalError

#: Past this, only the newest record is kept when the next one is begun.
_COMPACT_BYTES: Final = 65_536
_CHECK_DIGITS: Final = 8


def encode(record: JournalRecord) -> bytes:
    """Return the line that stands for ``record``."""
    until = record.paused_until_utc
    body = json.dumps(
        {
            "profile_id": record.profile_id,
            "partial": record.partial,
            "paused_until_utc": until.isoformat() if until else None,
            "changes": [[change.kind, change.name, change.old] for change in record.changes],
        },
        separators=(",", ":"),
    ).encode()
    return b"%08x %s\n" % (zlib.crc32(body), body)


def newest(data: bytes) -> JournalRecord | None:
    """Return the last whole record in a journal's bytes; never raises."""
    for line in reversed(data.split(b"\n")[:-1]):
        body = line[_CHECK_DIGITS + 1 :]
        if line == b"%08x %s" % (zlib.crc32(body), body):
            with suppress(ValueError, TypeError, KeyError, AttributeError, RecursionError):
                return _decode(json.loads(body))
    return None


def _decode(fields: dict[str, Any]) -> JournalRecord:
    until = fields["paused_until_utc"]
    if until and datetime.fromisoformat(until).tzinfo is None:
        raise ValueError("a pause without a time zone has no end")
    return JournalRecord(
        profile_id=fields["profile_id"],
        partial=fields["partial"],
        paused_until_utc=datetime.fromisoformat(until) if until else None,
        changes=tuple(
            Change(kind=kind, name=name, old=old) for kind, name, old in fields["changes"]
        ),
    )


class FileJournal:
    """A journal in the file ``path``, readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # Not asyncio's: a cancelled ``begin`` leaves its thread at work.
        self._lock = threading.Lock()

    def pending(self) -> JournalRecord | None:
        try:
            return newest(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise JournalError(f"cannot read {self._path}: {error.strerror}") from error

    async def begin(self, record: JournalRecord) -> None:
        try:
            await asyncio.to_thread(self._begin, encode(record))
        except OSError as error:
            raise JournalError(
                f"cannot record in {self._path} what will be changed ({error.strerror}): "
                "nothing was changed; make room or make it writable"
            ) from error

    async def end(self) -> None:
        try:
            await asyncio.to_thread(self._end)
        except OSError as error:
            raise JournalError(f"cannot clear {self._path}: {error.strerror}") from error

    def _begin(self, line: bytes) -> None:
        with self._lock:
            size = self._path.stat().st_size if self._path.exists() else 0
            if 0 < size <= _COMPACT_BYTES:
                self._append(line, size)
            else:
                self._replace(line)

    def _append(self, line: bytes, size: int) -> None:
        with _opened(self._path, os.O_WRONLY | os.O_APPEND) as descriptor:
            try:
                # A newline first: what a crash cut off must not swallow this record.
                _write_all(descriptor, b"\n" + line)
                os.fsync(descriptor)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(descriptor, size)
                raise

    def _replace(self, line: bytes) -> None:
        """Write a new file in place of none, or of one that has grown; keep it until then."""
        fresh = self._path.with_name(self._path.name + ".new")
        with _opened(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as descriptor:
            _write_all(descriptor, line)
            os.fsync(descriptor)
        fresh.rename(self._path)
        with _opened(self._path.parent, os.O_RDONLY | os.O_DIRECTORY) as directory:
            os.fsync(directory)

    def _end(self) -> None:
        # Emptied, not appended to: there must be a way back on a full disk, too.
        missing_is_empty = suppress(FileNotFoundError)
        with self._lock, missing_is_empty, _opened(self._path, os.O_WRONLY) as descriptor:
            os.ftruncate(descriptor, 0)
            os.fsync(descriptor)


@contextmanager
def _opened(path: Path, flags: int) -> Iterator[int]:
    descriptor = os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
