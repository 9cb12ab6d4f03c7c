"""The vault's file and the one before it: whatever a power cut leaves, one of them opens.

``vault`` is the present generation. ``vault.previous`` is the one before, until the
present one has been opened once. ``vault.new`` is being written, and never read.
"""

from __future__ import annotations

from typing import Final

from worldvpn_core.errors import VaultDamagedError, VaultError
from worldvpn_core.vault.folder import Folder
from worldvpn_core.vault.sealed import MAX_BYTES, Sealed, read

PRESENT: Final = "vault"
PREVIOUS: Final = "vault.previous"
_NEW: Final = "vault.new"


class Generations:
    """What is on disk. Methods raise VaultError when the disk does not do its part."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def newest(self) -> Sealed | None:
        """Return the newest whole generation; None where there is no vault.

        Raises:
            VaultDamagedError: there is one, and it is not whole, nor is the one before.
        """
        damage: VaultDamagedError | None = None
        for name in (PRESENT, PREVIOUS):
            try:
                raw = self._folder.read(name, MAX_BYTES + 1)
                if raw is not None:
                    return read(raw)
            except VaultDamagedError as error:
                damage = damage or error
            except OSError as error:
                damage = damage or VaultDamagedError(f"the vault cannot be read: {error.strerror}")
        if damage is not None:
            raise damage
        return None

    def is_present_whole(self) -> bool:
        """Say whether the present generation itself can be read."""
        try:
            raw = self._folder.read(PRESENT, MAX_BYTES + 1)
            return raw is not None and read(raw) is not None
        except (OSError, VaultDamagedError):
            return False

    def add(self, sealed: Sealed) -> None:
        """Make ``sealed`` the present generation; durable before it returns."""
        try:
            self._write(sealed)
            if self.is_present_whole():
                self._folder.rename(PRESENT, PREVIOUS)
            self._folder.rename(_NEW, PRESENT)
            self._folder.sync(None)
        except OSError as error:
            raise _refused(error) from error

    def replace(self, sealed: Sealed) -> None:
        """Make ``sealed`` the only generation: the one before may open no more."""
        try:
            if self.is_present_whole():
                self._remove(PREVIOUS)
            self._write(sealed)
            self._folder.rename(_NEW, PRESENT)
            self._folder.sync(None)
            self._remove(PREVIOUS)
        except OSError as error:
            raise _refused(error) from error

    def settle(self) -> None:
        """Forget all but the present generation: it has been opened.

        A write that failed may have left it in memory only, so its name is synced first.
        """
        try:
            self._folder.sync(None)
            self._remove(PREVIOUS, _NEW)
        except OSError as error:
            raise _refused(error) from error

    def erase(self) -> None:
        """Leave nothing."""
        try:
            # One after the other: a power cut must not leave the former one alone to open.
            self._remove(_NEW, PREVIOUS)
            self._remove(PRESENT)
        except OSError as error:
            raise _refused(error) from error

    def _write(self, sealed: Sealed) -> None:
        self._folder.write(_NEW, sealed.raw)
        self._folder.sync(_NEW)
        if self._folder.read(_NEW, MAX_BYTES + 1) != sealed.raw:
            raise VaultError("the disk did not keep what was written to it: the old vault stands")

    def _remove(self, *names: str) -> None:
        there = [name for name in names if self._folder.read(name, 1) is not None]
        if not there:
            return
        # What takes the place of these is durable before they go, whoever wrote it.
        self._folder.sync(None)
        for name in there:
            self._folder.remove(name)
        self._folder.sync(None)


def _refused(error: OSError) -> VaultError:
    return VaultError(f"the vault could not be written: {error.strerror}")
