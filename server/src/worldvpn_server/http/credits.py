"""Credits as existing clients ask for them: a balance, a short history, and claims."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import JSONBody

from worldvpn_core.credit.units import CREDIT_TICKS
from worldvpn_server.accounts.values import Audience, Caller
from worldvpn_server.database.pool import Database
from worldvpn_server.http.guards import signed_in
from worldvpn_server.ledger.values import Entry, Kind
from worldvpn_server.seams import Ledger

_HISTORY_ENTRIES: Final = 50
#: A pebibyte: more than any line carries between two calls.
_MOST_CLAIMED_BYTES: Final = 2**50
#: Each kind by the word that clients know, and what it was for when no note says it.
_WORDS: Final[Mapping[Kind, tuple[str, str]]] = {
    Kind.WELCOME: ("bonus", "Starting credits"),
    Kind.HOLD: ("held", "Held for a session"),
    Kind.SPEND: ("spent", "Traffic used"),
    Kind.RELEASE: ("released", "Not used by a session"),
    Kind.EARN: ("earned", "Traffic shared"),
    Kind.VEST: ("earned", "Traffic shared, now yours to spend"),
    Kind.GRANT: ("bonus", "Credits granted"),
    Kind.PENALTY: ("penalty", "Penalty"),
    Kind.REVERSAL: ("correction", "Correction"),
    Kind.LATE: ("spent", "Traffic used, reported late"),
}

_CLAIM: Final = """
INSERT INTO claim (account, shared_bytes, consumed_bytes, created_at) VALUES ($1, $2, $3, $4)
"""

Bytes = Annotated[int, msgspec.Meta(ge=0, le=_MOST_CLAIMED_BYTES)]


class Credits(msgspec.Struct, frozen=True):
    """Whole credits: what can be spent, and what is held."""

    credits: int


class Transaction(msgspec.Struct, frozen=True):
    """One change of the balance; ``amount`` is in whole credits, rounded towards zero."""

    id: UUID
    amount: int
    transaction_type: str
    description: str
    created_at: datetime


class Claim(msgspec.Struct, frozen=True):
    """What a client says it carried: nobody else signed for it."""

    shared_bytes: Bytes
    consumed_bytes: Bytes


class ClaimNoted(msgspec.Struct, frozen=True):
    """The answer to a claim: it moves nothing."""

    message: str
    credits_change: int


@get("/credits/balance", tags=["compatible"], guards=[signed_in(Audience.COMPAT)])
async def balance(state: State, caller: NamedDependency[Caller]) -> Credits:
    """Return the caller's credits, as the ledger has them."""
    ledger: Ledger = state.services.ledger
    return Credits(credits=(await ledger.balance(caller.account)).credits)


@get("/credits/history", tags=["compatible"], guards=[signed_in(Audience.COMPAT)])
async def history(state: State, caller: NamedDependency[Caller]) -> list[Transaction]:
    """Return the caller's last changes, newest first."""
    ledger: Ledger = state.services.ledger
    entries = await ledger.history(caller.account, before=None, limit=_HISTORY_ENTRIES)
    return [transaction(each) for each in entries]


@post("/credits/sync", tags=["compatible"], guards=[signed_in(Audience.COMPAT)], status_code=200)
async def sync(
    state: State,
    caller: NamedDependency[Caller],
    data: JSONBody[Claim],
) -> ClaimNoted:
    """Note what the caller claims. Credits follow from receipts that both ends signed alone."""
    database: Database = state.services.database
    async with database.transaction() as tx:
        await tx.sql.execute(
            _CLAIM,
            caller.account,
            data.shared_bytes,
            data.consumed_bytes,
            state.services.clock.now(),
        )
    return ClaimNoted(
        message="Noted. Credits change by receipts that both ends of a session signed.",
        credits_change=0,
    )


def transaction(entry: Entry) -> Transaction:
    """Return ``entry`` as existing clients read it. Pure."""
    word, purpose = _WORDS[entry.kind]
    whole = abs(entry.ticks) // CREDIT_TICKS
    return Transaction(
        id=entry.id,
        amount=whole if entry.ticks >= 0 else -whole,
        transaction_type=word,
        description=entry.note or purpose,
        created_at=entry.created_at,
    )


ROUTES: Final = (balance, history, sync)
