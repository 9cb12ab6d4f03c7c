"""The daemon's socket file: made whole with its rights, and taken from a dead daemon only."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import stat
from pathlib import Path
from typing import Final

from worldvpn_core.errors import BusyError, ConfigError

_BACKLOG: Final = 64
_FOR_ROOT: Final = 0o600
_FOR_GROUP: Final = 0o660


class ListeningSocket:
    """A Unix socket listening at ``path``, for as long as its lock file is held.

    The lock, not the socket file, says whether a daemon lives: the kernel frees it
    with the process, so that a file left by a crash is replaced and a live daemon's
    never is.

    Raises:
        BusyError: another daemon holds ``path``.
        ConfigError: ``path`` is something else than a socket, or cannot be made.
    """

    def __init__(self, path: Path, *, group_gid: int | None) -> None:
        self._path = path
        try:
            self._lock_fd = _lock(path.with_name(f"{path.name}.lock"))
        except OSError as error:
            raise ConfigError(f"cannot lock {path}: {error.strerror}") from error
        try:
            self.socket = _listen(path, group_gid)
        except BaseException:
            os.close(self._lock_fd)
            raise

    def close(self) -> None:
        """Remove the socket file, then free the lock. The socket itself is its server's."""
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
        os.close(self._lock_fd)


def _lock(path: Path) -> int:
    lock_fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, _FOR_ROOT)
    try:
        fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock_fd)
        raise BusyError(
            f"another worldvpnd already listens at {path.with_suffix('')}: stop it first",
        ) from None
    return lock_fd


def _listen(path: Path, group_gid: int | None) -> socket.socket:
    # Renamed into place once its rights are set: at no moment may others connect.
    fresh = path.with_name(f"{path.name}.new")
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        _refuse_foreign_file(path)
        fresh.unlink(missing_ok=True)
        server.bind(str(fresh))
        if group_gid is not None:
            os.chown(fresh, -1, group_gid)
        fresh.chmod(_FOR_ROOT if group_gid is None else _FOR_GROUP)
        server.listen(_BACKLOG)
        fresh.rename(path)
    except OSError as error:
        server.close()
        raise ConfigError(f"cannot listen at {path}: {error.strerror or error}") from error
    except BaseException:
        server.close()
        raise
    return server


def _refuse_foreign_file(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise ConfigError(f"{path} exists and is no socket: move it away, or choose another")
