"""The few things a vault asks of a disk, each a step that a power cut can come before."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

_MODE: Final = 0o600


class Folder(Protocol):
    """A directory. Nothing is durable until ``sync`` has returned. Methods raise OSError."""

    def read(self, name: str, most_bytes: int) -> bytes | None:
        """Return the file's bytes, at most ``most_bytes``; None where there is none."""

    def write(self, name: str, data: bytes) -> None:
        """Make or overwrite a file, for root alone (0600)."""

    def rename(self, old: str, new: str) -> None:
        """Let ``new`` be what ``old`` was, in one step; what was called ``new`` is gone."""

    def remove(self, name: str) -> None:
        """Let the name be gone. One that is not there is no error."""

    def sync(self, name: str | None) -> None:
        """Make the bytes of a file durable, or (None) the names."""


class DiskFolder:
    """A directory of this host."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, name: str, most_bytes: int) -> bytes | None:
        try:
            with self._opened(name, os.O_RDONLY | os.O_NONBLOCK) as descriptor:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise OSError(f"{self._path / name} is no regular file")
                with os.fdopen(descriptor, "rb", closefd=False) as file:
                    return file.read(most_bytes)
        except FileNotFoundError:
            return None

    def write(self, name: str, data: bytes) -> None:
        with (
            self._opened(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as descriptor,
            os.fdopen(descriptor, "wb", closefd=False) as file,
        ):
            os.fchmod(descriptor, _MODE)
            file.write(data)

    def append(self, name: str, data: bytes) -> None:
        """Add ``data`` to the end of a file that is there. Raises OSError: perhaps a part of it."""
        with (
            self._opened(name, os.O_WRONLY | os.O_APPEND) as descriptor,
            os.fdopen(descriptor, "wb", closefd=False) as file,
        ):
            file.write(data)

    def rename(self, old: str, new: str) -> None:
        (self._path / old).rename(self._path / new)

    def remove(self, name: str) -> None:
        (self._path / name).unlink(missing_ok=True)

    def sync(self, name: str | None) -> None:
        flags = os.O_RDONLY | os.O_DIRECTORY if name is None else os.O_RDWR
        with self._opened(name or ".", flags) as descriptor:
            os.fsync(descriptor)

    @contextlib.contextmanager
    def _opened(self, name: str, flags: int) -> Iterator[int]:
        descriptor = os.open(self._path / name, flags | os.O_CLOEXEC | os.O_NOFOLLOW, _MODE)
        try:
            yield descriptor
        finally:
            os.close(descriptor)
