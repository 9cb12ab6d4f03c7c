"""What closing, minimising and leaving mean, with a tray and without one."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6 import sip
from PyQt6.QtCore import QSettings
from PyQt6.QtDBus import QDBusConnection
from PyQt6.QtWidgets import QApplication, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from tests.app.desk import Desk
from tests.app.fake_daemon import UP, FakeDaemon
from tests.app.gui.test_credit import account
from tests.app.gui.test_signin import SIGNED_OUT
from tests.app.keys.session import desktop_session
from worldvpn_app.gui.language import Language, speak
from worldvpn_app.gui.link import Link
from worldvpn_app.gui.main import App, single_name
from worldvpn_app.gui.own_settings import CLOSING, EXPLAINED, IS_PRIVATE, MINIMISING
from worldvpn_core.errors import SignedOutError
from worldvpn_core.ipc.protocol import SOCKET_PATH

# There is no tray without a display; what is said of it is.
pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged", "This plugin does not support")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desktop_session(tmp_path / "session") as session, Desk(session.bus) as desk:
        yield desk


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "app.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Gets an entry when the app ends: the tests' own application goes on."""
    found: list[bool] = []
    monkeypatch.setattr(App, "end", lambda _app: found.append(True))
    return found


@pytest.fixture
def app(  # noqa: PLR0913, PLR0917 - an app stands on all of it
    desk: Desk,
    daemon: FakeDaemon,
    settings: QSettings,
    ended: list[bool],
    qapp: QApplication,
    qtbot: QtBot,
) -> Iterator[App]:
    del ended
    daemon.show(**UP[-1])
    link = Link(str(daemon.path))
    bus = QDBusConnection.connectToBus(desk.address, desk.address)
    made = App(qapp, link, settings, bus)
    link.open()
    made.window.show()
    qtbot.waitUntil(lambda: made.window.rail.state.text() == "Connected")
    yield made
    link.close()
    if made.question is not None:
        made.question.done(QMessageBox.StandardButton.No)
    sip.delete(made.window)
    sip.delete(made.shell)
    QDBusConnection.disconnectFromBus(desk.address)


@pytest.fixture
def with_tray(app: App, qtbot: QtBot) -> App:
    qtbot.waitUntil(lambda: app.window.has_tray)
    return app


@pytest.fixture
def without_tray(app: App, desk: Desk, qtbot: QtBot) -> App:
    qtbot.waitUntil(lambda: app.window.has_tray)
    desk.close_tray()
    qtbot.waitUntil(lambda: not app.window.has_tray)
    return app


def test_closing_goes_to_the_tray_and_is_explained_once(
    with_tray: App, desk: Desk, qtbot: QtBot
) -> None:
    window = with_tray.window
    window.close()
    assert window.isHidden()
    qtbot.waitUntil(lambda: [note.title for note in desk.notes] == ["WorldVPN is in the tray"])
    desk.take(desk.notes[0], "open")
    qtbot.waitUntil(window.isVisible)
    window.close()
    assert window.isHidden()
    tray = with_tray.shell.tray
    assert tray is not None
    tray.raised.emit()
    assert window.isVisible()
    assert len(desk.notes) == 1


def test_what_nobody_could_show_is_explained_again(
    with_tray: App, desk: Desk, settings: QSettings, qtbot: QtBot
) -> None:
    desk.close_notifications()
    with_tray.window.close()
    qtbot.waitUntil(lambda: with_tray.shell.notifier.is_idle)
    assert not settings.contains(EXPLAINED)
    desk.open_notifications()
    with_tray.window.come_up()
    with_tray.window.close()
    qtbot.waitUntil(lambda: settings.value(EXPLAINED, type=bool) is True)


def test_minimising_goes_to_the_tray_unless_it_is_not_wanted(
    with_tray: App, settings: QSettings, qtbot: QtBot
) -> None:
    window = with_tray.window
    window.showMinimized()
    qtbot.waitUntil(window.isHidden)
    window.come_up()
    assert window.isVisible()
    assert not window.isMinimized()
    settings.setValue(MINIMISING, False)
    window.showMinimized()
    QApplication.processEvents()
    assert window.isVisible()


def test_closing_ends_the_app_where_that_is_wanted(
    with_tray: App, settings: QSettings, ended: list[bool]
) -> None:
    settings.setValue(CLOSING, "quit")
    with_tray.window.close()
    assert ended == [True]


def test_without_a_tray_the_window_stays_with_a_notice_and_closing_again_ends_the_app(
    without_tray: App, ended: list[bool]
) -> None:
    window = without_tray.window
    window.close()
    assert window.isVisible()
    (said,) = window.notices.texts()
    assert said.startswith("There is no tray here, so the window stays.")
    assert ended == []
    window.close()
    assert ended == [True]


def test_a_window_in_a_tray_that_goes_comes_back(with_tray: App, desk: Desk, qtbot: QtBot) -> None:
    with_tray.window.close()
    desk.close_tray()
    qtbot.waitUntil(lambda: not with_tray.window.has_tray)
    # A panel that starts again is waited for.
    assert with_tray.window.isHidden()
    with_tray.shell.waiting.timeout.emit()
    assert with_tray.window.isVisible()


def test_the_notice_goes_when_a_tray_comes(without_tray: App, desk: Desk, qtbot: QtBot) -> None:
    without_tray.window.close()
    desk.open_tray()
    qtbot.waitUntil(lambda: without_tray.window.notices.texts() == ())
    without_tray.window.close()
    assert without_tray.window.isHidden()


def test_leaving_says_what_stays_and_asks(
    with_tray: App, daemon: FakeDaemon, ended: list[bool], qtbot: QtBot
) -> None:
    with_tray.leave()
    with_tray.leave()
    assert with_tray.question is not None
    assert "Your tunnel stays on and protected." in with_tray.question.text()
    with_tray.question.done(QMessageBox.StandardButton.No)
    assert with_tray.question is None
    daemon.show(state="disconnected", profile=None)
    qtbot.waitUntil(lambda: with_tray.window.rail.state.text() == "Disconnected")
    with_tray.leave()
    assert (ended, with_tray.question) == ([True], None)


def test_what_is_refused_is_said_outside_a_window_that_is_not_seen(
    with_tray: App, daemon: FakeDaemon, settings: QSettings, desk: Desk, qtbot: QtBot
) -> None:
    settings.setValue(EXPLAINED, True)
    with_tray.window.close()
    daemon.refuses = SignedOutError("nobody is signed in")
    with_tray.actions.pause(5)
    qtbot.waitUntil(lambda: len(desk.notes) == 1)
    assert desk.notes[0].title == "That was not done"
    assert desk.notes[0].offers["do"] == "Sign in"
    desk.take(desk.notes[0], "do")
    qtbot.waitUntil(with_tray.window.isVisible)
    assert with_tray.window.chosen == "account"
    with_tray.window.close()
    settings.setValue(IS_PRIVATE, True)
    with_tray.actions.pause(5)
    qtbot.waitUntil(lambda: len(desk.notes) == 2)
    assert desk.notes[1].text == "Open the window to see why."


def test_two_daemons_have_two_apps_and_one_daemon_one() -> None:
    assert single_name(SOCKET_PATH, "/run/user/7") == "/run/user/7/worldvpn-app"
    lab, other = (single_name(f"/run/{name}.sock", "/run/user/7") for name in ("lab", "other"))
    assert len({lab, other, single_name(SOCKET_PATH, "/run/user/7")}) == 3


def test_running_out_of_credit_shows_the_page_that_says_what_can_be_done(
    app: App, daemon: FakeDaemon, qtbot: QtBot
) -> None:
    app.window.choose("map")
    cause = {"code": "out-of-credit", "detail": "", "retryable": False}
    daemon.show(state="blocked", cause=cause)
    qtbot.waitUntil(lambda: app.window.chosen == "home")
    control = app.window.home.control
    assert control.line.text() == "You are out of credit"
    said = [control.main.text(), *(each.text().strip() for each in control.second)]
    assert said == ["Share to earn", "Try again", "Disconnect"]
    assert app.window.home.facts_title.text() == "Your credit"
    app.window.choose("map")
    daemon.show(received_bytes=7)
    qtbot.waitUntil(lambda: received(app) == 7)
    assert app.window.chosen == "map"
    control.main.click()
    assert app.window.chosen == "sharing"


def test_a_server_that_goes_away_is_a_notice_until_it_is_back(
    app: App, daemon: FakeDaemon, qtbot: QtBot
) -> None:
    daemon.tell(account=SIGNED_OUT)
    qtbot.waitUntil(lambda: "Not signed in" in app.window.rail.account.text())
    daemon.tell(account={**SIGNED_OUT, "reach": "offline"})
    qtbot.waitUntil(lambda: len(app.window.notices.texts()) == 1)
    assert app.window.notices.texts()[0].startswith("Server away. Your tunnel goes on. Figures")
    daemon.tell(account=SIGNED_OUT)
    qtbot.waitUntil(lambda: app.window.notices.texts() == ())


def test_low_credit_is_a_notice_that_leads_to_sharing(
    app: App, daemon: FakeDaemon, qtbot: QtBot
) -> None:
    for credit in (1_000, 90):
        daemon.tell(account=account(credit))
        shown = f"{credit:,} credits"
        qtbot.waitUntil(functools.partial(says, app, shown))
    assert app.window.notices.texts() == ("10\u00a0% of your credit is left.",)
    (share,) = (
        each
        for each in app.window.notices.findChildren(QPushButton)
        if each.text() == "Share to earn"
    )
    share.click()
    assert app.window.chosen == "sharing"


def test_the_tray_speaks_the_language_that_was_chosen(with_tray: App, qapp: QApplication) -> None:
    tray = with_tray.shell.tray
    assert tray is not None
    english = (tray.open.text(), tray.quit.text(), tray.pauses.actions()[0].text())
    try:
        with_tray.set_language(Language.FRENCH.value)
        french = (tray.open.text(), tray.quit.text(), tray.pauses.actions()[0].text())
        state = tray.state.text()
    finally:
        speak(Language.ENGLISH, qapp)
    assert english == ("Open WorldVPN", "Quit, and stay protected", "5\u00a0minutes")
    assert french == ("Ouvrir WorldVPN", "Quitter, et rester protégé", "5\u00a0minutes")
    assert state.startswith("Connecté")


def says(app: App, words: str) -> bool:
    return app.window.rail.account.text() == words


def received(app: App) -> int:
    view = app.window._link.snapshot
    return view["tunnel"]["received_bytes"] if view else 0
