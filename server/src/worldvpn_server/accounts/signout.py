"""Signing out: no token holds any more, sessions end, nodes take no more guests."""

from __future__ import annotations

from typing import Final

import attrs

from worldvpn_server.accounts.families import Revoker
from worldvpn_server.accounts.values import Caller
from worldvpn_server.accounts.withdrawal import Withdrawal
from worldvpn_server.database.pool import Database, Tx

_REASON: Final = "signed-out"


@attrs.frozen(kw_only=True)
class SigningOut:
    """Ends sign-ins as their owner wants it."""

    database: Database
    revoker: Revoker
    withdrawal: Withdrawal

    async def here(self, caller: Caller) -> None:
        """End the caller's sign-in, what its device uses, and what the node there serves."""

        async def work(tx: Tx) -> None:
            await self.revoker.revoke(tx, [caller.sid])
            if caller.device is not None:
                await self.withdrawal.withdraw(tx, caller.account, caller.device)

        await self.database.run(work)
        if caller.device is not None:
            await self.withdrawal.sessions.end_device(caller.device, _REASON)

    async def everywhere(self, caller: Caller) -> None:
        """End every sign-in of the account, and all that it uses and serves."""

        async def work(tx: Tx) -> None:
            await self.revoker.revoke_account(tx, caller.account)
            await self.withdrawal.withdraw(tx, caller.account)

        await self.database.run(work)
        await self.withdrawal.sessions.end_account(caller.account, _REASON)
