"""Devices: at most five an account, each with two keys that speak to this server only."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

import attrs

from worldvpn_server.accounts.devicekeys import DeviceKeys
from worldvpn_server.accounts.families import Revoker
from worldvpn_server.accounts.proofs import Claim, Proof, Proofs, Purpose
from worldvpn_server.accounts.values import Caller
from worldvpn_server.accounts.withdrawal import Withdrawal
from worldvpn_server.clock import Clock
from worldvpn_server.database.pool import Database, Tx
from worldvpn_server.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    UnauthorizedError,
)
from worldvpn_server.ids import new_id

if TYPE_CHECKING:
    import asyncpg

MOST_DEVICES: Final = 5
_MOST_NAME_CHARACTERS: Final = 64

#: Whoever changes which devices there are takes turns by this row.
_LOCK: Final = "SELECT true FROM account WHERE id = $1 FOR NO KEY UPDATE"
_SAME_KEYS: Final = """
SELECT id, account, x25519 = $1 AND ed25519 = $2 AND revoked_at IS NULL AS is_same
FROM device WHERE x25519 = $1 OR ed25519 = $2
"""
_COUNT: Final = "SELECT count(*) FROM device WHERE account = $1 AND revoked_at IS NULL"
_INSERT: Final = """
INSERT INTO device (id, account, name, x25519, ed25519, created_at, keys_at, seen_at)
VALUES ($1, $2, $3, $4, $5, $6, $6, $6) ON CONFLICT DO NOTHING RETURNING id
"""
_SEEN: Final = "UPDATE device SET name = $2, seen_at = $3 WHERE id = $1"
_LIST: Final = """
SELECT id, name, x25519, ed25519, created_at, keys_at, seen_at
FROM device WHERE account = $1 AND revoked_at IS NULL ORDER BY id
"""
_OWN: Final = """
SELECT x25519, ed25519 FROM device WHERE id = $1 AND account = $2 AND revoked_at IS NULL
FOR NO KEY UPDATE
"""
_TAKEN: Final = "SELECT true FROM device WHERE (x25519 = $1 OR ed25519 = $2) AND id <> $3"
_REPLACE: Final = "UPDATE device SET x25519 = $2, ed25519 = $3, keys_at = $4 WHERE id = $1"
_REVOKE: Final = """
UPDATE device SET revoked_at = $3
WHERE id = $1 AND account = $2 AND revoked_at IS NULL RETURNING id
"""
_IN_USE: Final = "these keys are in use already: make new ones"


@attrs.frozen(kw_only=True)
class NewDevice:
    """A device as it introduces itself."""

    name: str = attrs.field(repr=False)
    keys: DeviceKeys

    def __attrs_post_init__(self) -> None:
        if not 1 <= len(self.name) <= _MOST_NAME_CHARACTERS:
            raise InvalidError(f"name: must have 1 to {_MOST_NAME_CHARACTERS} characters")
        if any(unicodedata.category(each)[0] == "C" for each in self.name):
            raise InvalidError("name: must have no invisible characters")


@attrs.frozen(kw_only=True)
class Device:
    """A device as its owner sees it."""

    id: UUID
    name: str = attrs.field(repr=False)
    x25519: bytes
    ed25519: bytes
    created_at: datetime
    keys_at: datetime
    seen_at: datetime


@attrs.frozen(kw_only=True)
class Devices:
    """Adds, lists, rotates and revokes devices."""

    database: Database
    clock: Clock
    proofs: Proofs
    revoker: Revoker
    withdrawal: Withdrawal

    async def admit(self, tx: Tx, account: UUID, device: NewDevice) -> UUID:
        """Return the id of the account's device with these keys, made if there is none.

        Raises:
            ConflictError: the keys are another device's or were revoked, or there are five.
        """
        await tx.sql.fetchval(_LOCK, account)
        now, keys = self.clock.now(), device.keys
        rows = await tx.sql.fetch(_SAME_KEYS, keys.x25519, keys.ed25519)
        if rows:
            known: UUID = rows[0]["id"]
            if rows[0]["account"] != account or not rows[0]["is_same"]:
                raise ConflictError(_IN_USE)
            await tx.sql.execute(_SEEN, known, device.name, now)
            return known
        if await tx.sql.fetchval(_COUNT, account) >= MOST_DEVICES:
            raise ConflictError(
                f"an account has at most {MOST_DEVICES} devices: remove one first",
                most_devices=MOST_DEVICES,
            )
        made = await tx.sql.fetchval(
            _INSERT, new_id(), account, device.name, keys.x25519, keys.ed25519, now
        )
        if not isinstance(made, UUID):
            raise ConflictError(_IN_USE)
        return made

    async def add(self, caller: Caller, device: NewDevice, proof: Proof) -> UUID:
        """Add a device that shows that it has its keys. Raises as ``admit`` and ``Proofs``."""
        about = (caller.account.bytes, device.keys.x25519, device.keys.ed25519)
        claim = Claim(purpose=Purpose.ADD_DEVICE, about=about)
        used = self.proofs.check(proof, claim, device.keys.ed25519)

        async def work(tx: Tx) -> UUID:
            await self.proofs.claim_once(tx, used)
            return await self.admit(tx, caller.account, device)

        return await self.database.run(work)

    async def replace_keys(
        self, caller: Caller, keys: DeviceKeys, *, old_signs: Proof, new_signs: Proof
    ) -> UUID:
        """Replace the keys of the caller's own device; its sign-in goes on.

        Idempotent: who has lost the answer asks again, signed by the new key.

        Raises:
            UnauthorizedError: not both the old and the new key signed it.
            ConflictError: the keys are in use, or were used by a revoked device.
        """
        device = caller.device
        if device is None:
            raise ForbiddenError("only a device can replace its keys: sign in with one")
        claim = Claim(purpose=Purpose.REPLACE_KEYS, about=(device.bytes, keys.x25519, keys.ed25519))
        used = self.proofs.check(new_signs, claim, keys.ed25519)

        async def work(tx: Tx) -> UUID:
            old = await tx.sql.fetchrow(_OWN, device, caller.account)
            if old is None:
                raise UnauthorizedError("Invalid or expired token")
            await self.proofs.claim_once(tx, used)
            if (old["x25519"], old["ed25519"]) == (keys.x25519, keys.ed25519):
                # The key before is not known any more; nothing changes without it, either.
                return device
            old_used = self.proofs.check(old_signs, claim, old["ed25519"])
            await self.proofs.claim_once(tx, old_used)
            if await tx.sql.fetchval(_TAKEN, keys.x25519, keys.ed25519, device):
                raise ConflictError(_IN_USE)
            await tx.sql.execute(_REPLACE, device, keys.x25519, keys.ed25519, self.clock.now())
            return device

        return await self.database.run(work)

    async def of(self, account: UUID) -> Sequence[Device]:
        """Return the devices of ``account`` that are not revoked, oldest first."""
        async with self.database.read() as sql:
            return [_device(row) for row in await sql.fetch(_LIST, account)]

    async def revoke(self, account: UUID, device: UUID) -> None:
        """Sign a device out for ever, end its sessions and withdraw its node.

        Raises:
            NotFoundError: the account has no such device.
        """

        async def work(tx: Tx) -> None:
            if await tx.sql.fetchval(_REVOKE, device, account, self.clock.now()) is None:
                raise NotFoundError("there is no such device")
            await self.revoker.revoke_device(tx, device)
            await self.withdrawal.withdraw(tx, account, device)

        await self.database.run(work)
        await self.withdrawal.sessions.end_device(device, "device-revoked")


def _device(row: asyncpg.Record) -> Device:
    return Device(
        id=row["id"],
        name=row["name"],
        x25519=row["x25519"],
        ed25519=row["ed25519"],
        created_at=row["created_at"],
        keys_at=row["keys_at"],
        seen_at=row["seen_at"],
    )
