"""What owners see of their guests, and guests of what is seen and kept of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from worldvpn_server.accounts.values import Audience, Caller
from worldvpn_server.errors import NotFoundError
from worldvpn_server.http.guards import signed_in
from worldvpn_server.sessions import news, rows
from worldvpn_server.transparency import view
from worldvpn_server.transparency.alias import alias_of
from worldvpn_server.transparency.rounding import TRAFFIC, formatted

_COMPAT: Final = [signed_in(Audience.COMPAT)]
_HINT: Final = "Register a node to share your connection"
_WEEK_DAYS: Final = 7
#: So many rows, and 200 guests, fit what a client takes.
_MOST_CARRIED: Final = 40
_MOST_KEPT: Final = 64
Days = Annotated[int, QueryParameter(ge=1, le=30)]


class Guest(msgspec.Struct, frozen=True):
    """A guest that is there now."""

    session_id: UUID
    client_country: str
    traffic_type: str
    bytes_transferred: int
    duration_seconds: int
    credits_earned: int


class Guests(msgspec.Struct, frozen=True):
    """The guests of the caller's node."""

    active_sessions: list[Guest]
    count: int
    total_bytes_shared: int
    total_credits_earning: int
    formatted_bandwidth: str


class Carried(msgspec.Struct, frozen=True):
    """What was carried once: for a guest, or on a day that is long past."""

    country: str
    traffic_type: str
    bytes: int
    credits: int
    started: datetime


class History(msgspec.Struct, frozen=True):
    """What the caller's node carried; totals cover the whole period, rows at most 200 of it."""

    history: list[Carried]
    period_days: int
    total_sessions: int
    total_bytes_shared: int
    total_credits_earned: int
    formatted_total: str


class Country(msgspec.Struct, frozen=True):
    """What was carried for one country."""

    country: str
    sessions: int
    bytes: int


class Stats(msgspec.Struct, frozen=True):
    """The caller's node in its whole life."""

    node_status: str
    reputation_score: float
    active_connections: int
    lifetime_sessions: int
    lifetime_bytes_shared: int
    lifetime_formatted: str
    top_countries: list[Country]
    impact_message: str


class Kept(msgspec.Struct, frozen=True):
    """A row that a node's owner can read, under the alias that its guest has there that day."""

    alias: str
    node_id: UUID
    country: str
    traffic_type: str
    bytes: int
    credits: int
    started: datetime


class Shown(msgspec.Struct, frozen=True):
    """What the owner of a node sees of the caller now, and as what: null where no name is yet."""

    node_id: UUID
    alias: str | None
    guest: Guest


class Privacy(msgspec.Struct, frozen=True):
    """What nodes know of the caller. ``now``: the very message each was sent for a live session.

    A node also sees the outer address and the traffic it carries. ``shown`` is what their owners
    see meanwhile, word for word, and ``kept`` the newest of what they can read later: it fades into
    a sum when its day is over; after that not even the server can tell which part was whose.
    ``guests`` is what the caller sees of those at their own node, and ``carried`` the newest of
    what is kept of the last seven days.
    """

    now: list[news.Guest]
    shown: list[Shown]
    kept: list[Kept]
    guests: list[Guest]
    carried: list[Carried]


@get("/transparency/sessions", tags=["compatible"], guards=_COMPAT)
async def sessions(state: State, caller: NamedDependency[Caller]) -> Guests:
    """Show who uses the caller's node now, as coarsely as all that is told of guests."""
    services = state.services
    found = await view.live(services.database, caller.account, services.clock.now())
    total = sum(each.bytes for each in found)
    return Guests(
        active_sessions=_guests(found),
        count=len(found),
        total_bytes_shared=total,
        total_credits_earning=sum(each.credits for each in found),
        formatted_bandwidth=formatted(total),
    )


@get("/transparency/history", tags=["compatible"], guards=_COMPAT)
async def history(state: State, caller: NamedDependency[Caller], days: Days = 7) -> History:
    """Show what the caller's node carried in the last ``days``."""
    services = state.services
    past = await view.past(services.database, caller.account, services.clock.now(), days)
    return History(
        history=_carried(past),
        period_days=days,
        total_sessions=past.sessions,
        total_bytes_shared=past.bytes,
        total_credits_earned=past.credits,
        formatted_total=formatted(past.bytes),
    )


@get("/transparency/stats", tags=["compatible"], guards=_COMPAT)
async def stats(state: State, caller: NamedDependency[Caller]) -> Stats:
    """Show what the caller's node has done in its life."""
    services = state.services
    node = await services.directory.own(caller.account, None)
    if node is None:
        raise NotFoundError("No node registered", hint=_HINT)
    countries = await view.top_countries(services.database, caller.account)
    size = formatted(node.lifetime_bytes)
    return Stats(
        node_status=node.status.name.lower(),
        reputation_score=node.reputation,
        active_connections=node.guests,
        lifetime_sessions=node.lifetime_sessions,
        lifetime_bytes_shared=node.lifetime_bytes,
        lifetime_formatted=size,
        top_countries=[
            Country(country=row["country"], sessions=row["sessions"], bytes=row["bytes"])
            for row in countries
        ],
        impact_message=(
            f"Your node has carried {size} in {node.lifetime_sessions} sessions for other people"
        ),
    )


@get("/v1/privacy", tags=["privacy"], guards=[signed_in(Audience.V1)])
async def privacy(state: State, caller: NamedDependency[Caller]) -> Privacy:
    """Show what nodes were told of the caller, and what is kept for their owners."""
    services, account = state.services, caller.account
    database, now = services.database, services.clock.now()
    async with database.read() as sql:
        mine = [
            (each, await alias_of(sql, each.node, each.payer, each.created_at))
            for each in await rows.live_of(sql, account)
        ]
    shown = await view.shown_of(database, account, now)
    kept = await view.stored_of(database, account, now)
    return Privacy(
        now=[news.guest(each, "open", alias=alias) for each, alias in mine],
        shown=[Shown(node_id=each.node, alias=alias, guest=_guest(each)) for each, alias in shown],
        kept=[
            Kept(
                alias=row["alias"],
                node_id=row["node"],
                country=row["country"],
                traffic_type=row["traffic"],
                bytes=row["bytes"],
                credits=row["credits"],
                started=row["started_at"],
            )
            for row in kept[:_MOST_KEPT]
        ],
        guests=_guests(await view.live(database, account, now)),
        carried=_carried(await view.past(database, account, now, _WEEK_DAYS))[:_MOST_CARRIED],
    )


def _guests(found: Iterable[view.Live]) -> list[Guest]:
    return [_guest(each) for each in found]


def _guest(found: view.Live) -> Guest:
    return Guest(
        session_id=found.session,
        client_country=found.country,
        traffic_type=TRAFFIC,
        bytes_transferred=found.bytes,
        duration_seconds=found.duration_s,
        credits_earned=found.credits,
    )


def _carried(past: view.Past) -> list[Carried]:
    return [
        Carried(
            country=row["country"],
            traffic_type=row["traffic"],
            bytes=row["bytes"],
            credits=row["credits"],
            started=row["started_at"],
        )
        for row in past.rows
    ]


ROUTES: Final = (sessions, history, stats, privacy)
