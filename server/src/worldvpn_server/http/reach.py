"""Whether a node can be reached: its device asks for checks, and answers for its addresses."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from worldvpn_server.accounts.values import Audience, Caller
from worldvpn_server.errors import ForbiddenError
from worldvpn_server.http.guards import signed_in
from worldvpn_server.http.source import source_address
from worldvpn_server.reach.nonces import LIFE
from worldvpn_server.reach.prober import Prober

_MOST_NONCE_CHARACTERS: Final = 128


class Place(msgspec.Struct, frozen=True):
    """An endpoint at which the node was reached."""

    host: str
    port: int
    carrier: str


class Reach(msgspec.Struct, frozen=True):
    """What a check found. ``reason`` is one of a closed list; "reached" is the good one."""

    reason: str
    listed: bool
    endpoints: list[Place]


class Nonce(msgspec.Struct, frozen=True):
    """To be returned from the address that is to be proven."""

    nonce: str
    expires_at: datetime


class Returned(msgspec.Struct, frozen=True):
    """A nonce that came back."""

    nonce: Annotated[str, msgspec.Meta(max_length=_MOST_NONCE_CHARACTERS)]


class Proven(msgspec.Struct, frozen=True):
    """Whether an endpoint of the node is at the address that the nonce came from."""

    address: str
    proven: bool


class Admitted(msgspec.Struct, frozen=True):
    """The prober's peer may come."""

    status: str


@post(
    "/v1/nodes/{node:uuid}/reach",
    guards=[signed_in(Audience.V1)],
    status_code=200,
    tags=["nodes"],
)
async def check(
    request: Request[Any, Any, Any],
    node: FromPath[UUID],
    caller: NamedDependency[Caller],
    state: State,
) -> Reach:
    """Check from outside whether guests would reach the node; answers within seconds."""
    prober: Prober = state.services.prober
    await prober.require_owned(node, caller.account, caller.device)
    await prober.prove(node, source_address(request))
    verdict = await prober.check(node)
    reached = [
        Place(host=str(each.host), port=each.port, carrier=each.carrier) for each in verdict.reached
    ]
    return Reach(reason=verdict.reason, listed=verdict.listed, endpoints=reached)


@get("/v1/nodes/{node:uuid}/nonce", guards=[signed_in(Audience.V1)], tags=["nodes"])
async def nonce(node: FromPath[UUID], caller: NamedDependency[Caller], state: State) -> Nonce:
    """Return a nonce for another address of the same node."""
    prober: Prober = state.services.prober
    await prober.require_owned(node, caller.account, caller.device)
    now = prober.clock.now()
    return Nonce(nonce=prober.nonces.issue(node, now), expires_at=now + LIFE)


@post(
    "/v1/nodes/{node:uuid}/address",
    guards=[signed_in(Audience.V1)],
    status_code=200,
    tags=["nodes"],
)
async def address(
    request: Request[Any, Any, Any],
    node: FromPath[UUID],
    data: JSONBody[Returned],
    caller: NamedDependency[Caller],
    state: State,
) -> Proven:
    """Prove that the address this request comes from is the node's."""
    prober: Prober = state.services.prober
    await prober.require_owned(node, caller.account, caller.device)
    if not prober.nonces.is_ours(data.nonce, node, prober.clock.now()):
        raise ForbiddenError("this nonce is not of this node, or too old: ask for another one")
    source = source_address(request)
    return Proven(address=str(source), proven=await prober.prove(node, source))


@post(
    "/v1/nodes/{node:uuid}/probes/{probe:uuid}",
    guards=[signed_in(Audience.V1)],
    status_code=200,
    tags=["nodes"],
)
async def admitted(
    request: Request[Any, Any, Any],
    node: FromPath[UUID],
    probe: FromPath[UUID],
    caller: NamedDependency[Caller],
    state: State,
) -> Admitted:
    """Hear from a node that the prober's peer may come."""
    prober: Prober = state.services.prober
    await prober.require_owned(node, caller.account, caller.device)
    await prober.prove(node, source_address(request))
    await prober.admission.admitted(node, probe)
    return Admitted(status="admitted")


ROUTES: Final = (check, nonce, address, admitted)
