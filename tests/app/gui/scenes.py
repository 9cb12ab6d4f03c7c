"""Every page in every state that it can be looked at in, for tests that look at all of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Final, cast

import attrs
from PyQt6.QtWidgets import QApplication, QWidget

from worldvpn_app.cli.snapshot import Sharing, Snapshot
from worldvpn_app.gui.account import AccountPage
from worldvpn_app.gui.diagnostics import DiagnosticsPage
from worldvpn_app.gui.link import LinkState, Refusal
from worldvpn_app.gui.map.page import MapPage
from worldvpn_app.gui.map.panel import FAVOURITES, LISTS
from worldvpn_app.gui.password import Password
from worldvpn_app.gui.plugged import Offered, Plugged
from worldvpn_app.gui.pluginpage import PluginEntry
from worldvpn_app.gui.present.news import credit_left, server_away
from worldvpn_app.gui.present.signin import Mode
from worldvpn_app.gui.present.view import Button, Do
from worldvpn_app.gui.screens.replay import now
from worldvpn_app.gui.screens.shoot import Shot, shots, window_for
from worldvpn_app.gui.settings import SettingsPage
from worldvpn_app.gui.sharing import SharingPage
from worldvpn_app.gui.tokens import Theme
from worldvpn_app.gui.window import Window
from worldvpn_core.reach.standing import Standing, Trouble, Way, told
from worldvpn_core.share.listed import REASONS

Act = Callable[[Window], None]
#: What a file of settings begins with.
FILE: Final = {"kind": "worldvpn-settings", "version": 1}


@attrs.frozen(kw_only=True)
class Scene:
    """A window, and what is done in it."""

    name: str
    shot: Shot
    act: Act = lambda _window: None

    def window(self, theme: Theme, size: tuple[int, int]) -> Window:
        """Return its window, shown; whoever asks closes it."""
        made = window_for(theme, self.shot)
        made.resize(*size)
        made.show()
        settle()
        self.act(made)
        settle()
        return made


def settle() -> None:
    """Let layouts come to rest."""
    for _ in range(4):
        QApplication.processEvents()


def scenes() -> Iterator[Scene]:
    """Yield the kept pictures' scenes, and those that nothing kept shows."""
    for shot in shots():
        yield Scene(name=shot.name, shot=shot)
    for state in LinkState:
        if state is not LinkState.CONNECTED:
            yield _scene(f"trouble-{state.name.lower()}", "home", "connected", _trouble(state))
    yield _scene("refused", "home", "disconnected", _refused)
    yield _scene("register", "account", "signed-out", _mode(Mode.REGISTER))
    yield _scene("recover", "account", "signed-out", _mode(Mode.RECOVER))
    yield _scene("recovery-code", "account", "signed-out", _code)
    yield _scene("consent", "sharing", "disconnected", _consent)
    yield _scene("not-sharing", "sharing", "disconnected", lambda _window: None)
    yield _scene("shut-way-in", "sharing", "connected", _shut)
    yield _scene("callout", "map", "connected", _callout)
    yield _scene("list", "map", "connected", _list)
    yield _scene("no-node", "map", "connected", _no_node)
    yield _scene("why", "diagnostics", "connected", _why)
    yield _scene("danger", "settings", "connected", _danger)
    yield _scene("no-setting", "settings", "connected", _no_setting)
    yield _scene("favourites", "map", "connected", _tab(FAVOURITES))
    yield _scene("no-list", "map", "connected", _tab(LISTS))
    yield _scene("send-away", "sharing", "connected", _send_away)
    yield _scene("password", "account", "connected", _password)
    yield _scene("settings-file", "settings", "connected", _settings_file)
    yield _scene("broken-plugin", "home", "connected", _broken)
    yield _scene("many-pages", "home", "connected", many_pages)
    yield _scene("low-credit", "home", "connected", _low_credit)
    yield _scene("server-away", "home", "connected", _server_away)


def _scene(name: str, page: str, state: str, act: Act) -> Scene:
    return Scene(name=name, shot=Shot(name=name, page=page, state=state), act=act)


def _trouble(state: LinkState) -> Act:
    def act(window: Window) -> None:
        link = window._link
        link.state = state
        link.state_changed.emit()

    return act


def _refused(window: Window) -> None:
    window.home.control.refused(Refusal(code="out-of-credit", message="no credit is left"))


def _mode(mode: Mode) -> Act:
    def act(window: Window) -> None:
        page = window.page("account")
        assert isinstance(page, AccountPage)
        page.form.set_mode(mode)
        page.form.name.edit.setText("a!")
        page.form.password.edit.setText("abc")

    return act


def _code(window: Window) -> None:
    page = window.page("account")
    assert isinstance(page, AccountPage)
    page.form.code_made.emit("7KQD-2M4X-PV9R-TTGW")


def _consent(window: Window) -> None:
    page = window.page("sharing")
    assert isinstance(page, SharingPage)
    page.consent.show()


def _shut(window: Window) -> None:
    link = window._link
    snapshot = link.snapshot
    assert snapshot is not None
    known = told(Standing(way=Way.CLOSED, trouble=Trouble.NOT_ASKED), "", 51_820, None)
    server = {"listed": False, "reason": REASONS["no-answer"], "guests": 0}
    shared = {**snapshot["sharing"], "reach": known, "server": server}
    link.snapshot = {**snapshot, "sharing": cast("Sharing", shared)}
    link.snapshot_changed.emit()


def _callout(window: Window) -> None:
    page = window.page("map")
    assert isinstance(page, MapPage)
    page.select(page.map.view.spots[0].node)


def _list(window: Window) -> None:
    page = window.page("map")
    assert isinstance(page, MapPage)
    page.drawer.open()


def _no_node(window: Window) -> None:
    page = window.page("map")
    assert isinstance(page, MapPage)
    page.panel.finder.setText("atlantis")
    page.panel.searched.emit()


def _why(window: Window) -> None:
    page = window.page("diagnostics")
    assert isinstance(page, DiagnosticsPage)
    page.why.ask.setText("example.org")
    page.why.press()


def _danger(window: Window) -> None:
    page = window.page("settings")
    assert isinstance(page, SettingsPage)
    section = page.shown[0]
    page.change(section.settings[0], False)


def _tab(name: str) -> Act:
    def act(window: Window) -> None:
        page = window.page("map")
        assert isinstance(page, MapPage)
        page.drawer.open()
        page.panel.tabs[name].click()

    return act


def _send_away(window: Window) -> None:
    page = window.page("sharing")
    assert isinstance(page, SharingPage)
    page.rows._ask(next(each.alias for each in page.rows._rows or () if each.alias))


def _password(window: Window) -> None:
    page = window.page("account")
    card = page.findChild(Password)
    assert card is not None
    card.open.click()
    card.new.edit.setText("abc")


def _settings_file(window: Window) -> None:
    page = window.page("settings")
    assert isinstance(page, SettingsPage)
    setting = page.shown[0].settings[0]
    text = json.dumps({**FILE, "settings": {setting.name: not setting.value, "tachyons": 1}})
    page.keeping._read(text, page._answer)


def _broken(window: Window) -> None:
    plugged = Plugged()
    offered = Offered(plugin="sample", name="sample/page", title="sample", icon="", build=_fail)
    window.add(PluginEntry(offered, plugged))
    window.choose("sample/page")


def many_pages(window: Window) -> None:
    """Add as many pages of plugins as no rail has room for."""
    plugged = Plugged()
    for number in range(14):
        name = f"sample/{number}"
        title = f"sample {number}"
        offered = Offered(plugin="sample", name=name, title=title, icon="", build=QWidget)
        window.add(PluginEntry(offered, plugged))


def _fail() -> QWidget:
    raise ValueError("sample")


def _low_credit(window: Window) -> None:
    window.notices.offer_of = lambda _note: Button(text=credit_left(5), do=Do.SHARE)
    _note(window, f"{credit_left(5)}.")


def _server_away(window: Window) -> None:
    _note(window, server_away(as_away(window), now()))


def _note(window: Window, note: str) -> None:
    window.notes = lambda: (note,)
    window.show_notes()


def as_away(window: Window) -> Snapshot:
    """Return what ``window`` shows, with a server that does not answer."""
    snapshot = window._link.snapshot
    assert snapshot is not None
    account = snapshot["account"]
    assert account is not None
    return {**snapshot, "account": {**account, "reach": "offline"}}


def _no_setting(window: Window) -> None:
    page = window.page("settings")
    assert isinstance(page, SettingsPage)
    page.finder.setText("atlantis")
