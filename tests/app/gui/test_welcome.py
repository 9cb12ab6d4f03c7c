"""The first steps: from no service to a tunnel, each with what it may do."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from tests.app.central_daemon import CentralDaemon
from tests.app.fake_daemon import UP, FakeDaemon, a_snapshot
from tests.app.gui.test_signin import SIGNED_OUT
from tests.app.gui.windows import opened
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_app.gui import mend, starter
from worldvpn_app.gui.link import LinkState, Refusal, trouble_of
from worldvpn_app.gui.mend import Mend
from worldvpn_app.gui.own_settings import WELCOMED
from worldvpn_app.gui.present.view import Do
from worldvpn_app.gui.present.welcome import Progress, steps
from worldvpn_app.gui.starter import UNIT, Starter, way_to_start
from worldvpn_app.gui.tokens import DARK
from worldvpn_core.ipc.messages import TunnelConnect
from worldvpn_core.ipc.protocol import SOCKET_PATH

OUT: Snapshot = {**a_snapshot(), "account": SIGNED_OUT}
IN: Snapshot = {**a_snapshot(), "account": {**SIGNED_OUT, "signed_in": True}}
DONE, NOW, LATER = Progress.DONE, Progress.NOW, Progress.LATER


@pytest.mark.parametrize(
    ("snapshot", "has_profiles", "expected"),
    [
        (None, False, (NOW, LATER, LATER)),
        (OUT, False, (DONE, NOW, LATER)),
        (OUT, True, (DONE, DONE, NOW)),
        (IN, False, (DONE, DONE, NOW)),
        (a_snapshot(), False, (DONE, NOW, LATER)),
    ],
)
def test_one_step_is_to_be_taken_and_it_alone_has_buttons(
    snapshot: Snapshot | None, *, has_profiles: bool, expected: tuple[Progress, ...]
) -> None:
    found = steps(snapshot, None, has_profiles=has_profiles)
    assert tuple(step.progress for step in found) == expected
    assert [bool(step.buttons) for step in found[1:]] == [each is NOW for each in expected[1:]]


@pytest.mark.parametrize("state", [LinkState.ABSENT, LinkState.TOO_OLD, LinkState.NO_RIGHTS])
def test_what_keeps_the_app_from_the_service_is_the_first_step(state: LinkState) -> None:
    trouble = trouble_of(state, SOCKET_PATH)
    assert trouble is not None
    first = steps(OUT, trouble, has_profiles=True)[0]
    assert (first.title, first.progress) == (trouble.sentence, NOW)
    assert "root" in first.text
    assert trouble.command


def test_without_a_central_server_a_file_is_the_way() -> None:
    alone: Snapshot = {**a_snapshot(), "account": {**SIGNED_OUT, "server": None}}
    assert [each.do for each in steps(alone, None, has_profiles=False)[1].buttons] == [Do.SETTINGS]


def test_a_person_is_led_to_signing_in_and_then_to_a_tunnel(
    central: CentralDaemon, tmp_path: Path, qtbot: QtBot
) -> None:
    central.snapshot["account"] = SIGNED_OUT
    central.profiles = []
    with opened(central.path, tmp_path, is_first=True) as app:
        welcome = app.window.welcome
        qtbot.waitUntil(welcome.isVisible)
        pressed(welcome.steps[1], "Sign in or make an account")
        assert app.window.chosen == "account"
        central.tell(account={**SIGNED_OUT, "signed_in": True})
        app.window.choose("home")
        qtbot.waitUntil(lambda: bool(welcome.steps[2].findChildren(QPushButton)))
        pressed(welcome.steps[2], "Connect")
        qtbot.waitUntil(lambda: TunnelConnect(place="fastest") in central.requests)
        qtbot.waitUntil(lambda: app.window.rail.state.text() == "Connected")
        assert app.window.home.isVisible()
        assert app.context.settings.value(WELCOMED, type=bool) is True


def pressed(card: object, text: str) -> None:
    assert hasattr(card, "findChildren")
    (button,) = (
        each for each in card.findChildren(QPushButton) if each.text() == text and each.isVisible()
    )
    button.click()


def test_whoever_has_connected_before_is_not_welcomed(
    daemon: FakeDaemon, tmp_path: Path, qtbot: QtBot
) -> None:
    daemon.last_used = "home"
    with opened(daemon.path, tmp_path, is_first=True) as app:
        qtbot.waitUntil(lambda: app.context.store.last_used == "home")
        assert app.window.home.isVisible()


def test_steps_can_be_skipped(daemon: FakeDaemon, tmp_path: Path, qtbot: QtBot) -> None:
    with opened(daemon.path, tmp_path, is_first=True) as app:
        qtbot.waitUntil(app.window.welcome.isVisible)
        app.window.welcome.later.click()
        assert app.window.home.isVisible()
        daemon.show(**UP[-1])
        qtbot.waitUntil(lambda: app.window.rail.state.text() == "Connected")


def test_connect_pressed_before_the_profiles_are_known_connects_once_they_are(
    daemon: FakeDaemon, tmp_path: Path, qtbot: QtBot
) -> None:
    with opened(daemon.path, tmp_path) as app:
        refused: list[Refusal] = []
        app.context.actions.refused.connect(refused.append)
        app.context.actions.do(Do.CONNECT)
        qtbot.waitUntil(lambda: TunnelConnect(profile_id="home") in daemon.requests)
        assert refused == []


def test_the_service_is_started_by_its_unit_else_by_asking_for_rights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("systemctl", "pkexec", "worldvpn"):
        program = tmp_path / name
        program.touch()
        program.chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["pytest"])
    monkeypatch.setattr(starter, "_UNITS", (str(tmp_path),))
    monkeypatch.setattr("os.geteuid", lambda: 1_000)
    own, ask = str(tmp_path / "worldvpn"), str(tmp_path / "pkexec")
    assert way_to_start(SOCKET_PATH) == (ask, own, "daemon")
    (tmp_path / UNIT).touch()
    assert way_to_start(SOCKET_PATH) == (str(tmp_path / "systemctl"), "start", UNIT)
    assert way_to_start("/elsewhere/daemon.sock") == ()
    (tmp_path / UNIT).unlink()
    (tmp_path / "pkexec").unlink()
    assert way_to_start(SOCKET_PATH) == ()
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert way_to_start(SOCKET_PATH) == (own, "daemon")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("/bin/sh", "-c", "exit 126"), "It was not allowed."),
        (("/bin/sh", "-c", "exit 1"), "It ended at once (status 1)."),
        (("/nowhere/at-all",), "It cannot be started: No such file or directory."),
    ],
)
def test_a_service_that_cannot_be_started_is_said(
    argv: tuple[str, ...], said: str, qtbot: QtBot
) -> None:
    starting = Starter()
    with qtbot.waitSignal(starting.failed) as failed:
        starting.start(argv)
    assert failed.args is not None
    assert failed.args[0].startswith(said)
    assert not starting.is_busy


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_the_command_is_shown_where_the_button_failed_or_is_not(
    monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    trouble = trouble_of(LinkState.ABSENT, SOCKET_PATH)
    assert trouble is not None
    shown = Mend(DARK, SOCKET_PATH)
    qtbot.addWidget(shown)
    shown.show()
    monkeypatch.setattr(mend, "way_to_start", lambda _path: ())
    shown.show_trouble(trouble)
    assert (shown.start.isVisible(), shown.command.isVisible()) == (False, True)
    monkeypatch.setattr(mend, "way_to_start", lambda _path: ("/bin/sh", "-c", "exit 126"))
    shown.show_trouble(trouble)
    assert (shown.start.isVisible(), shown.command.isVisible()) == (True, False)
    shown.start.click()
    qtbot.waitUntil(shown.answer.isVisible)
    shown.show_trouble(trouble)
    assert (shown.start.isEnabled(), shown.command.isVisible()) == (True, True)
