"""Clocks that jump, services that are slow or fall, and what says so: never a lying window."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.app.fake_daemon import UP, FakeDaemon
from tests.app.gui.windows import opened
from worldvpn_app.gui.present.home import present
from worldvpn_app.gui.present.news import news
from worldvpn_app.gui.screens.replay import now, states
from worldvpn_core.ipc.messages import ProfilesList, TunnelConnect

ROOT = Path(__file__).parents[3]
LOUD = {
    "a warning of Qt": "from PyQt6.QtCore import qWarning; qWarning('no such signal')",
    "an error in a slot": (
        "from PyQt6.QtCore import QTimer; QTimer.singleShot(0, lambda: 1 / 0); qtbot.wait(50)"
    ),
    "a log": "import logging; logging.getLogger('worldvpn').warning('that was not expected')",
}


@pytest.mark.parametrize("days", [-4_000, -1, 1, 4_000])
@pytest.mark.parametrize("state", [*states()])
def test_a_clock_that_jumps_breaks_no_state(state: str, days: int) -> None:
    at = now() + timedelta(days=days)
    view = present(states()[state], at, age_s=-days * 86_400.0)
    assert view.title == present(states()[state], now()).title
    assert "-" not in "".join(fact.value for fact in view.facts if fact.icon == "clock")
    news(states()[state], view, at, is_private=False)


def test_a_service_that_is_slow_freezes_nothing(
    daemon: FakeDaemon, tmp_path: Path, qtbot: QtBot
) -> None:
    answer = threading.Event()
    daemon.answers[TunnelConnect] = lambda _: {"waited": answer.wait(20)}
    with opened(daemon.path, tmp_path) as app:
        control = app.window.home.control
        qtbot.waitUntil(lambda: control.title.text() == "Disconnected")
        qtbot.waitUntil(lambda: bool(app.context.store.profiles))
        control.main.click()
        assert not control.main.isEnabled()
        app.window.choose("map")
        app.window.choose("home")
        assert control.title.text() == "Disconnected"
        answer.set()
        qtbot.waitUntil(lambda: control.title.text() == "Connected")


def test_a_service_that_falls_again_and_again_is_found_each_time(
    daemon: FakeDaemon, tmp_path: Path, qtbot: QtBot
) -> None:
    daemon.show(**UP[-1])
    with opened(daemon.path, tmp_path) as app:
        for _ in range(3):
            qtbot.waitUntil(lambda: app.window.rail.state.text() == "Connected")
            daemon.restart()
            qtbot.waitUntil(lambda: app.window.rail.state.text() == "Not known")
        qtbot.waitUntil(lambda: app.window.rail.state.text() == "Connected")


def test_two_windows_on_one_daemon_show_the_same(
    daemon: FakeDaemon, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "other").mkdir()
    with opened(daemon.path, tmp_path) as one, opened(daemon.path, tmp_path / "other") as two:
        qtbot.waitUntil(lambda: daemon.requests.count(ProfilesList()) == 2)
        qtbot.waitUntil(lambda: bool(one.context.store.profiles))
        one.window.home.control.main.click()
        states = (one.window.rail.state, two.window.rail.state)
        qtbot.waitUntil(lambda: [each.text() for each in states] == ["Connected"] * 2)


@pytest.mark.parametrize("kind", LOUD)
def test_whatever_a_test_says_aloud_fails_it(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "tests"
    folder.mkdir()
    for name in ("pyproject.toml", "tests/app/gui/conftest.py"):
        (folder / Path(name).name).write_text((ROOT / name).read_text("utf-8"))
    body = f"def test_loud(qtbot):\n    {LOUD[kind]}\n"
    (folder / "test_loud.py").write_text(body)
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_loud.py"]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout
    assert "1 passed" not in done.stdout or "1 error" in done.stdout
