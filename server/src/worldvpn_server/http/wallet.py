"""The caller's wallet: what lies in which bucket, every journal, and its proof."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Stream

from worldvpn_server.accounts.values import Audience, Caller
from worldvpn_server.http.guards import signed_in
from worldvpn_server.ledger import evidence, statement
from worldvpn_server.ledger.evidence import JournalProof
from worldvpn_server.ledger.presentation import BalanceBody, balance_body
from worldvpn_server.ledger.statement import Earned, StatementLine

_MOST_A_PAGE: Final = 200
#: Beyond it there is no time that PostgreSQL knows.
_LATEST_S: Final = 2**33

Since = Annotated[int, QueryParameter(ge=0, le=_LATEST_S)]
Page = Annotated[int, QueryParameter(ge=1, le=_MOST_A_PAGE)]


class Statement(msgspec.Struct, frozen=True):
    """A page of journals; ``next`` is the ``before`` of the next page, null at the end."""

    entries: Sequence[StatementLine]
    next: UUID | None


@get("/v1/wallet", tags=["wallet"], guards=[signed_in(Audience.V1)])
async def wallet(state: State, caller: NamedDependency[Caller]) -> BalanceBody:
    """Return the caller's balance by bucket, in ticks, and in whole credits."""
    return balance_body(await state.services.ledger.balance(caller.account))


@get("/v1/wallet/history", tags=["wallet"], guards=[signed_in(Audience.V1)])
async def history(
    state: State,
    caller: NamedDependency[Caller],
    before: FromQuery[UUID | None] = None,
    limit: Page = 50,
) -> Statement:
    """Return the caller's journals, newest first, older than ``before``."""
    lines = await statement.page(
        state.services.database, caller.account, before=before, limit=limit
    )
    return Statement(entries=lines, next=lines[-1].id if len(lines) == limit else None)


@get("/v1/wallet/earned", tags=["wallet"], guards=[signed_in(Audience.V1)])
async def earned(state: State, caller: NamedDependency[Caller], since_s: Since) -> Earned:
    """Return what the caller has earned by sharing since then (Unix seconds)."""
    since = datetime.fromtimestamp(since_s, UTC)
    return await statement.earned(state.services.database, caller.account, since)


@get("/v1/wallet/history.csv", tags=["wallet"], guards=[signed_in(Audience.V1)])
async def history_csv(state: State, caller: NamedDependency[Caller]) -> Stream:
    """Return all of the caller's journals as CSV, newest first."""
    return Stream(
        statement.as_csv(state.services.database, caller.account),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="worldvpn-credits.csv"'},
    )


@get("/v1/wallet/history/{journal:uuid}/proof", tags=["wallet"], guards=[signed_in(Audience.V1)])
async def proof(
    state: State, caller: NamedDependency[Caller], journal: FromPath[UUID]
) -> JournalProof:
    """Return the proof that one of the caller's journals is in the ledger's tree."""
    async with state.services.database.read() as sql:
        return await evidence.journal_proof(sql, journal, caller.account)


ROUTES: Final = (wallet, history, earned, history_csv, proof)
