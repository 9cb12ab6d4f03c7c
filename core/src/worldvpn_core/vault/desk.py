"""What clients may ask of the vault, and who becomes the owner by opening it."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from worldvpn_core.errors import ConfigError, DeniedError, VaultDamagedError
from worldvpn_core.ipc.rights import Caller
from worldvpn_core.ipc.vault import (
    VaultBackup,
    VaultChange,
    VaultCreate,
    VaultExport,
    VaultLock,
    VaultOpening,
    VaultRequest,
    VaultStatus,
    VaultUnlock,
    VaultWipe,
)
from worldvpn_core.vault import key_file
from worldvpn_core.vault.keeping import Backup
from worldvpn_core.vault.opening import KeptKey, Kind, Opening, Passphrase
from worldvpn_core.vault.vault import Vault


class VaultDesk:
    """Answers ``vault.*``; the rights table has let its callers pass.

    ``claim`` makes a uid the owner where there is none: whoever brings what opens the vault.
    """

    def __init__(
        self,
        vault: Vault,
        *,
        key_file: Path,
        owner_uid: Callable[[], int | None],
        claim: Callable[[int], None],
    ) -> None:
        self._vault = vault
        self._key_file: Final = key_file
        self._owner_uid = owner_uid
        self._claim = claim

    async def open_by_key_file(self) -> None:
        """Open a vault that a key file or credential opens; leave any other as it is.

        Raises:
            VaultError: it cannot be opened by the key that is there.
        """
        standing = await self._vault.standing()
        if standing.opened_by is Kind.FILE and not self._vault.is_open:
            await self._vault.unlock(await asyncio.to_thread(key_file.read, self._where()))

    async def answer(self, caller: Caller, request: VaultRequest) -> Mapping[str, object]:
        """Answer one permitted request with the vault's status, for an export with its bytes."""
        match request:
            case VaultStatus():
                pass
            case VaultCreate(opening=opening, backup=backup):
                made = await self._opening(caller, opening, makes=True)
                await self._vault.create(made, None if backup is None else _backup(backup))
                self._claim(caller.uid)
            case VaultUnlock(opening=opening):
                await self._vault.unlock(await self._opening(caller, opening, makes=False))
                self._claim(caller.uid)
            case VaultLock():
                await self._vault.lock()
            case VaultChange(opening=opening, passphrase=passphrase):
                made = await self._opening(caller, opening, makes=True)
                await self._vault.change(made, proof=_passphrase(passphrase))
            case VaultExport(new_passphrase=new, passphrase=passphrase):
                proof = _passphrase(passphrase)
                raw = await self._vault.export(Passphrase(text=new), proof=proof)
                return {"sealed": base64.b64encode(raw).decode()}
            case VaultWipe(confirm=confirm):
                if not confirm:
                    raise ConfigError("wiping leaves nothing of the vault: confirm it")
                await self._vault.wipe()
        return await self._shown()

    async def _shown(self) -> dict[str, object]:
        standing = await self._vault.standing()
        return {
            "exists": standing.exists,
            "open": self._vault.is_open,
            "damaged": standing.is_damaged,
            "opened_by": standing.opened_by,
            "key_id": standing.key_id,
            "retry_in_s": standing.retry_in_s,
            "signed_in": self._vault.secrets is not None if self._vault.is_open else None,
        }

    async def _opening(self, caller: Caller, asked: VaultOpening, *, makes: bool) -> Opening:
        match asked:
            case VaultOpening(kind="passphrase", secret=str(text)):
                return Passphrase(text=text)
            case VaultOpening(kind="keyring", secret=str(key), key_id=key_id):
                if makes and key_id is None:
                    raise ConfigError("a keyring's key needs its key_id, or nobody finds it again")
                known = {} if key_id is None else {"key_id": bytes.fromhex(key_id)}
                return KeptKey(kind=Kind.KEYRING, key=bytes.fromhex(key), **known)
            case _:
                return await self._from_file(caller, makes=makes)

    async def _from_file(self, caller: Caller, *, makes: bool) -> Opening:
        """Read the key file for who may; the caller proves nothing by it, so a guest may not."""
        may = {0} if makes else {0, self._owner_uid()}
        if caller.uid not in may:
            who = "root" if makes else "the owner, or root"
            raise DeniedError(f"the key file is root's: only {who} may let it be used")
        where = self._where()
        if makes and where == self._key_file:
            await asyncio.to_thread(key_file.make, where)
        return await asyncio.to_thread(key_file.read, where)

    def _where(self) -> Path:
        return key_file.where(self._key_file)


def _passphrase(text: str | None) -> Passphrase | None:
    return None if text is None else Passphrase(text=text)


def _backup(asked: VaultBackup) -> Backup:
    try:
        raw = base64.b64decode(asked.sealed, validate=True)
    except binascii.Error:
        raise VaultDamagedError("the backup is no base64") from None
    return Backup(raw=raw, passphrase=Passphrase(text=asked.passphrase))
