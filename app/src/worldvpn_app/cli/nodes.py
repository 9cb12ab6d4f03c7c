"""The verb ``nodes``: where a tunnel can come out, best first."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

from worldvpn_app.cli.client import Client
from worldvpn_app.cli.countries import code_of, name_of
from worldvpn_app.cli.exits import CommandError, Exit, NoDaemonError, UsageError
from worldvpn_app.cli.session import Session
from worldvpn_app.cli.terminal import Line, Role
from worldvpn_app.cli.wording import span, table

_MOST_A_PAGE: Final = 1_000
_MOST_NODES: Final = 1_000_000
_WATCH_S: Final = 5.0
#: A directory no older than this is as good as the present one.
_FRESH_S: Final = 60
_UNKNOWN: Final = "\N{EN DASH}"
#: More than a node has that failed once, a day ago.
_FAILING_PERCENT: Final = 20
_LOADS: Final = ("free", "in use", "busy", "full")
_HEAD: Final = ("", "Country", "City", "Mbit/s", "Load", "Latency", "Trust", "By", "Node", "")


def nodes(session: Session) -> Exit:
    """List nodes, once or every few seconds."""
    options, terminal = session.options, session.terminal
    asked = _asked(session)
    wanted = _MOST_NODES if options.all else options.limit
    if not 1 <= wanted <= _MOST_NODES:
        raise UsageError(f"--limit is 1 to {_MOST_NODES}")
    client = session.client()
    _show(session, _found(client, asked, wanted))
    while options.watch:
        time.sleep(_WATCH_S)
        try:
            found = _found(client, asked, wanted)
        except NoDaemonError as error:
            terminal.say(Line(f"{error.message}; looking for it", Role.WARNING))
            client = session.find_again()
        except CommandError as error:
            # It is seen again in a moment: an answer that is late must not end the watch.
            terminal.say(Line(f"{error.message}; trying again", Role.WARNING))
        else:
            _show(session, found)
    return Exit.OK


def node_lines(found: Mapping[str, Any]) -> list[Line]:
    """Return a line a node, and how many there are. Pure."""
    rows = [_row(node) for node in found["nodes"]]
    if not rows:
        return [Line("No node fits. See all: worldvpn nodes --all")]
    head, *lines = table([_HEAD, *rows], right={3, 5, 6})
    return [Line(head, Role.DIM), *map(Line, lines), *_ending(found)]


def _show(session: Session, found: Mapping[str, Any]) -> None:
    if session.terminal.as_json:
        session.terminal.give(found)
    else:
        session.terminal.show(node_lines(found), redraw=session.options.watch)


def _asked(session: Session) -> dict[str, object]:
    options = session.options
    asked: dict[str, object] = {}
    if options.country is not None:
        country = code_of(options.country)
        if country is None:
            raise UsageError(f"{options.country!r} is no country: write DE, or Germany")
        asked["place"] = country if options.city is None else f"{country}/{options.city}"
    elif options.city is not None:
        raise UsageError("say in which country the city is: --country DE --city Berlin")
    if options.protocol is not None:
        asked["protocol"] = options.protocol
    if options.min_bandwidth is not None:
        asked["min_bandwidth_mbps"] = options.min_bandwidth
    return asked


def _found(client: Client, asked: Mapping[str, object], wanted: int) -> dict[str, Any]:
    """Return the nodes of as many pages as it takes: the daemon says how far each went."""
    rows: list[dict[str, Any]] = []
    offset: int | None = 0
    page: dict[str, Any] = {}
    while offset is not None and len(rows) < wanted:
        limit = min(_MOST_A_PAGE, wanted - len(rows))
        page = client.look("directory.nodes", offset=offset, limit=limit, **asked)
        rows += page["nodes"]
        offset = page["next"] if page["nodes"] else None
    return {"nodes": rows, "total": page["total"], "age_s": page["age_s"]}


def _row(node: Mapping[str, Any]) -> tuple[str, ...]:
    marks = (
        ("new", node["on_probation"]),
        ("public", node["public"]),
        ("failing", node["failing_percent"] >= _FAILING_PERCENT),
    )
    return (
        "*" if node["favourite"] else " ",
        f"{node['country']} {name_of(node['country'])}",
        node["city"] or _UNKNOWN,
        str(node["bandwidth_mbps"]),
        _LOADS[node["load"]] if 0 <= node["load"] < len(_LOADS) else "?",
        _latency(node),
        str(node["reputation"]),
        ", ".join(node["protocols"]),
        node["id"],
        ", ".join(word for word, holds in marks if holds),
    )


def _latency(node: Mapping[str, Any]) -> str:
    measured_ms, latency_ms = node["measured_ms"], node["latency_ms"]
    if measured_ms is not None:
        return f"own {measured_ms:.0f} ms"
    return _UNKNOWN if latency_ms is None else f"{latency_ms} ms"


def _ending(found: Mapping[str, Any]) -> Iterable[Line]:
    shown, total = len(found["nodes"]), found["total"]
    old = f", as of {span(found['age_s'])} ago" if found["age_s"] > _FRESH_S else ""
    more = f" of {total:,}; all: worldvpn nodes --all" if shown < total else ""
    yield Line(f"{shown:,} node{'' if shown == 1 else 's'}{more}{old}", Role.DIM)
    yield Line("Connect: worldvpn connect COUNTRY, COUNTRY/CITY or NODE", Role.DIM)
