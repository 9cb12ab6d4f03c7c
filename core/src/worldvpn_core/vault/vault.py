"""The vault of this device: locked or open, and durable before it says so.

The account side needs two things of it: ``Vault.secrets`` (None while it is locked, or
nobody has signed in) and ``await Vault.store(secrets)``, which returns once they are on
disk. Signing out is ``await Vault.wipe()``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from worldvpn_core.errors import BusyError, VaultLockedError
from worldvpn_core.vault.contents import Secrets
from worldvpn_core.vault.keeping import Backup, Held, Keeping, Standing
from worldvpn_core.vault.opening import Opening, Passphrase

P = ParamSpec("P")
ResultT = TypeVar("ResultT")


class Vault:
    """Keeps one account's secrets by ``keeping``. Its methods run one after the other.

    What waits for a disk or derives a key is done in a thread, so that the loop never
    waits. ``on_change`` is called, in the loop, after each of them but ``standing`` and
    ``export``.
    """

    def __init__(self, keeping: Keeping) -> None:
        self._keeping = keeping
        self._turn = asyncio.Lock()
        self._held: Held | None = None
        self._is_there: bool | None = None
        self.on_change: Callable[[], None] = lambda: None

    @property
    def is_open(self) -> bool:
        """Whether ``store`` can be called."""
        return self._held is not None

    @property
    def secrets(self) -> Secrets | None:
        """The account's secrets; None while the vault is locked or nobody has signed in."""
        return None if self._held is None else self._held.secrets

    @property
    def is_locked(self) -> bool:
        """Whether there is one, as far as is known, that has to be opened first."""
        return self._held is None and self._is_there is not False

    @property
    def is_former(self) -> bool:
        """Whether the file was missing or damaged, so that what was kept before it is in use."""
        return self._held is not None and self._held.is_former

    async def standing(self) -> Standing:
        """Return what there is on disk and what opens it."""
        async with self._turn:
            standing = await _in_thread(self._keeping.standing)
            self._is_there = standing.exists
            return standing

    async def create(self, opening: Opening, backup: Backup | None = None) -> None:
        """Make a vault that ``opening`` opens, empty or from ``backup``, and open it.

        Raises:
            BusyError: there is one already, whole or damaged: wipe it first.
            VaultKeyError, VaultDamagedError: the backup cannot be opened.
            VaultError: it could not be written.
        """
        async with self._turn:
            self._held = await _in_thread(self._keeping.created, opening, backup)
            self._is_there = True
        self.on_change()

    async def unlock(self, opening: Opening) -> None:
        """Open the vault.

        Raises:
            VaultKeyError: ``opening`` does not open it. Wrong passphrases are counted.
            VaultWaitError: too many were wrong; this one was not tried.
            VaultDamagedError: no generation of it is whole.
            BusyError: it is open already, or there is none.
        """
        async with self._turn:
            if self._held is not None:
                raise BusyError("the vault is open already")
            self._held = await _in_thread(self._keeping.opened, opening)
        self.on_change()

    async def lock(self) -> None:
        """Forget what is in memory; the file stays. Idempotent."""
        async with self._turn:
            self._held = None
        self.on_change()

    async def store(self, secrets: Secrets | None) -> None:
        """Keep ``secrets`` instead of what was kept; durable before it returns.

        Raises:
            VaultLockedError: the vault is locked.
            VaultError: the disk refused; ``secrets`` of before are still in use.
        """
        async with self._turn:
            self._held = await _in_thread(self._keeping.stored, self._opened(), secrets)
        self.on_change()

    async def change(self, opening: Opening, *, proof: Passphrase | None = None) -> None:
        """Let ``opening`` open the vault from now on, and nothing else.

        Raises:
            VaultLockedError: the vault is locked.
            VaultKeyError: it is opened by a passphrase, and ``proof`` is not that.
            VaultError: the disk refused.
        """
        async with self._turn:
            self._held = await _in_thread(self._keeping.changed, self._opened(), opening, proof)
        self.on_change()

    async def export(self, passphrase: Passphrase, *, proof: Passphrase | None = None) -> bytes:
        """Return the contents sealed anew under ``passphrase``. Raises like ``change``."""
        async with self._turn:
            return await _in_thread(self._keeping.exported, self._opened(), passphrase, proof)

    async def wipe(self) -> None:
        """Leave nothing on disk or in memory. Idempotent. Raises VaultError."""
        async with self._turn:
            self._held = None
            await _in_thread(self._keeping.wipe)
            self._is_there = False
        self.on_change()

    def _opened(self) -> Held:
        if self._held is None:
            raise VaultLockedError("the vault is locked: unlock it first")
        return self._held


async def _in_thread(act: Callable[P, ResultT], *args: P.args, **kwargs: P.kwargs) -> ResultT:
    """Run ``act`` in a thread; cancelled, still wait for its end, for it is at the disk."""
    work = asyncio.ensure_future(asyncio.to_thread(act, *args, **kwargs))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait({work})
        raise
