"""The data folder: where it is, and one server at a time in it."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from worldvpn_server.errors import StartError

_NAME: Final = "worldvpn-server"
#: PostgreSQL's account must be able to pass; what is inside is closed.
_PASSABLE: Final = 0o711


class TakenError(StartError):
    """Another server runs in the folder."""


def default(environment: Mapping[str, str], home: Path, *, root: bool) -> Path:
    """Return where a server keeps its data when nobody says. Pure."""
    if root:
        return Path("/var/lib", _NAME)
    base = environment.get("XDG_DATA_HOME", "")
    # A relative path is to be ignored (XDG Base Directory Specification).
    return (Path(base) if base.startswith("/") else home / ".local/share") / _NAME


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Make ``folder`` and hold it as long as the context lasts; the kernel lets go on a kill.

    Raises:
        TakenError: another server holds it.
        StartError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(_PASSABLE)
        # The folder itself is locked (flock(2)): that works on a disk that is full.
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise StartError(
            f"{folder} cannot be used: {error.strerror}; give another by --data"
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise TakenError(
            f"another worldvpn-server runs in {folder}: stop it first, or give another by --data"
        ) from None
    try:
        yield
    finally:
        os.close(descriptor)
