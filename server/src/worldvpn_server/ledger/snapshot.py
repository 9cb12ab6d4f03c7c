"""What a stream of events begins with: the balance, as later events bring it."""

from __future__ import annotations

import attrs
import msgspec

from worldvpn_server.accounts.values import Caller
from worldvpn_server.ledger.presentation import BALANCE_EVENT, balance_body
from worldvpn_server.seams import Ledger


@attrs.frozen
class BalanceSnapshot:
    """The ledger's part of a snapshot."""

    _ledger: Ledger

    async def __call__(self, caller: Caller) -> tuple[tuple[str, bytes], ...]:
        """Return the caller's balance."""
        balance = await self._ledger.balance(caller.account)
        return ((BALANCE_EVENT, msgspec.json.encode(balance_body(balance))),)
