"""Registering and signing in as existing clients do."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from litestar import Request, post
from litestar.datastructures import State
from litestar.params import JSONBody

from worldvpn_server.accounts.registration import Application
from worldvpn_server.accounts.signin import Credentials
from worldvpn_server.http.source import source_address
from worldvpn_server.services import Services

#: Nothing that one may send here is longer.
MOST_BODY_BYTES: Final = 16_384

Username = Annotated[
    str, msgspec.Meta(description="3 to 32 letters, digits and single '.', '_', '-'; NFKC")
]
Password = Annotated[
    str, msgspec.Meta(description="at least 10 characters, at most 1024 bytes, none of the common")
]


class Registration(msgspec.Struct, frozen=True):
    """Who wants an account."""

    username: Username
    password: Password
    email: str | None = None


class Registered(msgspec.Struct, frozen=True):
    """A new account; the recovery code is shown this once."""

    user_id: str
    username: str
    message: str
    recovery_code: str


class Login(msgspec.Struct, frozen=True):
    """Who signs in."""

    username: str
    password: str


class LoggedIn(msgspec.Struct, frozen=True):
    """A token for the compatible routes, good for a day."""

    token: str
    user_id: str
    username: str


@post("/auth/register", tags=["compatible"], request_max_body_size=MOST_BODY_BYTES)
async def register(
    data: JSONBody[Registration], request: Request[Any, Any, Any], state: State
) -> Registered:
    """Make an account, with 100 credits to start with."""
    services: Services = state.services
    made = await services.accounts.registration.register(
        Application(
            username=data.username,
            password=data.password,
            email=data.email,
            address=source_address(request),
        )
    )
    return Registered(
        user_id=str(made.account),
        username=made.username,
        message="Account created. Keep the recovery code: it is shown only once",
        recovery_code=made.recovery_code,
    )


@post("/auth/login", status_code=200, tags=["compatible"], request_max_body_size=MOST_BODY_BYTES)
async def login(data: JSONBody[Login], request: Request[Any, Any, Any], state: State) -> LoggedIn:
    """Sign in for a day, on these routes only."""
    services: Services = state.services
    known, token = await services.accounts.signing_in.sign_in_compat(
        Credentials(username=data.username, password=data.password, address=source_address(request))
    )
    return LoggedIn(token=token, user_id=str(known.account), username=known.username)


ROUTES: Final = (register, login)
