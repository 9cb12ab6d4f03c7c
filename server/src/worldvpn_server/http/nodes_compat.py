"""Nodes as compatible clients register, find and keep them: the paths and fields they know."""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK

from worldvpn_server.accounts.values import Audience, Caller
from worldvpn_server.directory.countries import region_of
from worldvpn_server.directory.texts import city_of, group_of, protocol_of, protocols_of
from worldvpn_server.directory.values import (
    Listing,
    Offer,
    OfferedEndpoint,
    Query,
    Status,
)
from worldvpn_server.errors import NotFoundError
from worldvpn_server.http.guards import signed_in
from worldvpn_server.http.source import source_address
from worldvpn_server.ids import new_id

MOST_LISTED: Final = 50
_MOST_MBPS: Final = 100_000
_MOST_GB: Final = 1_000_000
_GIGABYTE: Final = 1_000_000_000
_GUESTS: Final = 10
#: Where a compatible client listens, which does not say so: the port that WireGuard is known by.
_PORT: Final = 51_820
_CARRIER: Final = "udp"
_HINT: Final = "POST /nodes/register first"
_ANY: Final = "*"


class Registration(msgspec.Struct, frozen=True):
    """The body of POST /nodes/register; what more a client says is left alone."""

    country_code: str
    protocols: Annotated[list[str], msgspec.Meta(max_length=64)]
    city: str | None = None
    available_bandwidth_mbps: Annotated[int, msgspec.Meta(ge=1, le=_MOST_MBPS)] = 50
    allow_streaming: bool = True
    allow_torrents: bool = False
    max_daily_gb: Annotated[int, msgspec.Meta(ge=1, le=_MOST_GB)] = 50


class Registered(msgspec.Struct, frozen=True):
    """The answer of POST /nodes/register."""

    node_id: UUID
    status: str
    message: str


class Discovered(msgspec.Struct, frozen=True):
    """One node of GET /nodes/discover; ``protocols`` is JSON, ``latency_ms`` 0: not measured."""

    id: UUID
    country_code: str
    reputation_score: int
    connections: int
    bandwidth_mbps: int
    latency_ms: int
    protocols: str
    group: str


class Discovery(msgspec.Struct, frozen=True):
    """The answer of GET /nodes/discover."""

    nodes: list[Discovered]
    count: int


class Beat(msgspec.Struct, frozen=True):
    """The answer of POST /nodes/heartbeat."""

    status: str
    node_id: UUID
    active_connections: int


class Left(msgspec.Struct, frozen=True):
    """The answer of POST /nodes/offline."""

    status: str
    message: str


class OwnNode(msgspec.Struct, frozen=True):
    """The answer of GET /nodes/my."""

    id: UUID
    country_code: str
    is_online: bool
    reputation_score: int
    current_connections: int
    bandwidth_mbps: int
    allow_streaming: bool
    allow_torrents: bool


@post("/nodes/register", guards=[signed_in(Audience.COMPAT)], tags=["compatible"])
async def register(
    data: JSONBody[Registration],
    caller: NamedDependency[Caller],
    request: Request[Any, Any, Any],
    state: State,
) -> Registered:
    """Make the account's node, or replace what was said of it."""
    services = state.services
    source = source_address(request)
    offer = Offer(
        id=new_id(),
        account=caller.account,
        device=None,
        country=data.country_code.upper(),
        city=city_of(data.city),
        protocols=protocols_of(data.protocols),
        bandwidth_mbps=data.available_bandwidth_mbps,
        most_guests=_GUESTS,
        daily_bytes=data.max_daily_gb * _GIGABYTE,
        allow_streaming=data.allow_streaming,
        allow_torrents=data.allow_torrents,
        source=source,
        endpoints=(OfferedEndpoint(host=source, port=_PORT, carrier=_CARRIER),),
    )
    node = await services.database.run(lambda tx: services.directory.put(tx, offer))
    told = "Your node is online" if node.listed else "Your node is online, but not listed"
    return Registered(node_id=node.id, status="online", message=told)


@get("/nodes/discover", guards=[signed_in(Audience.COMPAT)], tags=["compatible"])
async def discover(  # noqa: PLR0913 - one parameter a filter
    caller: NamedDependency[Caller],
    state: State,
    *,
    country: FromQuery[str | None] = None,
    protocol: FromQuery[str | None] = None,
    min_bandwidth: Annotated[int, QueryParameter(ge=0, le=2**31 - 1)] = 0,
    node_group: FromQuery[str | None] = None,
    limit: Annotated[int, QueryParameter(ge=1)] = 10,
) -> Discovery:
    """Find nodes, best first: by reputation, then latency. At most 50, whatever is asked for."""
    query = Query(
        asking=caller.account,
        compatible=True,
        country=_country(country),
        protocol=None if protocol is None else protocol_of(protocol),
        min_bandwidth_mbps=min_bandwidth,
        group=None if node_group is None else group_of(node_group),
        limit=min(limit, MOST_LISTED),
    )
    nodes = [_discovered(each) for each in await state.services.directory.find(query)]
    return Discovery(nodes=nodes, count=len(nodes))


@post(
    "/nodes/heartbeat",
    guards=[signed_in(Audience.COMPAT)],
    status_code=HTTP_200_OK,
    tags=["compatible"],
)
async def heartbeat(caller: NamedDependency[Caller], state: State) -> Beat:
    """Say that the account's node is alive; one that was offline is online again."""
    alive = await state.services.heartbeats.beat(caller.account)
    if alive is None:
        raise NotFoundError("No node registered", hint=_HINT)
    return Beat(status="alive", node_id=alive.node, active_connections=alive.guests)


@post(
    "/nodes/offline",
    guards=[signed_in(Audience.COMPAT)],
    status_code=HTTP_200_OK,
    tags=["compatible"],
)
async def offline(caller: NamedDependency[Caller], state: State) -> Left:
    """Take the account's node offline; without a node it is so already."""
    services = state.services
    node = await services.directory.own(caller.account, None)
    if node is None:
        return Left(status="offline", message="You have no node")
    services.presence.forget(node.id)
    await services.database.run(lambda tx: services.directory.mark(tx, node.id, Status.OFFLINE))
    return Left(status="offline", message="Your node is offline")


@get("/nodes/my", guards=[signed_in(Audience.COMPAT)], tags=["compatible"])
async def mine(caller: NamedDependency[Caller], state: State) -> OwnNode:
    """Show the account's node."""
    node = await state.services.directory.own(caller.account, None)
    if node is None:
        raise NotFoundError("No node registered", hint=_HINT)
    return OwnNode(
        id=node.id,
        country_code=node.country,
        is_online=node.status is Status.ONLINE,
        reputation_score=round(node.reputation),
        current_connections=node.guests,
        bandwidth_mbps=node.bandwidth_mbps,
        allow_streaming=node.allow_streaming,
        allow_torrents=node.allow_torrents,
    )


def _country(text: str | None) -> str | None:
    if text is None or text == _ANY:
        return None
    country = text.upper()
    region_of(country)
    return country


def _discovered(node: Listing) -> Discovered:
    return Discovered(
        id=node.id,
        country_code=node.country,
        reputation_score=round(node.reputation),
        connections=node.guests,
        bandwidth_mbps=node.bandwidth_mbps,
        latency_ms=round(node.latency_ms or 0),
        protocols=msgspec.json.encode(node.protocols).decode(),
        group=node.group,
    )


ROUTES: Final = (register, discover, heartbeat, offline, mine)
