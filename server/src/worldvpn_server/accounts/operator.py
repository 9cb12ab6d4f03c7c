"""What an operator does to accounts, from the command line."""

from __future__ import annotations

import hashlib
from typing import Final, Protocol
from uuid import UUID

import attrs

from worldvpn_core.credit.units import CREDIT_TICKS
from worldvpn_server.accounts.names import name_key
from worldvpn_server.accounts.withdrawal import Withdrawal
from worldvpn_server.database.pool import Database, Tx
from worldvpn_server.errors import InvalidError, NotFoundError
from worldvpn_server.ledger.values import Bucket, Journal, Kind
from worldvpn_server.seams import Treasury

MOST_CREDITS: Final = 1_000_000_000
_MOST_TEXT_CHARACTERS: Final = 200
_FIND: Final = "SELECT id FROM account WHERE name_key = $1"


class Banner(Protocol):
    """Bans accounts everywhere at once; ``accounts.revocations`` has it."""

    async def ban(self, tx: Tx, account: UUID, reason: str) -> None:
        """Let nothing that the account holds be good for anything."""

    async def unban(self, tx: Tx, account: UUID) -> None:
        """Take a ban back."""

    async def revoke_account(self, tx: Tx, account: UUID) -> None:
        """End every sign-in of the account."""


@attrs.frozen(kw_only=True)
class Operator:
    """Bans, unbans and grants, by username."""

    database: Database
    banner: Banner
    withdrawal: Withdrawal
    treasury: Treasury

    async def find(self, username: str) -> UUID:
        """Return the account called ``username``. Raises NotFoundError."""
        async with self.database.read() as sql:
            account = await sql.fetchval(_FIND, name_key(username))
        if not isinstance(account, UUID):
            raise NotFoundError(f"there is no account called {username[:40]!r}")
        return account

    async def ban(self, username: str, reason: str) -> UUID:
        """Sign an account out everywhere, end its sessions and withdraw its nodes.

        Raises:
            NotFoundError: there is no such account.
            InvalidError: there is no reason, or a long one.
        """
        account, why = await self.find(username), _text("reason", reason)

        async def work(tx: Tx) -> None:
            await self.banner.ban(tx, account, why)
            await self.banner.revoke_account(tx, account)
            await self.withdrawal.withdraw(tx, account)

        await self.database.run(work)
        await self.withdrawal.sessions.end_account(account, "banned")
        return account

    async def unban(self, username: str) -> UUID:
        """Take a ban back: the user signs in again. Raises NotFoundError."""
        account = await self.find(username)
        await self.database.run(lambda tx: self.banner.unban(tx, account))
        return account

    async def grant(self, username: str, credits_: int, key: str, note: str = "") -> bool:
        """Give credits out of the mint, once per ``key``; False: they were given before.

        Raises:
            NotFoundError: there is no such account.
            InvalidError: not between 1 and ``MOST_CREDITS``, or a text is empty or long.
        """
        if not 1 <= credits_ <= MOST_CREDITS:
            raise InvalidError(f"credits: must be 1 to {MOST_CREDITS}, not {credits_}")
        named = _text("key", key).encode()
        account, ticks = await self.find(username), credits_ * CREDIT_TICKS
        journal = Journal(
            account=account,
            key=hashlib.sha256(b"worldvpn/grant/v1\x00" + named).digest(),
            kind=Kind.GRANT,
            lines=((Bucket.MINT, -ticks), (Bucket.AVAILABLE, ticks)),
            note=_text("note", note or "Granted by the operator"),
        )
        return await self.database.run(lambda tx: self.treasury.post(tx, journal))


def _text(what: str, text: str) -> str:
    if not 1 <= len(text) <= _MOST_TEXT_CHARACTERS or not text.isprintable():
        raise InvalidError(f"{what}: must be 1 to {_MOST_TEXT_CHARACTERS} printable characters")
    return text
