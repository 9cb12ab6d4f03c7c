"""Key files: read only when nobody else can, written so that a crash leaves old or new, whole."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from worldvpn_server.errors import StartError

_PRIVATE_FILE: Final = 0o600
_PRIVATE_FOLDER: Final = 0o700
_OTHERS: Final = 0o077
_MOST_BYTES: Final = 65_536
_LOCK: Final = ".lock"
_UNDER_WAY: Final = ".writing-"


def make_folder(folder: Path) -> None:
    """Make ``folder`` for this user alone.

    Raises:
        StartError: it is there, and others may look into it; or it cannot be made.
    """
    try:
        folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        mode = folder.stat().st_mode
    except OSError as error:
        raise StartError(f"cannot make the folder of keys {folder}: {error.strerror}") from error
    if mode & _OTHERS:
        raise StartError(f"others may open {folder}: run `chmod 700 {folder}`")


def read_private(path: Path) -> bytes:
    """Return the content of a file that only its owner may read.

    Raises:
        StartError: it is missing, others may read or write it, or it is far too long.
    """
    raw, mode = _read(path)
    if mode & _OTHERS:
        raise StartError(f"others may read or write the key {path}: run `chmod 600 {path}`")
    return raw


def read_public(path: Path) -> bytes:
    """Return the content of a file that is no secret. Raises StartError as ``read_private``."""
    return _read(path)[0]


def _read(path: Path) -> tuple[bytes, int]:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            raw = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise StartError(
            f"cannot read {path}: {error.strerror}; restore it from a backup"
        ) from error
    if len(raw) > _MOST_BYTES:
        raise StartError(f"{path} is longer than {_MOST_BYTES} bytes: it is no file of keys")
    return raw, mode


def write(path: Path, content: bytes) -> None:
    """Write a file for its owner alone; once this returns it survives a power cut.

    Raises:
        OSError: the disk is full or the folder is not ours; the old content is still there.
    """
    under_way = path.with_name(_UNDER_WAY + path.name)
    under_way.unlink(missing_ok=True)
    opened = os.open(under_way, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE)
    with os.fdopen(opened, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    move(under_way, path)


def move(old: Path, new: Path) -> None:
    """Rename a file within its folder, for good."""
    old.replace(new)
    sync(new.parent)


def sync(folder: Path) -> None:
    """Make the names in ``folder`` survive a power cut."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Be the only process that changes ``folder``; a lock ends with its process."""
    with (folder / _LOCK).open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
