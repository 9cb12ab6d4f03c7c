"""An account as its owner sees it, and its end."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import attrs

from worldvpn_server.accounts.families import Revoker
from worldvpn_server.accounts.pseudonyms import Address
from worldvpn_server.accounts.registration import checked_email
from worldvpn_server.accounts.signin import SigningIn
from worldvpn_server.accounts.values import Caller
from worldvpn_server.accounts.withdrawal import Withdrawal
from worldvpn_server.database.pool import Database, Tx
from worldvpn_server.errors import NotFoundError

_VIEW: Final = "SELECT name, email, is_operator, created_at FROM account WHERE id = $1"
_EMAIL: Final = "UPDATE account SET email = $2 WHERE id = $1"
#: What hangs on the account's row goes with it. The ledger stays, under a number that is nobody's,
#: and so do sessions until they are settled and deleted like all others.
_DELETE: Final = (
    "DELETE FROM idempotency WHERE account = $1",
    "DELETE FROM carried WHERE owner = $1",
    "DELETE FROM carried_country WHERE owner = $1",
    "DELETE FROM outbox WHERE topic = $1",
    "DELETE FROM account WHERE id = $1",
)


@attrs.frozen(kw_only=True)
class View:
    """An account, without its secrets."""

    id: UUID
    username: str = attrs.field(repr=False)
    email: str | None = attrs.field(repr=False)
    is_operator: bool
    created_at: datetime


@attrs.frozen(kw_only=True)
class Standing:
    """Shows, changes and deletes accounts."""

    database: Database
    signing_in: SigningIn
    revoker: Revoker
    withdrawal: Withdrawal

    async def view(self, account: UUID) -> View:
        """Return the account. Raises NotFoundError when it was deleted."""
        async with self.database.read() as sql:
            row = await sql.fetchrow(_VIEW, account)
        if row is None:
            raise NotFoundError("there is no such account")
        return View(
            id=account,
            username=row["name"],
            email=row["email"],
            is_operator=row["is_operator"],
            created_at=row["created_at"],
        )

    async def set_email(self, account: UUID, email: str | None) -> None:
        """Replace the address of mail, or forget it. Raises InvalidError when it is none."""
        checked = checked_email(email)
        async with self.database.read() as sql:
            await sql.execute(_EMAIL, account, checked)

    async def delete(self, caller: Caller, password: str, address: Address) -> None:
        """Delete the caller's account, whose password is asked again. There is no way back.

        Raises:
            UnauthorizedError: the password is another.
        """
        known = await self.signing_in.confirm(caller, password, address)

        async def sign_out(tx: Tx) -> None:
            await self.signing_in.stand_on(tx, known)
            await self.revoker.revoke_account(tx, known.account)
            await self.withdrawal.withdraw(tx, known.account)

        async def delete(tx: Tx) -> None:
            # Once more: a sign-in may have come in between.
            await self.revoker.revoke_account(tx, known.account)
            for statement in _DELETE:
                await tx.sql.execute(statement, known.account)

        await self.database.run(sign_out)
        # While the account is still there: what is held comes back, nodes are told.
        await self.withdrawal.sessions.end_account(known.account, "account-deleted")
        await self.database.run(delete)
