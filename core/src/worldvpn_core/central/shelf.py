"""What the central server has signed, kept on disk for a start without it. Read by nobody here."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from worldvpn_core.settings import write_atomically

MOST_FILES: Final = 64
MOST_BYTES: Final = 4 * 1_048_576
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

_log = logging.getLogger(__name__)


class Shelf:
    """Files by name, in one folder of root's own. Signatures are checked by who reads them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def all(self) -> Mapping[str, bytes]:
        """Return what is kept; what cannot be read is not."""
        found = {}
        with contextlib.suppress(OSError):
            for path in sorted(self._folder.iterdir())[:MOST_FILES]:
                if _NAME.fullmatch(path.name):
                    with contextlib.suppress(OSError):
                        found[path.name] = path.read_bytes()[:MOST_BYTES]
        return found

    def get(self, name: str) -> bytes | None:
        """Return what is kept as ``name``; None: nothing."""
        if not _NAME.fullmatch(name):
            return None
        try:
            return (self._folder / name).read_bytes()[:MOST_BYTES]
        except OSError:
            return None

    def keep(self, name: str, data: bytes) -> None:
        """Keep ``data`` as ``name``, b"" forgets it; a disk that refuses costs a fetch later."""
        if not _NAME.fullmatch(name) or len(data) > MOST_BYTES:
            _log.warning("a file of the central server is not kept: its name or size is senseless")
            return
        path = self._folder / name
        try:
            if not data:
                path.unlink(missing_ok=True)
                return
            self._folder.mkdir(mode=0o700, exist_ok=True)
            if len(list(self._folder.iterdir())) < MOST_FILES or path.exists():
                write_atomically(path, data)
        except OSError as error:
            _log.warning("%s cannot be kept: %s", path, error.strerror)
