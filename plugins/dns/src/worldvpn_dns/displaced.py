"""What others wrote while we held resolv.conf: kept on disk, for a crash must not lose it."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

import attrs

from worldvpn_core.contracts import Change
from worldvpn_core.errors import DnsError


class Displaced:
    """One journalled change, newer than the journal's own, in a file of ours."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Change | None:
        """Return what was kept; None when nothing was, or the file is damaged."""
        # Damaged, the journal's older value serves.
        with contextlib.suppress(FileNotFoundError, ValueError, TypeError):
            return Change(**json.loads(self._path.read_text(encoding="utf-8")))
        return None

    def keep(self, change: Change) -> None:
        """Make ``change`` durable. Raises DnsError."""
        new = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with new.open("w", encoding="utf-8") as file:
                json.dump(attrs.asdict(change), file)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._path)
        except OSError as error:
            raise DnsError(
                f"cannot keep {change.name} as it is in {self._path}: {error.strerror};"
                " make room or mend that folder"
            ) from error

    def forget(self) -> None:
        """Remove what was kept, if anything."""
        with contextlib.suppress(OSError):
            self._path.unlink()
