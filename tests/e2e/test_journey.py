"""A person's way through the window, with all behind it real: from no account to earned credit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import attrs
import pytest
from pytestqt.qtbot import QtBot

from tests.app.gui.windows import Opened, opened
from tests.e2e.rig import Rig
from tests.e2e.sharing import OUTER4, led
from tests.e2e.test_receipts import iperf
from tests.e2e.town import COUNTRIES, PASSWORD, Town, address_of, connect, wait_until
from worldvpn_app.cli.exits import CommandError
from worldvpn_app.gui.account import AccountPage
from worldvpn_app.gui.home import Home
from worldvpn_app.gui.map.page import MapPage
from worldvpn_app.gui.present import figures
from worldvpn_app.gui.present.signin import Mode
from worldvpn_app.gui.settings import SettingsPage
from worldvpn_app.gui.sharing import SharingPage
from worldvpn_app.gui.wallet import WalletPage
from worldvpn_core.credit.units import MEBIBYTE
from worldvpn_lab.daemon import Daemon
from worldvpn_lab.demo.browser import Browser
from worldvpn_lab.demo.settling import Purse
from worldvpn_lab.map import PLACES

pytestmark = pytest.mark.netns

#: The server checks a network three times a minute at most, and is asked again after a minute.
_PATIENCE_MS = 180_000
_COUNTRY = "NL"
_AGAIN_S = 5.0
_RUNS, _MEBIBYTES = 2, 4
#: What a node gets for a byte, and what a connection has beside its data or is yet to be signed.
_EARN_TICKS, _ALLOWANCE_BYTES = 6, 65_536
_EARNED_TICKS = (_RUNS * _MEBIBYTES * MEBIBYTE - _ALLOWANCE_BYTES) * _EARN_TICKS
#: The guest, whose own node goes on.
_GUEST = "node2"
Page = TypeVar("Page")
_SEEN_AS = f"""
import socket
with socket.create_connection(("{PLACES.page}", 80), 5) as line:
    line.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
    print(b"".join(iter(lambda: line.recv(2048), b"")).split()[-1].decode())
"""


@attrs.frozen(kw_only=True)
class Person:
    """Whoever sits at the window; presses what is there, and waits for what it says."""

    app: Opened
    daemon: Daemon
    browser: Browser
    qtbot: QtBot

    def until(self, holds: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(holds()), timeout=_PATIENCE_MS)

    def until_home_says(self, title: str) -> None:
        self.until(lambda: self.app.window.home.control.title.text() == title)

    def registers(self) -> None:
        page = self._page("account", AccountPage)
        form = page.form
        form.set_mode(Mode.REGISTER)
        form.name.edit.setText("wanda")
        form.password.edit.setText(PASSWORD)
        form.go.click()
        # No keyring is in this session: a passphrase is asked for.
        self.until(form.passphrase.isVisible)
        form.passphrase.edit.setText(PASSWORD)
        form.go.click()
        self.until(page.once.code.text)
        assert PASSWORD not in {form.password.text(), form.passphrase.text()}
        page.once.done.click()
        assert not page.once.code.text()
        self.until(page.shown.name.text)
        assert page.shown.name.text() == "wanda"

    def connects_by_searching(self, typed: str, role: str, name: str) -> None:
        page = self._page("map", MapPage)
        self.until(lambda: len(self.app.context.store.nodes) == len(COUNTRIES))
        page.panel.finder.setText(typed)
        self.until(lambda: page.panel.count.text() == "1 of 2 nodes")
        self.goes_to(role, name)
        page.panel.finder.clear()

    def goes_to(self, role: str, name: str) -> None:
        """Choose a node on the map and press its button; the internet sees that node's address."""
        page = self._page("map", MapPage)
        nodes = self.app.context.store.nodes
        page.select(next(each.id for each in nodes if each.country == COUNTRIES[role]))
        page.callout.go.click()
        control = self.app.window.home.control
        self.until(lambda: control.title.text() == "Connected" and control.line.text() == name)
        assert self.browser.exit_address() == address_of(role)
        assert "credits" in self.app.window.rail.account.text()

    def says_where_this_computer_is(self) -> None:
        page = self._page("settings", SettingsPage)
        self.until(lambda: page.shown)
        every = [each for section in page.shown for each in section.settings]
        setting = next(each for each in every if each.name == "share_country")
        page.change(setting, _COUNTRY)
        kept = self.daemon
        self.until(lambda: kept.call("settings.get")["settings"]["share_country"] == _COUNTRY)

    def shares(self) -> None:
        """Agree and share; the own tunnel hides this computer until it is paused for a moment."""
        page = self._page("sharing", SharingPage)
        self.until(lambda: page.view is not None and page.view.button == "on")
        page.turn.click()
        assert page.consent.isVisible()
        page.yes.click()
        self.until(lambda: page.title.text() == "You are sharing")
        self.until(lambda: "Your own tunnel hides" in page.reach.note.text())
        assert page.reach.figure.text() == "Not listed"
        self.app.context.actions.pause(5)
        self.until_home_says("Paused")
        self.until(lambda: page.reach.figure.text() == "Reachable")
        assert page.trouble.isHidden()
        self._page("home", Home)
        self.app.window.home.control.main.click()
        self.until_home_says("Connected")

    def sees_vesting(self, more_than: int) -> int:
        """Wait until the wallet shows more, and no other figure than the server's."""
        page = self._page("wallet", WalletPage)

        def shows_more() -> bool:
            ticks = Purse.of(self.daemon).vesting
            return ticks > more_than and page.vesting.figure.text() == figures.whole_credit(ticks)

        self.until(shows_more)
        return Purse.of(self.daemon).vesting

    def stops_sharing(self) -> None:
        page = self._page("sharing", SharingPage)
        page.turn.click()
        self.until(lambda: page.title.text() == "You are not sharing")
        assert page.reach.figure.text() == "\u2013"

    def disconnects(self) -> None:
        self._page("home", Home)
        self.app.window.home.control.main.click()
        self.until_home_says("Disconnected")

    def _page(self, name: str, kind: type[Page]) -> Page:
        self.app.window.choose(name)
        page = self.app.window.page(name)
        assert isinstance(page, kind)
        return page


def is_let_in(guest: Daemon) -> bool:
    """Connect ``guest`` to the person's node; one whose owner has just resumed is away a moment."""
    try:
        connect(guest, _COUNTRY)
    except CommandError:
        time.sleep(_AGAIN_S)
        return False
    return True


@pytest.fixture
def person(
    rig: Rig, town: Town, browser: Browser, tmp_path: Path, qtbot: QtBot
) -> Iterator[Person]:
    with led(rig.world):
        daemon = town.start(rig)
        with opened(daemon.socket_path, tmp_path) as app:
            yield Person(app=app, daemon=daemon, browser=browser, qtbot=qtbot)


def test_person_registers_connects_switches_shares_earns_and_disconnects(
    rig: Rig, town: Town, person: Person
) -> None:
    person.until_home_says("Disconnected")
    person.registers()
    person.connects_by_searching("france", "node2", "France")
    person.goes_to("node1", "Germany")
    person.says_where_this_computer_is()
    person.shares()

    guest = town.nodes[_GUEST]
    wait_until(lambda: is_let_in(guest))
    try:
        seen_as = rig.world.run(_GUEST, ["python3", "-c", _SEEN_AS]).checked()
        assert seen_as.strip() == OUTER4
        earned = 0
        with iperf(rig.world, str(PLACES.page)):
            for _ in range(_RUNS):
                argv = ["iperf3", "-c", str(PLACES.page), "-R", "-n", f"{_MEBIBYTES}M"]
                rig.world.run(_GUEST, argv, timeout_s=60.0).checked()
                earned = person.sees_vesting(earned)
    finally:
        guest.disconnect()
    person.sees_vesting(_EARNED_TICKS)
    # Nothing of it went through the own tunnel, which stands as it did.
    assert person.browser.exit_address() == address_of("node1")
    person.stops_sharing()
    person.disconnects()
