"""One process at a time that changes the host by what a state directory records."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from worldvpn_core.errors import BusyError, ConfigError


@contextmanager
def alone(state: Path) -> Iterator[None]:
    """Hold ``state`` for as long as the context lasts; the kernel frees it with the process.

    The directory itself is locked (flock(2)): it may be on a disk that is full or read-only.

    Raises:
        BusyError: another worldvpnd holds it.
        ConfigError: there is no such directory.
    """
    try:
        descriptor = os.open(state, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise ConfigError(f"cannot open {state}: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise BusyError(
            f"another worldvpnd is running with {state}: stop it first, "
            "or ask it by `worldvpn reset`"
        ) from None
    try:
        yield
    finally:
        os.close(descriptor)
