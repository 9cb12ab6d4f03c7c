"""The app's window against the real daemon: what it says is so, whatever becomes of the daemon."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.app.gui.windows import Opened, opened
from tests.e2e.rig import Rig
from tests.e2e.town import COUNTRIES, PASSWORD, Town, address_of
from worldvpn_app.gui.account import AccountPage
from worldvpn_app.gui.map.page import MapPage
from worldvpn_app.gui.present.signin import Mode
from worldvpn_lab.daemon import Daemon, Part
from worldvpn_lab.demo.browser import Browser

pytestmark = pytest.mark.netns

_PATIENCE_MS = 30_000


@pytest.fixture
def app(daemon: Daemon, tmp_path: Path, qtbot: QtBot) -> Iterator[Opened]:
    del qtbot  # it makes the application
    with opened(daemon.socket_path, tmp_path) as made:
        yield made


def test_window_connects_sees_the_daemon_die_and_come_back_and_disconnects(
    rig: Rig, daemon: Daemon, app: Opened, qtbot: QtBot
) -> None:
    control = app.window.home.control

    def until(title: str) -> None:
        qtbot.waitUntil(lambda: control.title.text() == title, timeout=_PATIENCE_MS)

    until("Disconnected")
    qtbot.waitUntil(lambda: bool(app.context.store.profiles), timeout=_PATIENCE_MS)
    control.main.click()
    until("Connected")
    assert app.window.rail.state.text() == "Connected"
    assert control.kill_switch.text() == "Kill switch on"
    assert "Disconnect" in control.main.text()

    daemon.kill(Part.DAEMON)
    qtbot.waitUntil(app.window.trouble.isVisible, timeout=_PATIENCE_MS)
    assert app.window.rail.state.text() == "Not known"
    assert app.window.trouble.command.text()

    rig.start(daemon.started)
    qtbot.waitUntil(lambda: not app.window.trouble.isVisible(), timeout=_PATIENCE_MS)
    until("Connected")
    control.main.click()
    until("Disconnected")
    assert control.kill_switch.text() == "Kill switch waits for a tunnel"


def test_person_makes_an_account_in_the_window_and_connects_by_the_map(
    rig: Rig, town: Town, browser: Browser, tmp_path: Path, qtbot: QtBot
) -> None:
    def until(holds: Callable[[], object]) -> None:
        qtbot.waitUntil(lambda: bool(holds()), timeout=_PATIENCE_MS)

    daemon = town.start(rig)
    with opened(daemon.socket_path, tmp_path) as app:
        window, control = app.window, app.window.home.control
        until(lambda: control.title.text() == "Disconnected")
        window.choose("account")
        account = window.page("account")
        assert isinstance(account, AccountPage)
        form = account.form
        form.set_mode(Mode.REGISTER)
        form.name.edit.setText("wanda")
        form.password.edit.setText(PASSWORD)
        form.go.click()
        # No keyring is in this session: a passphrase is asked for.
        until(form.passphrase.isVisible)
        form.passphrase.edit.setText(PASSWORD)
        form.go.click()
        until(account.once.code.text)
        assert PASSWORD not in {form.password.text(), form.passphrase.text()}
        account.once.done.click()
        assert not account.once.code.text()
        until(account.shown.name.text)
        assert account.shown.name.text() == "wanda"

        window.choose("map")
        page = window.page("map")
        assert isinstance(page, MapPage)
        until(lambda: len(app.context.store.nodes) == len(COUNTRIES))
        page.panel.finder.setText("france")
        until(lambda: page.panel.count.text() == "1 of 2 nodes")
        french = next(node for node in app.context.store.nodes if node.country == "FR")
        page.select(french.id)
        page.callout.go.click()
        until(lambda: window.rail.state.text() == "Connected" and control.line.text() == "France")
        assert browser.exit_address() == address_of("node2")
        assert "credits" in window.rail.account.text()

        page.select(next(node.id for node in app.context.store.nodes if node.country == "DE"))
        page.callout.go.click()
        until(lambda: control.title.text() == "Connected" and control.line.text() == "Germany")
        assert browser.exit_address() == address_of("node1")
        window.choose("home")
        control.main.click()
        until(lambda: control.title.text() == "Disconnected")
