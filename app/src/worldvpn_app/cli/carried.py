"""What tunnels have carried as lines, and how a change is put into it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from worldvpn_app.cli.plot import bars, grouped
from worldvpn_app.cli.terminal import Line, Role
from worldvpn_app.cli.wording import amount, moment, span, table

_ROWS: Final = 4
#: Each history in words.
_SPANS: Final[Mapping[str, str]] = {
    "minute": "last minute",
    "hour": "last hour",
    "day": "last 24 hours",
    "month": "last 31 days",
}
_STEPS: Final[Mapping[int, str]] = {1: "a second", 60: "a minute", 86_400: "a day"}
_WAYS: Final = (("Down", "received_bytes", Role.GOOD), ("Up", "sent_bytes", Role.BUSY))


def traffic_lines(
    traffic: Mapping[str, Any], now: datetime, last: str, *, blocks: bool
) -> list[Line]:
    """Return rates, sums, and a plot of the history called ``last`` for either direction."""
    history = traffic["history"]
    total, second = traffic["total"], traffic["last_second"]
    rows = [
        ("", "Down", "Up", ""),
        ("Now", *(f"{amount(second[way])}/s" for _, way, _ in _WAYS), ""),
        *(
            (words.capitalize(), *(amount(sum(history[name][way])) for _, way, _ in _WAYS), "")
            for name, words in _SPANS.items()
        ),
        (
            "Total",
            *(amount(total[way]) for _, way, _ in _WAYS),
            f"since {moment(traffic['since_utc'], now)}",
        ),
    ]
    head, *lines = table(rows, right={1, 2})
    plots = [
        line
        for title, way, role in _WAYS
        for line in _plot(f"{title}, {_SPANS[last]}", history[last], way, role, blocks=blocks)
    ]
    return [Line(head, Role.DIM), *map(Line, lines), *plots]


def rate_line(traffic: Mapping[str, Any], now: datetime) -> Line:
    """Return the present rates and totals in one line."""
    second, total = traffic["last_second"], traffic["total"]
    rates = ", ".join(f"{title.lower()} {amount(second[way])}/s" for title, way, _ in _WAYS)
    totals = ", ".join(f"{amount(total[way])} {title.lower()}" for title, way, _ in _WAYS)
    return Line(f"{now:%H:%M:%S} {rates}; {totals} in all")


def merged(traffic: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``traffic`` as of ``change``, which holds only the newest steps of each history."""
    known = traffic["history"]
    history = {name: _merged(known[name], new) for name, new in change["history"].items()}
    return {**change, "history": history}


def _merged(known: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    begun, ended = (datetime.fromisoformat(each["ends_utc"]) for each in (known, new))
    # A clock that was set back moves nothing.
    passed = max(int((ended - begun).total_seconds()) // new["step_s"], 0)
    return {**new, **{way: _moved(known[way], new[way], passed) for _, way, _ in _WAYS}}


def _moved(known: list[int], new: list[int], passed: int) -> list[int]:
    length = len(known)
    return [*known, *[0] * min(passed, length)][-length:][: length - len(new)] + new


def _plot(
    title: str, history: Mapping[str, Any], way: str, role: Role, *, blocks: bool
) -> Iterator[Line]:
    columns, size = grouped(history[way])
    most = max(columns, default=0)
    scale = amount(most)
    side, corner, floor = ("│", "└", "─") if blocks else ("|", "+", "-")
    step_s = size * history["step_s"]
    at_most = f", at most {scale} in {_STEPS.get(step_s, span(step_s))}" if most else ""
    yield Line("")
    yield Line(f"{title}: {amount(sum(history[way]))}{at_most}", Role.DIM)
    for number, bar in enumerate(bars(columns, _ROWS, blocks=blocks)):
        yield Line(f"{'' if number else scale:>10} {side}{bar}", role)
    yield Line(f"{0:>10} {corner}{floor * len(columns)}", Role.DIM)
