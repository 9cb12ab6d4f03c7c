"""The vault's work at the disk, blocking: ``Vault`` does it in a thread, one at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime

import attrs

from worldvpn_core.errors import BusyError, VaultDamagedError, VaultError, VaultKeyError
from worldvpn_core.vault import contents
from worldvpn_core.vault.backoff import BackOff
from worldvpn_core.vault.contents import Secrets
from worldvpn_core.vault.folder import Folder
from worldvpn_core.vault.generations import Generations
from worldvpn_core.vault.opening import (
    COST,
    Cost,
    Kind,
    Lock,
    Opening,
    Passphrase,
    key_for,
    new_lock,
)
from worldvpn_core.vault.sealed import Sealed, read, seal, unseal

_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class Held:
    """What is in memory while the vault is open."""

    key: bytes = attrs.field(repr=False)
    lock: Lock
    generation: int
    secrets: Secrets | None = attrs.field(repr=False)
    #: The present file was missing or damaged, and the one before it was opened.
    is_former: bool = False


@attrs.frozen(kw_only=True)
class Backup:
    """What ``exported`` returned, and the passphrase it is under."""

    raw: bytes = attrs.field(repr=False)
    passphrase: Passphrase


@attrs.frozen(kw_only=True)
class Standing:
    """What may be told of a vault to whoever may see the daemon's status."""

    exists: bool
    is_damaged: bool = False
    opened_by: Kind | None = None
    #: How the keyring of a session finds the key.
    key_id: str | None = None
    retry_in_s: float = 0.0


class Keeping:
    """The vault in ``folder``. Each method is durable before it returns, or raises."""

    def __init__(
        self,
        folder: Folder,
        *,
        cost: Cost = COST,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._generations = Generations(folder)
        self._backoff = BackOff(folder, now)
        self._cost = cost

    def standing(self) -> Standing:
        """Return what there is and what opens it."""
        try:
            sealed = self._generations.newest()
        except VaultDamagedError:
            return Standing(exists=True, is_damaged=True)
        if sealed is None:
            return Standing(exists=False)
        kind = sealed.lock.kind
        return Standing(
            exists=True,
            opened_by=kind,
            key_id=sealed.lock.salt.hex() if kind is Kind.KEYRING else None,
            retry_in_s=self._backoff.left_s() if kind is Kind.PASSPHRASE else 0.0,
        )

    def created(self, opening: Opening, backup: Backup | None) -> Held:
        """Make a vault, empty or from ``backup``."""
        standing = self.standing()
        if standing.exists:
            raise BusyError("there is a vault already: wipe it before another is made")
        secrets = None if backup is None else _restored(backup)
        lock = new_lock(opening, self._cost)
        held = Held(key=key_for(opening, lock), lock=lock, generation=1, secrets=secrets)
        self._generations.replace(_sealed(held))
        self._backoff.forget()
        return held

    def opened(self, opening: Opening) -> Held:
        """Open the vault; once the present generation was opened, the one before goes."""
        sealed = self._generations.newest()
        if sealed is None:
            raise BusyError("there is no vault yet: signing in makes one")
        key = self._tried(opening, sealed)
        secrets = contents.from_bytes(unseal(sealed, key))
        is_former = not self._generations.is_present_whole()
        if not is_former:
            try:
                self._generations.settle()
            except VaultError as error:
                _log.warning("the vault's former generation stays for now: %s", error)
        return Held(
            key=key,
            lock=sealed.lock,
            generation=sealed.generation,
            secrets=secrets,
            is_former=is_former,
        )

    def stored(self, held: Held, secrets: Secrets | None) -> Held:
        """Keep ``secrets`` in a new generation."""
        held = attrs.evolve(held, secrets=secrets, generation=held.generation + 1, is_former=False)
        self._generations.add(_sealed(held))
        return held

    def changed(self, held: Held, opening: Opening, proof: Passphrase | None) -> Held:
        """Let ``opening`` open the vault, and nothing else."""
        self._prove(held, proof)
        lock = new_lock(opening, self._cost)
        held = attrs.evolve(
            held,
            key=key_for(opening, lock),
            lock=lock,
            generation=held.generation + 1,
            is_former=False,
        )
        self._generations.replace(_sealed(held))
        return held

    def exported(self, held: Held, passphrase: Passphrase, proof: Passphrase | None) -> bytes:
        """Return the contents sealed under ``passphrase``; nothing on disk changes."""
        self._prove(held, proof)
        lock = new_lock(passphrase, self._cost)
        return _sealed(attrs.evolve(held, key=key_for(passphrase, lock), lock=lock)).raw

    def wipe(self) -> None:
        """Leave nothing on disk."""
        self._generations.erase()
        self._backoff.forget()

    def _tried(self, opening: Opening, sealed: Sealed) -> bytes:
        """Return the key that ``opening`` gives, once it was seen to open ``sealed``."""
        counts = isinstance(opening, Passphrase) and sealed.lock.kind is Kind.PASSPHRASE
        if counts:
            self._backoff.count_one()
        try:
            key = key_for(opening, sealed.lock)
        except ValueError as error:
            raise VaultKeyError(str(error)) from None
        unseal(sealed, key)
        if counts:
            self._backoff.forget()
        return key

    def _prove(self, held: Held, proof: Passphrase | None) -> None:
        """Ask again for the passphrase: an open vault is no leave to open it for ever."""
        if held.lock.kind is not Kind.PASSPHRASE:
            return
        if proof is None:
            raise VaultKeyError("this needs the vault's present passphrase, too")
        self._tried(proof, _sealed(held))


def _sealed(held: Held) -> Sealed:
    return seal(contents.to_bytes(held.secrets), held.key, held.lock, held.generation)


def _restored(backup: Backup) -> Secrets | None:
    sealed = read(backup.raw)
    try:
        key = key_for(backup.passphrase, sealed.lock)
    except ValueError:
        raise VaultKeyError("this is a vault's own file: only an exported one is taken") from None
    return contents.from_bytes(unseal(sealed, key))
