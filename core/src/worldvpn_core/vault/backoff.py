"""Wrong passphrases, counted on disk: neither a restart nor SIGKILL gives more tries."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs

from worldvpn_core.errors import VaultError, VaultWaitError
from worldvpn_core.vault.folder import Folder

FREE_TRIES: Final = 3
FIRST_WAIT_S: Final = 2
LONGEST_WAIT_S: Final = 900
_FILE: Final = "vault.failures"
_NEW: Final = "vault.failures.new"
_MOST_BYTES: Final = 256
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


def wait_s(failures: int) -> int:
    """Return how long after the last of ``failures`` the next try is heard. Pure."""
    late = failures - FREE_TRIES
    return 0 if late < 0 else min(FIRST_WAIT_S * 2 ** min(late, 30), LONGEST_WAIT_S)


@attrs.frozen(kw_only=True)
class Failures:
    """How many tries in a row were wrong, and when the last one was."""

    count: int = 0
    last_utc: datetime = _NEVER


class BackOff:
    """Counts a try before it is made, and forgets all of them after a right one."""

    def __init__(self, folder: Folder, now: Callable[[], datetime]) -> None:
        self._folder = folder
        self._now = now

    @property
    def failures(self) -> Failures:
        """What is on disk; a count that cannot be read is taken for one that makes wait."""
        try:
            raw = self._folder.read(_FILE, _MOST_BYTES)
            if raw is None:
                return Failures()
            said = json.loads(raw)
            last_utc = datetime.fromisoformat(said["last_utc"]).astimezone(UTC)
            return Failures(count=max(int(said["count"]), 0), last_utc=last_utc)
        except (OSError, ValueError, TypeError, KeyError, OverflowError):
            return Failures(count=FREE_TRIES, last_utc=self._now())

    def left_s(self) -> float:
        """Return how long no try is heard from now on."""
        failures, now = self.failures, self._now()
        wait = wait_s(failures.count)
        # A clock that was set back must not make anybody wait for years.
        return min(
            max((failures.last_utc + timedelta(seconds=wait) - now).total_seconds(), 0), wait
        )

    def count_one(self) -> None:
        """Count a try as wrong, durably, before it is made.

        Raises:
            VaultWaitError: it comes too early, and is not heard.
            VaultError: it cannot be counted, and so is not heard.
        """
        if left := self.left_s():
            raise VaultWaitError(f"too many wrong passphrases: try again in {left:.0f} s")
        text = {"count": self.failures.count + 1, "last_utc": self._now().isoformat()}
        try:
            self._folder.write(_NEW, json.dumps(text).encode())
            self._folder.sync(_NEW)
            self._folder.rename(_NEW, _FILE)
            self._folder.sync(None)
        except OSError as error:
            raise VaultError(
                f"a try cannot be counted on this disk ({error.strerror}), so it is not heard"
            ) from error

    def forget(self) -> None:
        """Start again from none. Raises VaultError."""
        try:
            there = [name for name in (_FILE, _NEW) if self._folder.read(name, 1) is not None]
            for name in there:
                self._folder.remove(name)
            if there:
                self._folder.sync(None)
        except OSError as error:
            raise VaultError(f"wrong tries cannot be forgotten: {error.strerror}") from error
