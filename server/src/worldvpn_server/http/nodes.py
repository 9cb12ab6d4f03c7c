"""Nodes of /v1: bound to a device, listed only once they were reached."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Request, delete, get, put
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from worldvpn_server.accounts.values import Audience, Caller
from worldvpn_server.directory import withdrawal
from worldvpn_server.directory.values import NodeRecord
from worldvpn_server.errors import ForbiddenError, NotFoundError
from worldvpn_server.http.guards import signed_in
from worldvpn_server.http.node_bodies import NodeAnswer, NodeBody, answer_of, offer_of
from worldvpn_server.http.source import source_address

_V1: Final = [signed_in(Audience.V1)]
_MOST_BODY_BYTES: Final = 65_536


class OwnNodes(msgspec.Struct, frozen=True):
    """The answer of GET /v1/nodes."""

    nodes: list[NodeAnswer]


@put(
    "/v1/nodes/{node_id:uuid}",
    guards=_V1,
    tags=["nodes"],
    request_max_body_size=_MOST_BODY_BYTES,
)
async def put_node(
    node_id: FromPath[UUID],
    data: JSONBody[NodeBody],
    caller: NamedDependency[Caller],
    request: Request[Any, Any, Any],
    state: State,
) -> NodeAnswer:
    """Make the calling device's node, or replace what it said of itself. The id is its choice.

    It is online at once, and listed when it was reached at one of its endpoints: whoever changes
    these or the key is reached anew. One node a device (409); another's id is not found (404).
    A node of another device of the account is this one's from now on, once it is offline and
    has no guests: whoever signs in again keeps the node's reputation. Before, it is not found.
    """
    if caller.device is None:
        raise ForbiddenError("a node belongs to a device: sign in with a device key")
    offer = offer_of(data, node_id, caller.account, caller.device, source_address(request))
    services = state.services
    node = await services.database.run(lambda tx: services.directory.put(tx, offer))
    return _shown(node, state)


@get("/v1/nodes", guards=_V1, tags=["nodes"])
async def own_nodes(caller: NamedDependency[Caller], state: State) -> OwnNodes:
    """List the nodes of the account: one of each device at most, and one of older clients."""
    nodes = await withdrawal.nodes_of(state.services.database, caller.account)
    return OwnNodes([_shown(each, state) for each in nodes])


@get("/v1/nodes/{node_id:uuid}", guards=_V1, tags=["nodes"])
async def own_node(
    node_id: FromPath[UUID], caller: NamedDependency[Caller], state: State
) -> NodeAnswer:
    """Show one node of the account."""
    for node in await withdrawal.nodes_of(state.services.database, caller.account):
        if node.id == node_id:
            return _shown(node, state)
    raise NotFoundError("there is no such node, or it is not yours")


@delete("/v1/nodes/{node_id:uuid}", guards=_V1, tags=["nodes"])
async def delete_node(
    node_id: FromPath[UUID], caller: NamedDependency[Caller], state: State
) -> None:
    """Withdraw a node of the account for good. While it has guests it stays (409)."""
    services = state.services
    await services.database.run(lambda tx: withdrawal.withdraw(tx, caller.account, node_id))
    services.presence.forget(node_id)


def _shown(node: NodeRecord, state: State) -> NodeAnswer:
    """Return ``node`` with whom it calls to be seen from outside."""
    return msgspec.structs.replace(answer_of(node), punch=state.services.holes.words)


ROUTES: Final = (put_node, own_nodes, own_node, delete_node)
