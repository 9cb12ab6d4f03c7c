"""The caller's account: what it is, all that is stored of it, and its end."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import msgspec
from litestar import MediaType, Request, Response, delete, get, patch, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import JSONBody

from worldvpn_server.accounts.throttle import EXPORT_ACCOUNT
from worldvpn_server.accounts.values import Audience, Caller
from worldvpn_server.http.auth_bodies import MOST_BODY_BYTES
from worldvpn_server.http.guards import signed_in
from worldvpn_server.http.source import source_address
from worldvpn_server.services import Services

_TAGS: Final = ["accounts"]


class Account(msgspec.Struct, frozen=True):
    """The caller's account."""

    user_id: str
    username: str
    email: str | None
    is_operator: bool
    created_at: datetime


class Change(msgspec.Struct, frozen=True):
    """What is to be another: null forgets the address."""

    email: str | None


class Confirmation(msgspec.Struct, frozen=True):
    """The password, again."""

    password: str


class NewCode(msgspec.Struct, frozen=True):
    """A recovery code, shown this once."""

    recovery_code: str


@get("/v1/account", tags=_TAGS, guards=[signed_in(Audience.V1)])
async def account(caller: NamedDependency[Caller], state: State) -> Account:
    """Show the account."""
    services: Services = state.services
    found = await services.accounts.standing.view(caller.account)
    return Account(
        user_id=str(found.id),
        username=found.username,
        email=found.email,
        is_operator=found.is_operator,
        created_at=found.created_at,
    )


@patch(
    "/v1/account",
    status_code=204,
    tags=_TAGS,
    guards=[signed_in(Audience.V1)],
    request_max_body_size=MOST_BODY_BYTES,
)
async def change_account(
    data: JSONBody[Change], caller: NamedDependency[Caller], state: State
) -> None:
    """Replace or forget the address of mail."""
    services: Services = state.services
    await services.accounts.standing.set_email(caller.account, data.email)


@get("/v1/account/export", tags=_TAGS, guards=[signed_in(Audience.V1)])
async def export(caller: NamedDependency[Caller], state: State) -> Response[bytes]:
    """Return all that is stored of the caller, one list a section."""
    services: Services = state.services
    await services.accounts.throttle.hit(EXPORT_ACCOUNT, caller.account)
    return Response(
        content=await services.accounts.portability.export(caller.account),
        media_type=MediaType.JSON,
        headers={"Content-Disposition": 'attachment; filename="worldvpn-account.json"'},
    )


@post(
    "/v1/account/recovery-code",
    tags=_TAGS,
    guards=[signed_in(Audience.V1)],
    request_max_body_size=MOST_BODY_BYTES,
)
async def renew_code(
    data: JSONBody[Confirmation],
    caller: NamedDependency[Caller],
    request: Request[Any, Any, Any],
    state: State,
) -> NewCode:
    """Return a new recovery code in place of a lost one."""
    services: Services = state.services
    code = await services.accounts.secrets.renew_code(
        caller, data.password, source_address(request)
    )
    return NewCode(recovery_code=code)


@delete(
    "/v1/account",
    status_code=204,
    tags=_TAGS,
    guards=[signed_in(Audience.V1)],
    request_max_body_size=MOST_BODY_BYTES,
)
async def delete_account(
    data: JSONBody[Confirmation],
    caller: NamedDependency[Caller],
    request: Request[Any, Any, Any],
    state: State,
) -> None:
    """Delete the account, for good. The ledger keeps its journals under a number only."""
    services: Services = state.services
    await services.accounts.standing.delete(caller, data.password, source_address(request))


ROUTES: Final = (account, change_account, export, renew_code, delete_account)
