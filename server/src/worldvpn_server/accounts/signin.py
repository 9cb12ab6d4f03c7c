"""Signing in with a password: the same path and the same time, whoever is named."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import attrs

from worldvpn_server.accounts.devices import Devices, NewDevice
from worldvpn_server.accounts.families import Families, Revoker, Signed
from worldvpn_server.accounts.hashing import Hasher
from worldvpn_server.accounts.names import name_key
from worldvpn_server.accounts.passwords import normalised
from worldvpn_server.accounts.proofs import Claim, Proof, Proofs, Purpose
from worldvpn_server.accounts.pseudonyms import Address
from worldvpn_server.accounts.throttle import LOGIN_ACCOUNT, LOGIN_ADDRESS, LOGIN_DEVICE, Throttle
from worldvpn_server.accounts.values import Caller
from worldvpn_server.database.pool import Database, Tx
from worldvpn_server.errors import ForbiddenError, UnauthorizedError

_FIND: Final = """
SELECT a.id, a.name, a.password_hash, a.banned_at IS NOT NULL AS is_banned,
    EXISTS (SELECT FROM device d WHERE d.account = a.id AND d.ed25519 = $2
        AND d.revoked_at IS NULL) AS knows_device
FROM account a WHERE a.name_key = $1
"""
_FIND_BY_ID: Final = "SELECT name_key FROM account WHERE id = $1"
#: Between the check of a password and the sign-in on it, it may be replaced, or its owner banned.
_STILL: Final = """
SELECT true FROM account WHERE id = $1 AND password_hash = $2 AND banned_at IS NULL
FOR NO KEY UPDATE
"""
_REHASH: Final = "UPDATE account SET password_hash = $2 WHERE id = $1"
_REFUSED: Final = "Invalid credentials"


@attrs.frozen(kw_only=True)
class Credentials:
    """What somebody says who they are, and from where."""

    username: str = attrs.field(repr=False)
    password: str = attrs.field(repr=False)
    address: Address = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Known:
    """An account whose password was right, and the hash that said so."""

    account: UUID
    username: str
    password_hash: str = attrs.field(repr=False)
    #: The same password with today's parameters, if the hash has weaker ones.
    better_hash: str | None = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class SigningIn:
    """Checks passwords and opens sign-ins."""

    database: Database
    throttle: Throttle
    hasher: Hasher
    proofs: Proofs
    devices: Devices
    families: Families
    revoker: Revoker

    async def know(self, given: Credentials, ed25519: bytes = b"") -> Known:
        """Return whose password it is; ``ed25519``: a key that the request was signed with.

        Raises:
            UnauthorizedError: there is no such account, or the password is another.
            ForbiddenError: the password is right, and the account is banned.
            ThrottledError, UnavailableError: too many try.
        """
        self.hasher.check_room()
        password, key = normalised(given.password), name_key(given.username)
        await self.throttle.hit_address(LOGIN_ADDRESS, given.address)
        async with self.database.read() as sql:
            row = await sql.fetchrow(_FIND, key, ed25519)
        if row is not None and row["knows_device"]:
            await self.throttle.hit(LOGIN_DEVICE, ed25519.hex())
        else:
            await self.throttle.hit(LOGIN_ACCOUNT, key)
        stored = None if row is None else row["password_hash"]
        verdict = await self.hasher.verify(stored, password)
        if row is None or not verdict.holds:
            raise UnauthorizedError(_REFUSED)
        if row["is_banned"]:
            raise ForbiddenError("this account is banned: write to whoever runs this server")
        return Known(
            account=row["id"],
            username=row["name"],
            password_hash=row["password_hash"],
            better_hash=await self.hasher.hash(password) if verdict.outgrown else None,
        )

    async def confirm(self, caller: Caller, password: str, address: Address) -> Known:
        """Return the caller's own account if the password is its. Raises as ``know``."""
        async with self.database.read() as sql:
            key = await sql.fetchval(_FIND_BY_ID, caller.account)
        return await self.know(Credentials(username=key or "", password=password, address=address))

    async def sign_in_compat(self, given: Credentials) -> tuple[Known, str]:
        """Return who it is and a token for the compatible routes. Raises as ``know``."""
        known = await self.know(given)

        async def work(tx: Tx) -> str:
            await self.stand_on(tx, known)
            return await self.families.open_compat(tx, known.account, known.username)

        return known, await self.database.run(work)

    async def sign_in(self, given: Credentials, device: NewDevice, proof: Proof) -> Signed:
        """Sign a device in; its earlier sign-in ends. Raises as ``know`` and ``Devices.admit``."""
        keys = device.keys
        about = (given.username.encode(errors="replace"), keys.x25519, keys.ed25519)
        used = self.proofs.check(proof, Claim(purpose=Purpose.SIGN_IN, about=about), keys.ed25519)
        known = await self.know(given, keys.ed25519)

        async def work(tx: Tx) -> Signed:
            await self.stand_on(tx, known)
            await self.proofs.claim_once(tx, used)
            admitted = await self.devices.admit(tx, known.account, device)
            await self.revoker.revoke_device(tx, admitted)
            return await self.families.open(tx, known.account, known.username, admitted)

        return await self.database.run(work)

    async def stand_on(self, tx: Tx, known: Known) -> None:
        """Make sure that the password is still the account's until ``tx`` commits.

        Raises:
            UnauthorizedError: it was replaced meanwhile, or the account was banned.
        """
        if not await tx.sql.fetchval(_STILL, known.account, known.password_hash):
            raise UnauthorizedError(_REFUSED)
        if known.better_hash is not None:
            await tx.sql.execute(_REHASH, known.account, known.better_hash)
