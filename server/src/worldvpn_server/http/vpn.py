"""The compatible routes that connect and disconnect."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import JSONBody

from worldvpn_server.accounts.values import Audience, Caller
from worldvpn_server.directory.values import Protocol
from worldvpn_server.errors import ForbiddenError, NotFoundError
from worldvpn_server.http.failures import AnyRequest
from worldvpn_server.http.guards import signed_in
from worldvpn_server.http.session_bodies import SessionOpened, opened_body, x25519_key
from worldvpn_server.http.source import source_address
from worldvpn_server.sessions.values import EndReason, Wish

_ANYWHERE: Final = "*"


class Connect(msgspec.Struct, frozen=True, kw_only=True):
    """Who connects, how, and by which WireGuard key."""

    protocol: Protocol
    username: str
    public_key: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    preferred_country: Annotated[str, msgspec.Meta(pattern=r"^([A-Za-z]{2}|\*)$")] | None = None


class Disconnect(msgspec.Struct, frozen=True, kw_only=True):
    """Which session is over."""

    session_id: Annotated[str, msgspec.Meta(max_length=64)]


class Disconnected(msgspec.Struct, frozen=True):
    """It is."""

    status: str
    session_id: str


@post("/vpn/connect", guards=[signed_in(Audience.COMPAT)], tags=["compatible"], status_code=200)
async def connect(
    request: AnyRequest, state: State, caller: NamedDependency[Caller], data: JSONBody[Connect]
) -> SessionOpened:
    """Open a session on prepaid tickets; the node has accepted before this is answered."""
    if data.username != caller.username:
        raise ForbiddenError("username is not the one that signed in")
    key = None if data.public_key is None else x25519_key(data.public_key, "public_key")
    country = data.preferred_country
    wish = Wish(
        account=caller.account,
        device=None,
        protocol=data.protocol,
        guest_x25519=key,
        guest_ed25519=None,
        country=None if country in {None, _ANYWHERE} else country.upper(),
        network=state.services.networks.name(source_address(request)),
    )
    return opened_body(await state.services.sessions.broker.open(wish))


@post("/vpn/disconnect", guards=[signed_in(Audience.COMPAT)], tags=["compatible"], status_code=200)
async def disconnect(
    state: State, caller: NamedDependency[Caller], data: JSONBody[Disconnect]
) -> Disconnected:
    """End this session of the caller's, and no other."""
    try:
        session_id = UUID(data.session_id)
    except ValueError:
        raise NotFoundError("you have no such session") from None
    await state.services.sessions.endings.end_own(
        caller.account, session_id, EndReason.CLIENT, None
    )
    return Disconnected(status="disconnected", session_id=data.session_id)


ROUTES: Final = (connect, disconnect)
