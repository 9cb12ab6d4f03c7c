"""What the window says of the daemon's own doing, against the real daemon: no more than is so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.app.gui.windows import Opened, opened
from tests.e2e.rig import Rig
from worldvpn_app.gui.diagnostics import DiagnosticsPage
from worldvpn_app.gui.present.settings_file import exported
from worldvpn_app.gui.settings import SettingsPage
from worldvpn_lab import nodes
from worldvpn_lab.daemon import Daemon

pytestmark = pytest.mark.netns

_PATIENCE_MS = 30_000


@pytest.fixture
def app(daemon: Daemon, tmp_path: Path, qtbot: QtBot) -> Iterator[Opened]:
    del qtbot  # it makes the application
    with opened(daemon.socket_path, tmp_path) as made:
        yield made


def test_window_tells_what_left_and_what_the_daemon_did_and_nothing_of_whom(
    rig: Rig, app: Opened, qtbot: QtBot
) -> None:
    control = app.window.home.control
    qtbot.waitUntil(lambda: bool(app.context.store.profiles), timeout=_PATIENCE_MS)
    control.main.click()
    qtbot.waitUntil(lambda: control.title.text() == "Connected", timeout=_PATIENCE_MS)
    app.window.choose("diagnostics")
    page = app.window.page("diagnostics")
    assert isinstance(page, DiagnosticsPage)

    def packets() -> int:
        figures = {row.name: row.packets for row in page.outside.rows()}
        return int(figures.get("To the node, encrypted", "0").replace(",", ""))

    qtbot.waitUntil(lambda: packets() > 0, timeout=_PATIENCE_MS)
    told = "Connecting -> Connected"
    qtbot.waitUntil(
        lambda: told in [line.words for line in page.log.feed.lines], timeout=_PATIENCE_MS
    )
    report = page.report()
    assert told in report
    profile = Path(rig.world.directory, nodes.PROFILES, "node1.conf").read_text("utf-8")
    private = re.findall(r"[A-Za-z0-9+/]{43}=|\d+\.\d+\.\d+\.\d+", profile)
    assert private
    assert [each for each in (*private, "node1", "/var/lib") if each in report] == []


def test_window_takes_settings_from_a_file_and_puts_them_back_as_at_first(
    daemon: Daemon, app: Opened, tmp_path: Path, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: app.context.link.snapshot is not None, timeout=_PATIENCE_MS)
    app.window.choose("settings")
    page = app.window.page("settings")
    assert isinstance(page, SettingsPage)
    before = daemon.call("settings.get")
    wanted = {**before["settings"], "allow_lan": True, "share_guests": 3}
    file = tmp_path / "settings.json"
    file.write_text(exported({"settings": wanted}), "utf-8")
    page.keeping.read_from(file)

    def agree() -> None:
        qtbot.waitUntil(lambda: page.keeping.agreed is not None, timeout=_PATIENCE_MS)
        page.keeping.agree()
        qtbot.waitUntil(lambda: page.keeping.answer.text() == "Changed.", timeout=_PATIENCE_MS)
        page.keeping.agreed = None

    agree()
    assert daemon.call("settings.get")["settings"] == wanted
    page.keeping.reset.click()
    agree()
    assert daemon.call("settings.get")["settings"] == before["defaults"]
