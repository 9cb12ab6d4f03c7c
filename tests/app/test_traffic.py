"""``worldvpn traffic``: rates, sums and a plot; watched, it follows each second."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.app.central_daemon import Watching
from tests.app.command import Command
from tests.app.fake_daemon import FakeDaemon
from worldvpn_app.cli.carried import merged, rate_line, traffic_lines
from worldvpn_app.cli.exits import Exit
from worldvpn_app.cli.plot import MOST_COLUMNS, bars, grouped
from worldvpn_app.cli.terminal import Terminal
from worldvpn_core.contracts import History, Traffic, Volume
from worldvpn_core.errors import DeniedError
from worldvpn_core.ipc.traffic import TrafficShow, TrafficWatch
from worldvpn_core.metering import changed, shown

NOW = datetime(2026, 1, 2, 13, 5, 9, tzinfo=UTC)
AT_S = int(NOW.timestamp())
MIB = 1_024**2
LENGTHS = {"minute": (1, 60), "hour": (60, 60), "day": (900, 96), "month": (86_400, 31)}


def received(*bytes_a_step: int) -> tuple[Volume, ...]:
    return tuple(Volume(received_bytes=each, sent_bytes=each // 2) for each in bytes_a_step)


def carried(at_s: int = AT_S, newest: int = 2 * MIB, before: int = MIB) -> Traffic:
    """Return what a daemon tells in whose histories only the two newest steps are filled."""
    histories = {
        name: History(
            step_s=step_s,
            ends_s=(at_s // step_s + (0 if name == "minute" else 1)) * step_s,
            steps=received(*[0] * (length - 2), before, newest),
        )
        for name, (step_s, length) in LENGTHS.items()
    }
    return Traffic(
        at_s=at_s,
        since_s=AT_S - 3_600,
        total=Volume(received_bytes=5 * MIB, sent_bytes=2_048),
        last_second=histories["minute"].steps[-1],
        **histories,
    )


SEEN: Mapping[str, Any] = shown(carried())


@pytest.fixture
def counting(daemon: FakeDaemon) -> FakeDaemon:
    daemon.answers = {TrafficShow: lambda _: SEEN, TrafficWatch: lambda _: SEEN}
    return daemon


def test_traffic_says_rates_sums_and_since_when() -> None:
    lines = [line.text for line in traffic_lines(SEEN, NOW, "minute", blocks=True)]
    assert lines[:7] == [
        "                    Down         Up",
        "Now            2.0 MiB/s  1.0 MiB/s",
        "Last minute      3.0 MiB    1.5 MiB",
        "Last hour        3.0 MiB    1.5 MiB",
        "Last 24 hours    3.0 MiB    1.5 MiB",
        "Last 31 days     3.0 MiB    1.5 MiB",
        "Total            5.0 MiB    2.0 KiB  since 12:05",
    ]


def test_plot_has_its_scale_and_both_ways() -> None:
    lines = [line.text for line in traffic_lines(SEEN, NOW, "minute", blocks=True)]
    assert lines[7:14] == [
        "",
        "Down, last minute: 3.0 MiB, at most 2.0 MiB in a second",
        f"   2.0 MiB │{' ' * 59}█",
        f"           │{' ' * 59}█",
        f"           │{' ' * 58}██",
        f"           │{' ' * 58}██",
        f"         0 └{'─' * 60}",
    ]
    assert lines[15] == "Up, last minute: 1.5 MiB, at most 1.0 MiB in a second"
    assert len(lines) == 21


@pytest.mark.parametrize(
    ("last", "step"),
    [("hour", "a minute"), ("day", "30 min"), ("month", "a day")],
)
def test_each_history_can_be_drawn_on_eighty_columns(last: str, step: str) -> None:
    lines = [line.text for line in traffic_lines(SEEN, NOW, last, blocks=True)]
    assert lines[8].endswith(f" in {step}")
    assert max(map(len, lines)) < 80


def test_nothing_carried_is_an_empty_plot() -> None:
    nothing = shown(carried(newest=0, before=0))
    lines = [line.text for line in traffic_lines(nothing, NOW, "minute", blocks=True)]
    assert lines[8:10] == ["Down, last minute: 0 B", "       0 B │"]


def test_plot_without_blocks_is_ascii() -> None:
    lines = [line.text for line in traffic_lines(SEEN, NOW, "minute", blocks=False)]
    assert "".join(lines).isascii()
    assert lines[9] == f"   2.0 MiB |{' ' * 59}#"


@pytest.mark.parametrize(("encoding", "draws"), [("utf-8", True), ("ascii", False)])
def test_blocks_are_drawn_where_the_terminal_can_say_them(encoding: str, draws: bool) -> None:  # noqa: FBT001 - a cell
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    assert Terminal(as_json=False, out=out, err=io.StringIO()).draws_blocks is draws


def test_line_of_a_watch_says_rates_and_totals() -> None:
    assert rate_line(SEEN, NOW).text == (
        "13:05:09 down 2.0 MiB/s, up 1.0 MiB/s; 5.0 MiB down, 2.0 KiB up in all"
    )


@given(st.lists(st.integers(0, 2**50), max_size=200), st.integers(1, 8))
def test_largest_bar_reaches_the_top_and_whatever_moved_is_seen(
    amounts: list[int], rows: int
) -> None:
    drawn = bars(amounts, rows, blocks=True)
    columns = [[row.ljust(len(amounts))[at] for row in drawn] for at in range(len(amounts))]
    assert [any(cell != " " for cell in column) for column in columns] == [
        amount > 0 for amount in amounts
    ]
    tops = [column[0] for column, amount in zip(columns, amounts, strict=True) if amount]
    assert not tops or "█" in tops


@given(st.lists(st.integers(0, 2**50), max_size=400))
def test_grouping_keeps_every_byte_and_fits(amounts: list[int]) -> None:
    columns, size = grouped(amounts)
    assert sum(columns) == sum(amounts)
    assert len(columns) <= MOST_COLUMNS
    assert columns[-1:] == [sum(amounts[-size:])][: len(columns)]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), max_size=20),
)
def test_changes_put_together_are_what_the_daemon_would_show(
    ticks: list[tuple[int, int]],
) -> None:
    """As long as no more than one change in a row is missed."""
    seconds = [0] * 60
    at_s, seen = AT_S, shown(told(AT_S, seconds))
    for passed, moved in ticks:
        at_s += min(passed, 2)
        seconds = [*seconds, *[0] * min(passed, 2)][-60:]
        seconds[-1] += moved
        seen = merged(seen, shown(changed(told(at_s, seconds))))
    assert seen == shown(told(at_s, seconds))


def told(at_s: int, seconds: list[int]) -> Traffic:
    steps = received(*seconds)
    minute = History(step_s=1, ends_s=at_s, steps=steps)
    return Traffic(
        at_s=at_s,
        since_s=AT_S,
        total=Volume(received_bytes=sum(seconds)),
        last_second=steps[-1],
        minute=minute,
        hour=minute,
        day=minute,
        month=minute,
    )


def test_clock_set_back_moves_nothing() -> None:
    earlier = carried(at_s=AT_S - int(timedelta(days=400).total_seconds()), newest=7, before=6)
    now = merged(SEEN, shown(changed(earlier)))
    minute = now["history"]["minute"]
    assert minute["received_bytes"] == [0] * 58 + [6, 7]
    assert minute["ends_utc"] == "2024-11-28T13:05:09+00:00"


def test_traffic_is_shown_once(counting: FakeDaemon, worldvpn: Command) -> None:
    out = worldvpn("traffic", "--last", "month").out
    assert "Down, last 31 days: 3.0 MiB, at most 2.0 MiB in a day\n" in out
    assert counting.requests == [TrafficShow()]


def test_traffic_in_json_is_exact(counting: FakeDaemon, worldvpn: Command) -> None:
    assert worldvpn("traffic", "--json").json == SEEN
    assert counting.requests == [TrafficShow()]


def test_another_user_is_denied(counting: FakeDaemon, worldvpn: Command) -> None:
    counting.refuses = DeniedError("traffic.show may be asked only by the owner")
    ended = worldvpn("traffic")
    assert (ended.code, ended.out) == (Exit.DENIED, "")


def test_watched_traffic_is_a_line_a_second_through_a_restart(
    counting: FakeDaemon, env: dict[str, str]
) -> None:
    watching = Watching(counting.path, "traffic", "--watch", env=env)
    first = watching.line()
    counting.carry(shown(changed(carried(at_s=AT_S + 1, newest=3 * MIB))))
    second = watching.line()
    counting.restart()
    third = watching.line()
    counting.carry(shown(changed(carried(at_s=AT_S + 1, newest=0))))
    fourth = watching.line()

    rates = [re.sub(r"^\S+ |;.*\n", "", line) for line in (first, second, third, fourth)]
    assert rates == [
        "down 2.0 MiB/s, up 1.0 MiB/s",
        "down 3.0 MiB/s, up 1.5 MiB/s",
        "down 2.0 MiB/s, up 1.0 MiB/s",
        "down 0 B/s, up 0 B/s",
    ]
    code, err = watching.interrupt()
    assert code == Exit.INTERRUPTED
    assert "looking for it" in err


def test_watched_traffic_in_json_is_everything_and_then_what_changes(
    counting: FakeDaemon, env: dict[str, str]
) -> None:
    watching = Watching(counting.path, "traffic", "--watch", "--json", env=env)
    first = json.loads(watching.line())
    change = shown(changed(carried(at_s=AT_S + 1)))
    counting.carry(change)
    second = json.loads(watching.line())

    assert (first, second) == (SEEN, change)
    assert watching.interrupt() == (Exit.INTERRUPTED, "")
