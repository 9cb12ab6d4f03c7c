"""The ledger's tree for everybody: signed heads, and proofs against them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
from litestar import MediaType, get
from litestar.datastructures import State
from litestar.params import QueryParameter

from worldvpn_server.ledger import evidence
from worldvpn_server.ledger.evidence import Checkpoint, Consistency, Inclusion

_MOST_A_PAGE: Final = 1_000
_MOST_LEAVES: Final = 2**62

Leaf = Annotated[int, QueryParameter(ge=0, le=_MOST_LEAVES)]
Size = Annotated[int, QueryParameter(ge=1, le=_MOST_LEAVES)]
OptionalSize = Annotated[int | None, QueryParameter(ge=1, le=_MOST_LEAVES)]
OldSize = Annotated[int, QueryParameter(name="from", ge=1, le=_MOST_LEAVES)]
NewSize = Annotated[int, QueryParameter(name="to", ge=1, le=_MOST_LEAVES)]
Page = Annotated[int, QueryParameter(ge=1, le=_MOST_A_PAGE)]


class Checkpoints(msgspec.Struct, frozen=True):
    """A page of checkpoints; ``next`` is the ``after`` of the next page, null at the end."""

    checkpoints: Sequence[Checkpoint]
    next: int | None


@get("/v1/ledger/checkpoints", tags=["ledger"])
async def checkpoints(state: State, after: Leaf = 0, limit: Page = 100) -> Checkpoints:
    """Return signed tree heads of more than ``after`` leaves, smallest first. Public."""
    async with state.services.database.read() as sql:
        found = await evidence.checkpoints(sql, after=after, limit=limit)
    return Checkpoints(checkpoints=found, next=found[-1].size if len(found) == limit else None)


@get("/v1/ledger/checkpoint", tags=["ledger"], media_type=MediaType.TEXT)
async def checkpoint(state: State) -> str:
    """Return the newest signed tree head as the text that witnesses read. Public."""
    async with state.services.database.read() as sql:
        return (await evidence.latest(sql)).note


@get("/v1/ledger/proof", tags=["ledger"])
async def proof(state: State, leaf: Leaf, size: OptionalSize = None) -> Inclusion:
    """Return the proof that ``leaf`` is in the tree of ``size`` leaves, or the newest. Public."""
    async with state.services.database.read() as sql:
        until = (await evidence.latest(sql)).size if size is None else size
        return await evidence.inclusion(sql, leaf, until)


@get("/v1/ledger/consistency", tags=["ledger"])
async def consistency(state: State, old_size: OldSize, new_size: NewSize) -> Consistency:
    """Return the proof that the tree of ``from`` leaves is the start of that of ``to``. Public."""
    async with state.services.database.read() as sql:
        return await evidence.consistency(sql, old_size, new_size)


ROUTES: Final = (checkpoints, checkpoint, proof, consistency)
