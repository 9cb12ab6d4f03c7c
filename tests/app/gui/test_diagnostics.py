"""Diagnostics: what stands, why, what has changed; and a report with nothing private in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.app.fake_daemon import HOME, SILENT, UP, FakeDaemon, a_snapshot
from tests.app.gui.windows import Opened, opened
from worldvpn_app.gui.diagnostics import DiagnosticsPage
from worldvpn_app.gui.present.diagnostics import changes, healths, report, rules
from worldvpn_app.gui.screens.replay import states
from worldvpn_core.ipc.messages import FirewallCounters

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


def test_rules_that_saw_nothing_are_left_out_and_the_busiest_comes_first() -> None:
    assert [(rule.name, rule.packets) for rule in rules(COUNTED)] == [
        ("tunnel", "1,500,000"),
        ("block", "12"),
    ]


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
