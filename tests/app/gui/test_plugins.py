"""Plugins of the app: their pages and editors, and that one that fails loses only its own."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from tests.app.fake_daemon import UP, FakeDaemon
from tests.app.gui.test_settings import ANSWER
from tests.app.gui.windows import Opened, opened
from tests.app.programs import PATIENCE_S
from worldvpn_app.gui.pluginpage import Kept, PluginEntry
from worldvpn_app.gui.profiles import Plugins
from worldvpn_app.gui.settings import SettingsPage
from worldvpn_app.hookspecs import hookimpl
from worldvpn_core.errors import DeniedError
from worldvpn_core.ipc.messages import SettingsGet, SettingsSet, TunnelPause

SAMPLE = Path(__file__).resolve().parents[1] / "sample_page"


@pytest.fixture(scope="module")
def _installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Install the sample as anybody installs a plugin, into a folder of its own."""
    folder = tmp_path_factory.mktemp("installed")
    source = folder / "source"
    shutil.copytree(SAMPLE, source, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    command += ["--no-build-isolation", "--disable-pip-version-check"]
    command += ["--target", str(folder / "site"), str(source)]
    subprocess.run(command, check=True, timeout=8 * PATIENCE_S)
    sys.path.insert(0, str(folder / "site"))
    importlib.invalidate_caches()
    yield
    sys.path.remove(str(folder / "site"))
    for name in [each for each in sys.modules if each.startswith("worldvpn_sample_page")]:
        del sys.modules[name]


@pytest.fixture
def app(
    daemon: FakeDaemon,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    _installed: None,
) -> Iterator[Opened]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    daemon.show(**UP[-1])
    with opened(daemon.path, tmp_path) as made:
        made.context.plugged.load()
        for offered in made.context.plugged.pages(made.context.link, made.window):
            made.window.add(PluginEntry(offered, made.context.plugged))
        end = made.context.plugged.guard()
        qtbot.waitUntil(lambda: made.window.rail.state.text() == "Connected")
        yield made
        end()


def kept(app: Opened, name: str) -> Kept:
    app.window.choose(name)
    page = app.window.page(name)
    assert isinstance(page, Kept)
    return page


def words(widget: QWidget) -> str:
    return "\n".join(each.text() for each in widget.findChildren(QLabel))


def press(widget: QWidget, text: str) -> None:
    next(each for each in widget.findChildren(QPushButton) if each.text() == text).click()


def test_worldvpn_app_pages_are_in_the_rail_and_speak_with_the_daemon(
    app: Opened, daemon: FakeDaemon, qtbot: QtBot
) -> None:
    page = kept(app, "sample/watch")
    assert app.window.chosen == "sample/watch"
    assert "connected" in words(page)
    press(page, "Pause a minute")
    qtbot.waitUntil(lambda: TunnelPause(duration_s=60) in daemon.requests)
    qtbot.waitUntil(lambda: "paused" in words(page))
    daemon.refuses = DeniedError("not yours")
    press(page, "Pause a minute")
    qtbot.waitUntil(lambda: "denied" in words(page))


def test_a_page_that_cannot_be_made_says_so_in_its_place(app: Opened) -> None:
    page = kept(app, "broken/making")
    assert page.broken is not None
    assert page.broken.sentence.text() == "“<b>making</b>” cannot be shown"
    assert page.broken.reason.text() == "RuntimeError: no page today"
    app.window.choose("sample/watch")
    assert "connected" in words(app.window.page("sample/watch"))


def test_a_page_that_cannot_be_drawn_is_put_aside_and_no_other_is(
    app: Opened, qtbot: QtBot
) -> None:
    page = kept(app, "broken/drawing")
    qtbot.waitUntil(lambda: page.broken is not None)
    assert "ArithmeticError: there is nothing to draw" in words(page)
    app.window.choose("sample/watch")
    assert kept(app, "sample/watch").broken is None
    app.window.choose("home")
    assert app.window.home.control.title.text() == "Connected"


@pytest.mark.parametrize(
    ("button", "reason"), [("Press", "LookupError: the button"), ("Ask", "KeyError: '1 answers")]
)
def test_a_page_that_fails_later_is_put_aside_then(
    app: Opened, qtbot: QtBot, button: str, reason: str
) -> None:
    page = kept(app, "broken/pressing")
    assert page.broken is None
    press(page, button)
    qtbot.waitUntil(lambda: page.broken is not None)
    assert page.broken is not None
    assert page.broken.reason.text().startswith(reason.partition(":")[0])


def test_worldvpn_app_option_editor_changes_a_kind_that_the_app_does_not_know(
    app: Opened, daemon: FakeDaemon, qtbot: QtBot
) -> None:
    daemon.answers[SettingsGet] = lambda _: ANSWER
    app.window.choose("settings")
    page = app.window.page("settings")
    assert isinstance(page, SettingsPage)

    def wheels() -> list[QLineEdit]:
        return [each for each in page.findChildren(QLineEdit) if each.text() == "teal"]

    qtbot.waitUntil(lambda: bool(wheels()))
    wheel = wheels()[-1]
    wheel.setText("amber")
    wheel.editingFinished.emit()
    changed = SettingsSet(changes={"node_watch": "amber"})
    qtbot.waitUntil(lambda: changed in daemon.requests)


def test_settings_list_the_apps_plugins_and_why_one_is_not_there(app: Opened, qtbot: QtBot) -> None:
    app.window.choose("settings")
    page = app.window.page("settings")
    assert isinstance(page, SettingsPage)
    plugins = page.plugins
    assert isinstance(plugins, Plugins)
    qtbot.waitUntil(lambda: "sample" in words(plugins))
    assert "0.3.1" in words(plugins)
    assert "No module named 'worldvpn_sample_page.is_not_there'" in words(plugins)


def test_what_implements_an_unknown_hook_is_noted_and_left_out(app: Opened) -> None:
    class Stale:
        @staticmethod
        @hookimpl
        def worldvpn_app_wallpapers() -> list[str]:
            return []

    app.context.plugged.add("stale", Stale())
    assert "unknown hook 'worldvpn_app_wallpapers'" in app.context.plugged.failures["stale"]


def test_what_is_no_plugins_fault_still_reaches_whoever_listened_before(
    app: Opened, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[BaseException] = []
    monkeypatch.setattr(sys, "excepthook", lambda _kind, error, _trace: heard.append(error))
    end = app.context.plugged.guard()
    button = QPushButton()
    qtbot.addWidget(button)
    button.clicked.connect(lambda: 1 / 0)
    button.click()
    end()
    assert [type(each) for each in heard] == [ZeroDivisionError]


def test_a_window_made_anew_has_the_pages_again(app: Opened, qapp: QApplication) -> None:
    again = app.context.plugged.pages(app.context.link, qapp)
    assert [each.name for each in again] == [
        "sample/watch",
        "broken/making",
        "broken/drawing",
        "broken/pressing",
    ]
