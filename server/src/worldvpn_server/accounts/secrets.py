"""New passwords: by the old one, or by the recovery code. Whoever was signed in is no longer."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import attrs

from worldvpn_server.accounts import recoverycode
from worldvpn_server.accounts.families import Revoker
from worldvpn_server.accounts.hashing import Hasher
from worldvpn_server.accounts.names import name_key
from worldvpn_server.accounts.passwords import check_new, normalised
from worldvpn_server.accounts.pseudonyms import Address
from worldvpn_server.accounts.signin import Known, SigningIn
from worldvpn_server.accounts.throttle import RECOVER_ACCOUNT, RECOVER_ADDRESS, Throttle
from worldvpn_server.accounts.values import Caller
from worldvpn_server.database.pool import Database, Tx
from worldvpn_server.errors import UnauthorizedError

_FIND: Final = "SELECT id, recovery_hash FROM account WHERE name_key = $1"
_SET: Final = """
UPDATE account SET password_hash = $2 WHERE id = $1 AND password_hash = $3 RETURNING name_key
"""
_RECOVER: Final = """
UPDATE account SET password_hash = $2, recovery_hash = $3
WHERE id = $1 AND recovery_hash = $4 RETURNING id
"""
_RENEW: Final = "UPDATE account SET recovery_hash = $2 WHERE id = $1"
_OTHERS: Final = """
SELECT sid FROM login WHERE account = $1 AND sid <> $2 AND revoked_at IS NULL
"""
_REFUSED: Final = "Invalid credentials"


@attrs.frozen(kw_only=True)
class Recovery:
    """What somebody sends who has forgotten the password."""

    username: str = attrs.field(repr=False)
    code: str = attrs.field(repr=False)
    new_password: str = attrs.field(repr=False)
    address: Address = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Secrets:
    """Replaces passwords and recovery codes."""

    database: Database
    throttle: Throttle
    hasher: Hasher
    signing_in: SigningIn
    revoker: Revoker

    async def change_password(self, caller: Caller, old: str, new: str, address: Address) -> None:
        """Replace the password; every other sign-in of the account ends.

        Raises:
            UnauthorizedError: the old one is another.
            InvalidError: the new one cannot be used.
        """
        known = await self.signing_in.confirm(caller, old, address)
        fresh = await self._hashed(new, name_key(known.username))
        await self.database.run(lambda tx: self._change(tx, caller, known, fresh))

    async def renew_code(self, caller: Caller, password: str, address: Address) -> str:
        """Return a new recovery code in place of a lost one.

        Raises:
            UnauthorizedError: the password is another.
        """
        known = await self.signing_in.confirm(caller, password, address)
        code = recoverycode.draw()

        async def work(tx: Tx) -> None:
            await self.signing_in.stand_on(tx, known)
            await tx.sql.execute(_RENEW, known.account, recoverycode.stored(code))

        await self.database.run(work)
        return code

    async def recover(self, asked: Recovery) -> str:
        """Replace the password by the recovery code; return the next code. All sign-ins end.

        Raises:
            UnauthorizedError: there is no such account, or the code is another: never which.
            InvalidError: the new password cannot be used.
        """
        key = name_key(asked.username)
        await self.throttle.hit_address(RECOVER_ADDRESS, asked.address)
        await self.throttle.hit(RECOVER_ACCOUNT, key)
        # Before anything of the account is looked at: it must not tell whether there is one.
        fresh = await self._hashed(asked.new_password, key)
        async with self.database.read() as sql:
            row = await sql.fetchrow(_FIND, key)
        kept = None if row is None else row["recovery_hash"]
        if not recoverycode.matches(asked.code, kept) or row is None:
            raise UnauthorizedError(_REFUSED)
        code = recoverycode.draw()
        hashes = (fresh, recoverycode.stored(code), row["recovery_hash"])
        await self.database.run(lambda tx: self._recover(tx, row["id"], hashes))
        return code

    async def _hashed(self, password: str, key: str) -> str:
        text = normalised(password)
        await self.hasher.off_loop(lambda: check_new(text, key))
        return await self.hasher.hash(text)

    async def _change(self, tx: Tx, caller: Caller, known: Known, fresh: str) -> None:
        if await tx.sql.fetchval(_SET, known.account, fresh, known.password_hash) is None:
            raise UnauthorizedError(_REFUSED)
        rows = await tx.sql.fetch(_OTHERS, known.account, caller.sid)
        await self.revoker.revoke(tx, [row["sid"] for row in rows])

    async def _recover(self, tx: Tx, account: UUID, hashes: tuple[str, str, str]) -> None:
        if await tx.sql.fetchval(_RECOVER, account, *hashes) is None:
            raise UnauthorizedError(_REFUSED)
        await self.revoker.revoke_account(tx, account)
