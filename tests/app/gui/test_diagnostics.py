"""Diagnostics: what stands, why, what has changed; and a report with nothing private in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from tests.app.fake_daemon import HOME, SILENT, UP, FakeDaemon, a_snapshot
from tests.app.gui.windows import Opened, opened
from worldvpn_app.gui.diagnostics import DiagnosticsPage
from worldvpn_app.gui.present.diagnostics import Change, changes, healths, report
from worldvpn_app.gui.present.log import left, line_of, since, together
from worldvpn_app.gui.screens.replay import states
from worldvpn_core.errors import DeniedError
from worldvpn_core.ipc.firewall import FirewallCounters, LogTail

NOW = datetime(2026, 1, 2, 13, 15, 8, tzinfo=UTC)
COUNTED = [
    {"rule": "out-lan", "packets": 0, "bytes": 0},
    {"rule": "block", "packets": 12, "bytes": 960},
    {"rule": "tunnel", "packets": 1_500_000, "bytes": 2_061_584_302},
]


@pytest.fixture
def app(daemon: FakeDaemon, tmp_path: Path, qtbot: QtBot) -> Iterator[Opened]:
    daemon.answers[FirewallCounters] = lambda _: {"counters": COUNTED}
    with opened(daemon.path, tmp_path) as made:
        qtbot.waitUntil(lambda: made.context.link.snapshot is not None)
        made.window.choose("diagnostics")
        yield made


@pytest.fixture
def page(app: Opened) -> DiagnosticsPage:
    page = app.window.page("diagnostics")
    assert isinstance(page, DiagnosticsPage)
    return page


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("connected", ("Up", "In place", "In reach")),
        ("disconnected", ("None", "Open", "In reach")),
        ("blocked", ("Down", "In place", "In reach")),
        ("unprotected", ("Down", "Failed", "In reach")),
        ("unknown", ("None", "Open", "In reach")),
    ],
)
def test_each_part_stands_as_it_does(name: str, words: tuple[str, ...]) -> None:
    assert tuple(health.word for health in healths(states()[name])) == words


def test_a_report_has_no_name_address_id_or_place_in_it() -> None:
    private = ("mara.lind", "198.51.100.87", "10.90.0.7", "9.9.9.9", "3ceb1590", "central.example")
    told = report(states()["connected"], COUNTED, [], "0.1.0")
    shown = json.dumps(states()["connected"])
    assert [word for word in private if word not in shown] == []
    assert [word for word in private if word in told] == []
    assert json.loads(told)["tunnel"]["state"] == "connected"


def test_a_change_is_told_once_and_a_tick_of_the_counters_is_none() -> None:
    up = a_snapshot(**UP[-1])
    more = a_snapshot(**{**UP[-1], "received_bytes": 7})
    fallen = a_snapshot(state="blocked", profile=HOME, cause=SILENT, retry_in_s=3.0)
    assert changes(up, more, NOW) == ()
    told = changes(up, fallen, NOW)
    assert [(each.subject, each.is_trouble) for each in told] == [("tunnel", True)]
    assert told[0].words == "Blocked. The node does not answer"


def test_what_left_is_told_by_class_and_what_was_refused_did_not_leave() -> None:
    rows = [
        {"class": "node", "packets": 1_500_000, "bytes": 2_061_584_302},
        {"class": "lan", "packets": 0, "bytes": 0},
        {"class": "refused", "packets": 0, "bytes": 0},
        {"class": "<b>tachyons", "packets": 3, "bytes": "many"},
        None,
    ]
    assert [(each.name, each.packets, each.amount) for each in left({"classes": rows})] == [
        ("To the node, encrypted", "1,500,000", "1.9\u00a0GiB"),
        ("Refused, so it did not leave", "0", "0\u00a0bytes"),
        ("<b>tachyons", "3", "0\u00a0bytes"),
    ]
    assert left({"classes": "none"}) == ()


@pytest.mark.parametrize("told", [{}, {"since_utc": None}, {"since_utc": "2026-01-02T13:00:00"}])
def test_a_beginning_that_is_not_told_is_not_guessed(told: dict[str, object]) -> None:
    assert since(told, NOW) == ""


def test_lines_of_the_daemon_and_changes_stand_in_one_order() -> None:
    row = {"at_utc": "2026-01-02T13:14:00+00:00", "level": "trouble", "subject": "server"}
    line = line_of({**row, "text": "not \u202efollowed"}, NOW)
    assert line is not None
    assert (line.words, line.is_trouble) == ("not  followed", True)
    assert line_of({"at_utc": "soon", "text": "x"}, NOW) is None
    change = Change(at=NOW, subject="tunnel", words="Connected")
    assert together([change], [line]) == (line, change)


def test_the_daemons_lines_come_in_as_they_are_written(
    daemon: FakeDaemon, page: DiagnosticsPage, qtbot: QtBot
) -> None:
    row = {"at_utc": "2026-01-02T13:14:00+00:00", "level": "info"}
    lines = [{**row, "number": n, "text": f"line {n}"} for n in (1, 2)]
    daemon.answers[LogTail] = lambda asked: {
        "lines": [each for each in lines if int(str(each["number"])) > asked.after],
        "last": 2,
    }
    page.log.feed.ask()
    qtbot.waitUntil(lambda: len(page.log.feed.lines) == 2)
    page.log.feed.ask()
    qtbot.waitUntil(lambda: LogTail(after=2) in daemon.requests)
    assert [each.words for each in page.log.feed.lines] == ["line 1", "line 2"]
    # Another daemon counts from the beginning.
    daemon.answers[LogTail] = lambda asked: {
        "lines": [] if asked.after else [{**lines[0], "text": "a new life"}],
        "last": 1,
    }
    page.log.feed.ask()
    qtbot.waitUntil(lambda: len(page.log.feed.lines) == 3)
    assert page.log.feed.lines[-1].words == "a new life"


def test_who_is_not_told_the_log_is_told_why(
    daemon: FakeDaemon, page: DiagnosticsPage, qtbot: QtBot
) -> None:
    daemon.refuses = DeniedError("the owner's")
    page.log.feed.ask()
    qtbot.waitUntil(lambda: page.log.feed.refusal == "denied")
    shown = [each.text() for each in page.log.findChildren(QLabel)]
    assert "Only the owner sees the service's own lines." in shown


def test_a_log_that_stands_still_goes_on_when_it_may(
    daemon: FakeDaemon, app: Opened, page: DiagnosticsPage, qtbot: QtBot
) -> None:
    page.log.choose("changes")
    page.log.follows.setChecked(False)
    daemon.show(**UP[-1])
    qtbot.waitUntil(lambda: len(app.context.journal.entries) == 2)

    def words() -> list[str]:
        return [each.text() for each in page.log.findChildren(QLabel) if each.text()]

    assert not [each for each in words() if each.startswith("Connected")]
    page.log.follows.setChecked(True)
    qtbot.waitUntil(lambda: bool([each for each in words() if each.startswith("Connected")]))


def test_a_packet_is_asked_about_and_what_is_no_packet_is_not(
    daemon: FakeDaemon, page: DiagnosticsPage, qtbot: QtBot
) -> None:
    page.why.ask.setText("9.9.9.9:53/udp")
    page.why.press()
    qtbot.waitUntil(lambda: page.why.verdict.text() == "Refused")
    assert "7 packets so far" in page.why.told.text()
    count = len(daemon.requests)
    page.why.ask.setText("example.org")
    page.why.press()
    assert page.why.verdict.text() == "Not asked"
    assert len(daemon.requests) == count


def test_what_became_of_the_daemon_stands_among_the_changes(
    daemon: FakeDaemon, app: Opened, qtbot: QtBot
) -> None:
    daemon.show(**UP[-1])
    qtbot.waitUntil(lambda: len(app.context.journal.entries) == 2)
    daemon.stop()
    qtbot.waitUntil(lambda: len(app.context.journal.entries) == 3)
    assert [each.subject for each in app.context.journal.entries] == ["tunnel", "tunnel", "app"]
