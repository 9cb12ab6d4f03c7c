"""The verb for what is seen: by nodes of oneself, and by oneself of one's guests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from worldvpn_app.cli.exits import Exit
from worldvpn_app.cli.session import Session
from worldvpn_app.cli.terminal import Line, Role
from worldvpn_app.cli.wording import amount, moment, span, table

#: Of the message that a node gets: what each field is to a person.
_MEANINGS: Final = {
    "protocol": "protocol",
    "assigned_ip": "address in the tunnel",
    "assigned_ipv6": "address in the tunnel",
    "public_key": "key of this session's tunnel",
    "signing_key": "key of this session's receipts",
    "rate_bps": "bits a second at most",
    "expires_at": "paid until",
}
_TITLED: Final = frozenset({"action", "session_id", "node_id"})
_ALWAYS: Final = (
    "A node also sees the address that you come from, and the traffic that it carries for you.",
    "Keys and addresses are new for every session.",
)


def privacy(session: Session) -> Exit:
    """Show what nodes see of you, what they keep, and what you see of your guests."""
    seen = session.client().look("privacy.show")
    session.terminal.answer(seen, lines(seen, session.now()))
    return Exit.OK


def lines(seen: Mapping[str, Any], now: datetime) -> Iterator[Line]:
    """Return ``seen`` for a person. Pure."""
    yield from _of_me_now(seen["now"], seen["shown"], now)
    yield from _of_me_kept(seen["kept"], now)
    yield from _of_guests(seen["guests"], seen["carried"], now)


def _of_me_now(
    sessions: Iterable[Mapping[str, Any]], shown: Iterable[Mapping[str, Any]], now: datetime
) -> Iterator[Line]:
    views = {each["guest"]["session_id"]: each for each in shown}
    found = list(sessions)
    if not found:
        yield Line("No node knows of you now: there is no open session.", Role.GOOD)
        return
    for one in found:
        yield Line(f"Node {one['node_id']} was told of session {one['session_id']}:")
        told = [
            (f"  {_fact(name, value, now)}", _MEANINGS.get(name, name))
            for name, value in one.items()
            if name not in _TITLED
        ]
        yield from map(Line, table(told))
        view = views.get(one["session_id"])
        if view is not None:
            yield from _owners_view(view)
    for text in _ALWAYS:
        yield Line(text, Role.DIM)


def _fact(name: str, value: object, now: datetime) -> str:
    return moment(str(value), now) if name == "expires_at" else str(value)


def _owners_view(view: Mapping[str, Any]) -> Iterator[Line]:
    guest = view["guest"]
    yield Line("Its owner sees of it:")
    facts = (
        (guest["client_country"], "where you are, XX among too few"),
        (amount(guest["bytes_transferred"]), "carried, to the MiB"),
        (span(guest["duration_seconds"]), "long, to the quarter of an hour"),
        (guest["traffic_type"], "kind of traffic: nobody looks into it"),
        (view["alias"] or "not named yet", "what your rows of today are called"),
    )
    yield from map(Line, table([(f"  {fact}", meaning) for fact, meaning in facts]))


def _of_me_kept(kept: Iterable[Mapping[str, Any]], now: datetime) -> Iterator[Line]:
    rows = [
        (
            moment(row["started"], now),
            row["alias"],
            row["country"],
            amount(row["bytes"]),
            row["traffic_type"],
            row["node_id"],
        )
        for row in kept
    ]
    if not rows:
        yield Line("Owners of nodes have no row about you.", Role.GOOD)
        return
    yield Line("Their owners can read of you, until the day is over and only a sum is left:")
    head = ("  Quarter hour", "Called", "From", "Bytes", "Traffic", "Node")
    yield from _table(head, rows, right={3})


def _of_guests(
    guests: Iterable[Mapping[str, Any]], carried: Iterable[Mapping[str, Any]], now: datetime
) -> Iterator[Line]:
    present = [
        (
            one["session_id"],
            one["client_country"],
            amount(one["bytes_transferred"]),
            span(one["duration_seconds"]),
            one["traffic_type"],
            f"{one['credits_earned']:,}",
        )
        for one in guests
    ]
    if present:
        yield Line("Of your guests now you see, and nobody else:")
        head = ("  Session", "From", "Bytes", "Since", "Traffic", "Credits")
        yield from _table(head, present, right={2, 5})
    before = [
        (
            moment(row["started"], now),
            row["country"],
            amount(row["bytes"]),
            row["traffic_type"],
            f"{row['credits']:,}",
        )
        for row in carried
    ]
    if before:
        yield Line("Of guests in the last seven days you see:")
        head_before = ("  Quarter hour, or day", "From", "Bytes", "Traffic", "Credits")
        yield from _table(head_before, before, right={2, 4})
    if present or before:
        text = "XX: fewer than five guests came from one country in a day. Bytes are whole MiB."
        yield Line(text, Role.DIM)


def _table(
    head: tuple[str, ...], rows: Iterable[tuple[str, ...]], right: set[int]
) -> Iterator[Line]:
    first, *rest = table([head, *((f"  {row[0]}", *row[1:]) for row in rows)], right=right)
    yield Line(first, Role.DIM)
    yield from map(Line, rest)
