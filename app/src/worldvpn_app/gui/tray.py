"""The tray icon: the state by shape and colour, and what is asked most often."""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import QCoreApplication, QObject, pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMenu, QSystemTrayIcon

from worldvpn_app.gui.actions import Actions
from worldvpn_app.gui.link import Link
from worldvpn_app.gui.lists import OwnLists
from worldvpn_app.gui.present import figures
from worldvpn_app.gui.present.places import picks
from worldvpn_app.gui.present.tray import TrayView, stays, tray_view
from worldvpn_app.gui.present.view import Do, HomeView, Mark
from worldvpn_app.gui.store import Store
from worldvpn_app.gui.tokens import Tone
from worldvpn_app.gui.tray_marks import icon, panel_colours

translate = QCoreApplication.translate
_PAUSES_MIN: Final = (5, 15, 60)
#: What is done on a page.
_ON_A_PAGE: Final = frozenset({Do.SIGN_IN, Do.SHARE, Do.MAP})


class Tray(QObject):
    """Shows the newest view in the tray; its menu says what is so and offers what fits."""

    raised = pyqtSignal()
    quitted = pyqtSignal()

    def __init__(
        self,
        link: Link,
        store: Store,
        actions: Actions,
        lists: OwnLists,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._link, self._store, self._actions, self._lists = link, store, actions, lists
        self._home: HomeView | None = None
        lists.changed.connect(lambda: self.show_view(self._home))
        self._shown: tuple[Mark, Tone, bool] | None = None
        self._view: TrayView | None = None
        self._menu = QMenu()
        self._icon = QSystemTrayIcon(self)
        self._icon.activated.connect(self._activated)
        self.state = _entry(self._menu)
        self.state.setEnabled(False)
        self.open = _entry(self._menu)
        self.open.triggered.connect(self.raised)
        self._menu.addSeparator()
        self.main = _entry(self._menu)
        self.main.triggered.connect(self._press)
        self.disconnect_ = _entry(self._menu)
        self.disconnect_.triggered.connect(lambda: self._do(Do.DISCONNECT))
        self.picks = QMenu(self._menu)
        self._menu.addMenu(self.picks)
        self.pauses = QMenu(self._menu)
        self._menu.addMenu(self.pauses)
        for minutes in _PAUSES_MIN:
            _entry(self.pauses).triggered.connect(lambda _on, n=minutes: actions.pause(n))
        self._menu.addSeparator()
        self.sharing = _entry(self._menu)
        self.sharing.setCheckable(True)
        self.sharing.triggered.connect(self._share)
        self._menu.addSeparator()
        self.quit = _entry(self._menu)
        self.quit.triggered.connect(self.quitted)
        self._icon.setContextMenu(self._menu)
        self.say()

    def say(self) -> None:
        """Name what is always offered, in the language in use; the rest at the next view."""
        self._view = None
        self.open.setText(translate("tray", "Open WorldVPN"))
        self.sharing.setText(translate("tray", "Share this connection"))
        words = translate("tray", "{n}\u00a0minutes")
        for minutes, entry in zip(_PAUSES_MIN, self.pauses.actions(), strict=True):
            entry.setText(words.format(n=figures.whole(minutes)))

    def show_view(self, view: HomeView | None) -> None:
        """Show ``view``, or that nothing is known."""
        self._home = view
        store = self._store
        ways = picks(
            store.nodes,
            store.profiles,
            store.last_used,
            lists=self._lists.all(),
            is_signed_in=store.is_signed_in,
        )
        new = tray_view(self._link.snapshot, view, ways)
        look = (new.mark, new.tone, bool(new.is_sharing))
        if look != self._shown:
            self._shown = look
            mark, tone, is_sharing = look
            self._icon.setIcon(icon(mark, tone, panel_colours(), is_sharing=is_sharing))
            self._icon.show()
        if new == self._view:
            return
        old, self._view = self._view, new
        self._icon.setToolTip(f"WorldVPN: {new.words}")
        self.state.setText(_plain(new.words))
        _offer(self.main, new.main.text if new.main else "")
        _offer(self.disconnect_, new.disconnect)
        if old is None or (old.picks, old.picks_title) != (new.picks, new.picks_title):
            self._fill(new)
        _offer_menu(self.pauses, new.pause)
        self.sharing.setVisible(new.is_sharing is not None)
        self.sharing.setChecked(bool(new.is_sharing))
        self.quit.setText(stays(view))

    def hide(self) -> None:
        """Take the icon away."""
        self._icon.hide()

    def _fill(self, view: TrayView) -> None:
        self.picks.clear()
        for pick in view.picks:
            text = _plain(f"{pick.title}: {pick.words}")
            self.picks.addAction(text, lambda target=pick.target: self._actions.connect_to(target))
        _offer_menu(self.picks, view.picks_title if view.picks else "")

    def _press(self) -> None:
        if self._view is not None and self._view.main is not None:
            self._do(self._view.main.do)

    def _do(self, do: Do) -> None:
        self._actions.do(do)
        if do in _ON_A_PAGE:
            self.raised.emit()

    def _share(self, is_wanted: bool) -> None:  # noqa: FBT001 - Qt's signal
        # It is ticked once the service says so.
        self.sharing.setChecked(not is_wanted)
        if is_wanted and self._view is not None and self._view.needs_consent:
            self._do(Do.SHARE)
        else:
            self._actions.share(is_on=is_wanted)

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason is QSystemTrayIcon.ActivationReason.Trigger:
            self.raised.emit()


def _entry(menu: QMenu) -> QAction:
    made = QAction(menu)
    menu.addAction(made)
    return made


def _offer(entry: QAction, text: str) -> None:
    entry.setVisible(bool(text))
    entry.setText(_plain(text))


def _offer_menu(menu: QMenu, text: str) -> None:
    menu.setTitle(text)
    entry = menu.menuAction()
    if entry is not None:
        entry.setVisible(bool(text))


def _plain(text: str) -> str:
    """Return ``text`` so that no letter of it is taken for a key."""
    return text.replace("&", "&&")
