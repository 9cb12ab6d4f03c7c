"""What is odd is shown calmly: strange snapshots, hostile names, many nodes, a clock that jumps."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from tests.app.fake_daemon import FakeDaemon
from tests.app.gui.windows import Asked, Opened, opened
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_app.gui.diagnostics import DiagnosticsPage
from worldvpn_app.gui.link import Refusal
from worldvpn_app.gui.map.page import MapPage
from worldvpn_app.gui.map.rows import MOST_ROWS, Row
from worldvpn_app.gui.present.home import present
from worldvpn_app.gui.present.view import clean
from worldvpn_app.gui.screens.replay import now, states
from worldvpn_app.gui.widgets.text import Elided

PAGES = ("home", "map", "wallet", "sharing", "account", "diagnostics", "settings")
MARKUP = "<img src='file:///etc/passwd'><b>bold</b><a href='https://evil.example'>x</a>"
TURNED = "\u202egro.elpmaxe\u202c\u2066\u200f"
HOSTILE = [MARKUP, TURNED, "x" * 10_000, "a\nb\tc\x00d\x1b[31m", "e\u0301" * 500, "%s {0} {name}"]


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def clock() -> list[datetime]:
    return [now()]


@pytest.fixture
def app(asked: Asked, clock: list[datetime], tmp_path: Path, qtbot: QtBot) -> Iterator[Opened]:
    del qtbot
    with opened(asked, tmp_path, lambda: clock[0]) as made:
        yield made


def walk(app: Opened) -> None:
    """Look at every page."""
    for page in PAGES:
        app.window.choose(page)
        QApplication.processEvents()
        app.window.grab()


def texts(widget: QWidget) -> Iterator[str]:
    for each in widget.findChildren(QWidget):
        yield each.toolTip()
        yield each.accessibleName()
        if isinstance(each, QLabel | QAbstractButton):
            yield each.text()


def a_node(number: int, **more: object) -> dict[str, object]:
    node: dict[str, object] = {
        "id": f"{number:08x}-0000-4000-8000-000000000000",
        "country": ("DE", "FR", "NO", "BR", "ZZ")[number % 5],
        "city": f"City {number}",
        "protocols": ["wireguard"],
        "bandwidth_mbps": 100,
        "load": number % 4,
        "latency_ms": number % 300,
    }
    return {**node, **more}


def directory(nodes: list[dict[str, object]]) -> Mapping[str, object]:
    return {"json": json.dumps({"nodes": nodes, "next": None, "age_s": 3})}


def foreign(value: object) -> object:
    """Return ``value`` with a field that this app has never heard of in every object of it."""
    if isinstance(value, dict):
        return {**{key: foreign(each) for key, each in value.items()}, "later": {"new": [1, "x"]}}
    return [foreign(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("state", states())
def test_fields_that_are_unknown_change_nothing(app: Opened, asked: Asked, state: str) -> None:
    more = cast("Snapshot", foreign(copy.deepcopy({**states()[state]})))
    assert present(more, now()) == present(states()[state], now())
    asked.tell(more)
    walk(app)


@pytest.mark.parametrize("word", ["", "HIBERNATING", MARKUP, TURNED, "x" * 10_000])
def test_states_that_are_unknown_are_named_and_nothing_is_claimed_of_them(
    app: Opened, asked: Asked, word: str
) -> None:
    odd = copy.deepcopy({**states()["connected"]})
    for part in ("tunnel", "sharing"):
        cast("dict[str, Any]", odd[part])["state"] = word
    cast("dict[str, Any]", odd["account"])["reach"] = word
    asked.tell(cast("Snapshot", odd))
    walk(app)
    view = present(cast("Snapshot", odd), now())
    assert view.line == "This app is older than the service."
    assert view.title == clean(word, 64)
    assert view.alarm == ""


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_one_plain_short_line_wherever_it_stands(
    app: Opened, asked: Asked, name: str
) -> None:
    odd = copy.deepcopy({**states()["connected"]})
    tunnel = cast("dict[str, Any]", odd["tunnel"])
    tunnel["profile"] = {"id": "home", "name": name}
    tunnel["transport"], tunnel["engine"] = name, name
    odd["session"] = None
    cast("dict[str, Any]", odd["account"])["username"] = name
    odd["notices"] = [{"code": "x", "text": name}]
    node = a_node(1, city=name, protocols=[name])
    asked.answers |= {
        "directory.nodes": directory([node, a_node(2, id=name), a_node(3, country=name)]),
        "profiles.list": {
            "profiles": [{"id": "home", "name": name, "transport": name, "servers": [name]}],
            "last_used": "home",
        },
        "plugins.list": {"plugins": [{"name": name, "version": name, "process": name}]},
        "account.show": {"json": json.dumps({"username": name, "user_id": name})},
    }
    asked.tell(cast("Snapshot", odd))
    walk(app)
    app.window.choose("map")
    page = app.window.page("map")
    assert isinstance(page, MapPage)
    page.select(str(node["id"]))
    QApplication.processEvents()
    shown = list(texts(app.window))
    assert [text for text in shown if "\u202e" in text or "\x00" in text or "\n" in text] == []
    assert max(map(len, shown)) < 1_000
    labels = app.window.findChildren(QLabel)
    assert {each.textFormat() for each in labels if each.text()} == {Qt.TextFormat.PlainText}
    tips = [each.toolTip() for each in app.window.findChildren(QWidget)]
    inside = [tip.removeprefix("<qt>").removesuffix("</qt>") for tip in tips]
    assert [tip for tip in inside if "<" in tip] == []


def test_a_tooltip_shows_markup_and_does_not_follow_it(qtbot: QtBot) -> None:
    elided = Elided("small", MARKUP)
    qtbot.addWidget(elided)
    elided.resize(40, 20)
    elided.grab()
    assert "<img" not in elided.toolTip()
    assert "&lt;img" in elided.toolTip()


def test_ten_thousand_nodes_are_all_found_and_not_all_drawn(app: Opened, asked: Asked) -> None:
    asked.answers["directory.nodes"] = directory([a_node(number) for number in range(10_000)])
    asked.show_state("connected")
    app.window.choose("map")
    QApplication.processEvents()
    page = app.window.page("map")
    assert isinstance(page, MapPage)
    assert len(app.context.store.nodes) == 10_000
    assert len(page.panel.rows.findChildren(Row)) <= MOST_ROWS
    assert sum(len(mark.nodes) for mark in page.map.shown()) == 8_000  # ZZ is nowhere
    app.window.grab()
    page.panel.finder.setText("City 9999")
    page.panel.searched.emit()
    assert page.panel.count.text() == "1 of 10,000 nodes"


def test_a_directory_that_never_ends_is_left_in_the_end(app: Opened, asked: Asked) -> None:
    def page(offset: int) -> Mapping[str, object]:
        nodes = [a_node(offset + number) for number in range(500)]
        return {"json": json.dumps({"nodes": nodes, "next": offset + 500, "age_s": 3})}

    asked.computed["directory.nodes"] = lambda params: page(int(str(params["offset"])))
    asked.show_state("connected")
    assert len(app.context.store.nodes) == 10_000
    offsets = [params["offset"] for method, params in asked.asked if method == "directory.nodes"]
    assert max(int(str(each)) for each in offsets) == 9_500


@pytest.mark.parametrize("days", [-10_000, -1, 1, 400, 20_000])
@pytest.mark.parametrize("state", ["connected", "paused", "blocked", "connecting"])
def test_a_clock_that_jumps_shows_no_time_that_cannot_be(
    app: Opened, asked: Asked, clock: list[datetime], state: str, days: int
) -> None:
    asked.show_state(state)
    clock[0] = now() + timedelta(days=days)
    walk(app)
    asked.show_state(state)
    view = present(states()[state], clock[0])
    assert "-" not in "".join(fact.value for fact in view.facts if fact.icon == "clock")
    assert "-" not in view.line


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"json": "null"},
        {"json": json.dumps({"nodes": "none", "entries": 7, "devices": None})},
        {"json": json.dumps({"nodes": [None, 5, {}], "entries": [None, {"ticks": "x"}]})},
        {"settings": None, "declared": None, "profiles": [], "plugins": [], "counters": []},
        {"settings": {"x": 1}, "declared": [{"name": "x", "kind": 5, "least": None}]},
        {"classes": 3, "lines": "no", "last": "later", "since_utc": 7},
    ],
)
def test_answers_that_say_nothing_leave_pages_without_what_they_would_say(
    app: Opened, asked: Asked, answer: Mapping[str, object]
) -> None:
    methods = ("directory.nodes", "wallet.history", "account.devices", "account.show")
    more = ("settings.get", "firewall.outside", "log.tail")
    asked.answers |= dict.fromkeys(methods + more, answer)
    asked.show_state("connected")
    walk(app)


def test_refusals_of_everything_leave_every_page_standing(app: Opened, asked: Asked) -> None:
    refusal = Refusal(code="central.offline", message="central.example: 503 \u202e<b>")
    for state in ("connected", "disconnected", "signed-out"):
        for method in (
            *("directory.nodes", "wallet.balance", "wallet.history", "account.devices"),
            *("account.show", "settings.get", "profiles.list", "plugins.list", "share.status"),
            *("firewall.counters", "firewall.outside", "firewall.why", "log.tail"),
        ):
            asked.refusals[method] = refusal
        asked.show_state(state)
        walk(app)
    assert [text for text in texts(app.window) if "\u202e" in text] == []


def test_pages_that_wait_for_an_answer_say_nothing_that_is_not_known(
    app: Opened, asked: Asked
) -> None:
    asked.is_silent = True
    asked.show_state("connected")
    walk(app)
    page = app.window.page("diagnostics")
    assert isinstance(page, DiagnosticsPage)
    assert page.outside.rows() == ()
    assert page.log.feed.lines == ()


def test_two_windows_on_one_daemon_see_the_same(
    daemon: FakeDaemon, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "second").mkdir()
    with opened(daemon.path, tmp_path) as one, opened(daemon.path, tmp_path / "second") as two:
        daemon.show(state="connecting", profile={"id": "home", "name": "Home"})
        rails = (one.window.rail, two.window.rail)
        qtbot.waitUntil(lambda: {each.state.text() for each in rails} == {"Connecting"})
        daemon.restart()
        daemon.show(state="disconnected", profile=None)
        ended = {"Disconnected"}
        qtbot.waitUntil(lambda: {each.state.text() for each in rails} == ended, timeout=15_000)
