"""Registering, signing in with a device, refreshing, signing out, and lost passwords."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar import Request, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import JSONBody

from worldvpn_server.accounts.registration import Application, Newcomer
from worldvpn_server.accounts.secrets import Recovery
from worldvpn_server.accounts.signin import Credentials
from worldvpn_server.accounts.values import Audience, Caller
from worldvpn_server.errors import InvalidError
from worldvpn_server.http.auth_bodies import MOST_BODY_BYTES, DeviceBody, ProofBody, SignedIn
from worldvpn_server.http.auth_compat import Password, Username
from worldvpn_server.http.guards import signed_in
from worldvpn_server.http.source import source_address
from worldvpn_server.services import Services

_TAGS: Final = ["accounts"]


class Register(msgspec.Struct, frozen=True):
    """Who wants an account; with ``device`` and ``proof`` that device is signed in at once."""

    username: Username
    password: Password
    email: str | None = None
    device: DeviceBody | None = None
    proof: ProofBody | None = None

    def newcomer(self) -> Newcomer | None:
        """Return the device, if there is one. Raises InvalidError when half of it is there."""
        if self.device is None and self.proof is None:
            return None
        if self.device is None or self.proof is None:
            raise InvalidError("device and proof: send both, or neither")
        return Newcomer(device=self.device.value(), proof=self.proof.value())


class Registered(msgspec.Struct, frozen=True):
    """A new account; the recovery code is shown this once."""

    user_id: str
    username: str
    recovery_code: str
    signed_in: SignedIn | None


class SignIn(msgspec.Struct, frozen=True):
    """Who signs in, with which device; the proof is over username and both keys."""

    username: str
    password: str
    device: DeviceBody
    proof: ProofBody


class Refresh(msgspec.Struct, frozen=True):
    """A refresh token; the proof is over it."""

    refresh_token: str
    proof: ProofBody


class SignOut(msgspec.Struct, frozen=True):
    """Whether all of the account's sign-ins end."""

    everywhere: bool = False


class NewPassword(msgspec.Struct, frozen=True):
    """The password that is, and the one that shall be."""

    old_password: str
    new_password: Password


class Recover(msgspec.Struct, frozen=True):
    """What was kept for the day the password is forgotten."""

    username: str
    recovery_code: str
    new_password: Password


class Recovered(msgspec.Struct, frozen=True):
    """The code for the next time: the old one is used up."""

    recovery_code: str


@post("/v1/auth/register", tags=_TAGS, request_max_body_size=MOST_BODY_BYTES)
async def register(
    data: JSONBody[Register], request: Request[Any, Any, Any], state: State
) -> Registered:
    """Make an account, with 100 credits to start with."""
    services: Services = state.services
    application = Application(
        username=data.username,
        password=data.password,
        email=data.email,
        address=source_address(request),
    )
    made = await services.accounts.registration.register(application, data.newcomer())
    return Registered(
        user_id=str(made.account),
        username=made.username,
        recovery_code=made.recovery_code,
        signed_in=None if made.signed is None else SignedIn.of(made.signed),
    )


@post("/v1/auth/token", status_code=200, tags=_TAGS, request_max_body_size=MOST_BODY_BYTES)
async def token(data: JSONBody[SignIn], request: Request[Any, Any, Any], state: State) -> SignedIn:
    """Sign a device in; one that is not known yet is added."""
    services: Services = state.services
    given = Credentials(
        username=data.username, password=data.password, address=source_address(request)
    )
    signing_in = services.accounts.signing_in
    return SignedIn.of(await signing_in.sign_in(given, data.device.value(), data.proof.value()))


@post("/v1/auth/refresh", status_code=200, tags=_TAGS, request_max_body_size=MOST_BODY_BYTES)
async def refresh(data: JSONBody[Refresh], state: State) -> SignedIn:
    """Trade a refresh token for its successor. A lost answer may be asked for again for 60 s."""
    services: Services = state.services
    proof = data.proof.value()
    return SignedIn.of(await services.accounts.refreshing.refresh(data.refresh_token, proof))


@post(
    "/v1/auth/logout",
    status_code=204,
    tags=_TAGS,
    guards=[signed_in(Audience.V1)],
    request_max_body_size=MOST_BODY_BYTES,
)
async def logout(
    caller: NamedDependency[Caller], state: State, data: JSONBody[SignOut | None] = None
) -> None:
    """End this sign-in, or all of the account: its sessions end, its node takes no more guests."""
    services: Services = state.services
    signing_out = services.accounts.signing_out
    if data is not None and data.everywhere:
        await signing_out.everywhere(caller)
    else:
        await signing_out.here(caller)


@post(
    "/v1/auth/password",
    status_code=204,
    tags=_TAGS,
    guards=[signed_in(Audience.V1)],
    request_max_body_size=MOST_BODY_BYTES,
)
async def password(
    data: JSONBody[NewPassword],
    caller: NamedDependency[Caller],
    request: Request[Any, Any, Any],
    state: State,
) -> None:
    """Replace the password. Every other sign-in ends."""
    services: Services = state.services
    await services.accounts.secrets.change_password(
        caller, data.old_password, data.new_password, source_address(request)
    )


@post("/v1/auth/recover", status_code=200, tags=_TAGS, request_max_body_size=MOST_BODY_BYTES)
async def recover(
    data: JSONBody[Recover], request: Request[Any, Any, Any], state: State
) -> Recovered:
    """Replace a forgotten password by the recovery code. Every sign-in ends."""
    services: Services = state.services
    asked = Recovery(
        username=data.username,
        code=data.recovery_code,
        new_password=data.new_password,
        address=source_address(request),
    )
    return Recovered(recovery_code=await services.accounts.secrets.recover(asked))


ROUTES: Final = (register, token, refresh, logout, password, recover)
