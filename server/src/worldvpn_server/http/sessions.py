"""/v1/sessions for clients, and what nodes answer to offers."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

import attrs
import msgspec
from litestar import MediaType, Response, delete, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, HeaderParameter, JSONBody

from worldvpn_server.accounts.values import Audience, Caller
from worldvpn_server.errors import InvalidError
from worldvpn_server.http.failures import AnyRequest
from worldvpn_server.http.guards import signed_in
from worldvpn_server.http.session_bodies import (
    FASTEST,
    Ended,
    EndSession,
    LastWord,
    MoreWanted,
    NextTicket,
    NodeAnswer,
    OpenSession,
    SentAway,
    SessionOpened,
    ed25519_key,
    opened_body,
    receipt_bytes,
    x25519_key,
)
from worldvpn_server.http.source import source_address
from worldvpn_server.services import Services
from worldvpn_server.sessions.acceptance import Acceptance
from worldvpn_server.sessions.broker import Replaced
from worldvpn_server.sessions.grants import Granted
from worldvpn_server.sessions.news import Guest, ticket_text
from worldvpn_server.sessions.values import NOWHERE, EndReason, Wish
from worldvpn_server.sessions.views import SessionView

_TAGS: Final = ["sessions"]
_V1: Final = [signed_in(Audience.V1)]

_OPENED: Final = {
    201: ResponseSpec(SessionOpened, generate_examples=False, description="The open session")
}

IdempotencyKey = Annotated[
    str,
    HeaderParameter(
        name="Idempotency-Key",
        min_length=1,
        max_length=128,
        description="The same key and body again within 24 hours: the same answer.",
    ),
]


class SessionList(msgspec.Struct, frozen=True):
    """The caller's sessions, newest first."""

    sessions: list[SessionView]


class GuestList(msgspec.Struct, frozen=True):
    """What a node may know of its guests."""

    guests: list[Guest]


@post("/v1/sessions", guards=_V1, tags=_TAGS, responses=_OPENED)
async def open_session(
    request: AnyRequest,
    state: State,
    caller: NamedDependency[Caller],
    data: JSONBody[OpenSession],
    idempotency_key: IdempotencyKey,
) -> Response[bytes]:
    """Open a session: the node has accepted before this is answered."""
    wish = _wish(request, caller, data, idempotency_key)
    return await _opened(state, wish, data, request.url.path)


@post("/v1/sessions/prefetch", guards=_V1, tags=_TAGS, responses=_OPENED)
async def prefetch(
    request: AnyRequest,
    state: State,
    caller: NamedDependency[Caller],
    data: JSONBody[OpenSession],
    idempotency_key: IdempotencyKey,
) -> Response[bytes]:
    """Hold a small ticket ahead of need, at most two a device: for when the server is away."""
    wish = attrs.evolve(_wish(request, caller, data, idempotency_key), ahead=True)
    return await _opened(state, wish, data, request.url.path)


@get("/v1/sessions", guards=_V1, tags=_TAGS)
async def list_sessions(state: State, caller: NamedDependency[Caller]) -> SessionList:
    """Return the caller's last 50 sessions."""
    return SessionList(sessions=list(await state.services.sessions.views.own(caller.account)))


@get("/v1/sessions/{session_id:uuid}", guards=_V1, tags=_TAGS)
async def one_session(
    state: State, caller: NamedDependency[Caller], session_id: FromPath[UUID]
) -> SessionView:
    """Return one of the caller's sessions."""
    view: SessionView = await state.services.sessions.views.one(caller.account, session_id)
    return view


@delete("/v1/sessions/{session_id:uuid}", guards=_V1, tags=_TAGS, status_code=200)
async def end_session(
    state: State,
    caller: NamedDependency[Caller],
    session_id: FromPath[UUID],
    data: JSONBody[EndSession | None] = None,
) -> Ended:
    """End a session; ``final_receipt`` frees what it did not use at once."""
    await state.services.sessions.endings.end_own(
        caller.account,
        session_id,
        EndReason.CLIENT,
        receipt_bytes(None if data is None else data.final_receipt),
    )
    return Ended(status="ended", session_id=session_id)


@post("/v1/sessions/{session_id:uuid}/ticket", guards=_V1, tags=_TAGS, status_code=200)
async def next_ticket(
    state: State,
    caller: NamedDependency[Caller],
    session_id: FromPath[UUID],
    data: JSONBody[MoreWanted | None] = None,
) -> NextTicket:
    """Return a ticket with a higher cumulative cap, or the same cap for longer."""
    needed_bytes = 0 if data is None else data.needed_bytes
    more = state.services.sessions.topups.more
    return _next(await more(caller.account, session_id, needed_bytes))


@get("/v1/nodes/{node_id:uuid}/guests", guards=_V1, tags=["nodes"])
async def list_guests(
    state: State, caller: NamedDependency[Caller], node_id: FromPath[UUID]
) -> GuestList:
    """Return the guests of the caller's own node: keys, addresses and tickets, no names."""
    return GuestList(guests=list(await state.services.sessions.views.guests(caller, node_id)))


@post(
    "/v1/nodes/{node_id:uuid}/guests/{session_id:uuid}",
    guards=_V1,
    tags=["nodes"],
    status_code=200,
)
async def answer_offer(
    state: State,
    caller: NamedDependency[Caller],
    node_id: FromPath[UUID],
    session_id: FromPath[UUID],
    data: JSONBody[NodeAnswer],
) -> NextTicket | Ended:
    """Accept or refuse a guest, from the node's own device, while the offer stands."""
    answers = state.services.sessions.answers
    if not data.accept:
        await answers.refuse(caller, node_id, session_id)
        return Ended(status="refused", session_id=session_id)
    if data.x25519 is None or data.ed25519 is None:
        raise InvalidError("x25519 and ed25519 are needed to accept")
    acceptance = Acceptance(
        x25519=x25519_key(data.x25519, "x25519"),
        ed25519=ed25519_key(data.ed25519, "ed25519"),
        endpoint=data.endpoint,
    )
    return _next(await answers.accept(caller, node_id, session_id, acceptance))


@delete(
    "/v1/nodes/{node_id:uuid}/guests/{session_id:uuid}",
    guards=_V1,
    tags=["nodes"],
    status_code=200,
)
async def send_away(
    state: State,
    caller: NamedDependency[Caller],
    node_id: FromPath[UUID],
    session_id: FromPath[UUID],
    data: JSONBody[SentAway],
) -> Ended:
    """Send a guest away, from the node's own device: for a while it is not offered again."""
    lasting = timedelta(seconds=data.for_s)
    await state.services.sessions.away.send(caller, node_id, session_id, lasting)
    return Ended(status="ended", session_id=session_id)


@post(
    "/v1/nodes/{node_id:uuid}/guests/{session_id:uuid}/back",
    guards=_V1,
    tags=["nodes"],
    status_code=200,
)
async def let_back(
    state: State,
    caller: NamedDependency[Caller],
    node_id: FromPath[UUID],
    session_id: FromPath[UUID],
) -> Ended:
    """Let a guest who was sent away be offered again, from the node's own device."""
    await state.services.sessions.away.let_back(caller, node_id, session_id)
    return Ended(status="let back", session_id=session_id)


@post(
    "/v1/nodes/{node_id:uuid}/guests/{session_id:uuid}/last-word",
    guards=_V1,
    tags=["nodes"],
    status_code=200,
)
async def last_word(
    state: State,
    caller: NamedDependency[Caller],
    node_id: FromPath[UUID],
    session_id: FromPath[UUID],
    data: JSONBody[LastWord],
) -> Ended:
    """Claim no more of a session that is over: the rest of its hold is free at once."""
    receipt = receipt_bytes(data.final_receipt)
    await state.services.sessions.endings.last_word(caller, node_id, session_id, receipt)
    return Ended(status="ended", session_id=session_id)


def _next(granted: Granted) -> NextTicket:
    return NextTicket(
        session_id=granted.session.id,
        ticket=ticket_text(granted.signed),
        cap_bytes=granted.session.cap_bytes,
        expires_at=granted.session.expires_at,
    )


async def _opened(state: State, wish: Wish, data: OpenSession, path: str) -> Response[bytes]:
    services: Services = state.services
    replaced = (
        None
        if data.replaces is None
        else Replaced(session=data.replaces, final_receipt=receipt_bytes(data.final_receipt))
    )

    async def work() -> bytes:
        return msgspec.json.encode(opened_body(await services.sessions.broker.open(wish, replaced)))

    answer = await services.once.answer(
        wish.account, wish.request_key or "", path.encode() + msgspec.json.encode(data), work
    )
    return Response(content=answer, media_type=MediaType.JSON, status_code=201)


def _wish(request: AnyRequest, caller: Caller, data: OpenSession, key: str) -> Wish:
    if data.node_id is not None and data.country is not None:
        raise InvalidError("node_id and country exclude each other")
    services: Services = request.app.state.services
    return Wish(
        account=caller.account,
        device=caller.device,
        protocol=data.protocol,
        guest_x25519=x25519_key(data.x25519, "x25519"),
        guest_ed25519=ed25519_key(data.ed25519, "ed25519"),
        node=data.node_id,
        country=None if data.country == FASTEST else data.country,
        fastest=data.node_id is None and data.country in {None, FASTEST},
        avoided=tuple(data.avoided),
        client_country=data.client_country or NOWHERE,
        network=services.networks.name(source_address(request)),
        request_key=key,
    )


ROUTES: Final = (
    open_session,
    prefetch,
    list_sessions,
    one_session,
    end_session,
    next_ticket,
    list_guests,
    answer_offer,
    send_away,
    let_back,
    last_word,
)
