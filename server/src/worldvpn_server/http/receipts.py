"""Receipts: what both ends of a session signed, taken in batches and read back as figures."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK

from worldvpn_core.credit.lengths import RECEIPT_BYTES
from worldvpn_server.accounts.values import Audience, Caller
from worldvpn_server.http.guards import signed_in
from worldvpn_server.settlement.account import Statement, statements
from worldvpn_server.settlement.figures import LATENESS, Word
from worldvpn_server.settlement.values import MOST_RECEIPTS, Outcome

#: A full batch in base64url, with quotes and commas, and as much again.
MOST_BODY_BYTES: Final = 131_072
#: In base64url without padding (RFC 4648 section 5).
_TEXT: Final = -(-RECEIPT_BYTES * 4 // 3)

Signed = Annotated[str, msgspec.Meta(min_length=_TEXT, max_length=_TEXT)]


class Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Signed receipts of any sessions and either role, in base64url without padding."""

    receipts: Annotated[tuple[Signed, ...], msgspec.Meta(min_length=1, max_length=MOST_RECEIPTS)]


class Outcomes(msgspec.Struct, frozen=True):
    """One outcome a receipt, in order. After any of them it need not be sent again."""

    outcomes: tuple[Outcome, ...]


class Figures(msgspec.Struct, frozen=True):
    """The highest figures one end has signed for."""

    up_bytes: int
    down_bytes: int
    elapsed_ms: int


class Account(msgspec.Struct, frozen=True):
    """What is known of one session; who the other end is, is not told."""

    session_id: UUID
    role: str
    node: Figures | None
    guest: Figures | None
    granted_bytes: int
    settled_bytes: int
    is_settled: bool
    accepted_until: datetime


class Accounts(msgspec.Struct, frozen=True):
    """The caller's sessions, newest first."""

    sessions: tuple[Account, ...]


@post(
    "/v1/receipts",
    guards=[signed_in(Audience.V1)],
    status_code=HTTP_200_OK,
    request_max_body_size=MOST_BODY_BYTES,
    tags=["receipts"],
)
async def submit(data: JSONBody[Batch], state: State) -> Outcomes:
    """Take signed receipts; what they make due is settled and committed with the answer."""
    outcomes = await state.services.settlement.submit([_bytes(each) for each in data.receipts])
    return Outcomes(outcomes=outcomes)


@get("/v1/receipts", guards=[signed_in(Audience.V1)], tags=["receipts"])
async def known(
    caller: NamedDependency[Caller],
    state: State,
    limit: Annotated[int, QueryParameter(ge=1, le=50)] = 50,
    before: FromQuery[UUID | None] = None,
) -> Accounts:
    """Return what has arrived of the caller's sessions, as guest or node, and what is settled."""
    async with state.services.database.read() as sql:
        found = await statements(sql, caller.account, before=before, limit=limit)
    return Accounts(sessions=tuple(_account(each) for each in found))


def _bytes(text: str) -> bytes:
    """Return what ``text`` encodes; nothing where it is no base64url."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""


def _account(statement: Statement) -> Account:
    return Account(
        session_id=statement.session,
        role="guest" if statement.is_guest else "node",
        node=_figures(statement.said.node),
        guest=_figures(statement.said.guest),
        granted_bytes=statement.granted_bytes,
        settled_bytes=statement.settled_bytes,
        is_settled=statement.is_settled,
        accepted_until=statement.expires_at + LATENESS,
    )


def _figures(word: Word | None) -> Figures | None:
    if word is None:
        return None
    return Figures(up_bytes=word.up_bytes, down_bytes=word.down_bytes, elapsed_ms=word.elapsed_ms)


ROUTES: Final = (submit, known)
