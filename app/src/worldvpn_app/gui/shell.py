"""What is around the window: tray, notifications, warnings, and what closing means."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from PyQt6.QtCore import QCoreApplication, QObject, QSettings, QTimer, pyqtSignal
from PyQt6.QtDBus import QDBusConnection

from worldvpn_app.gui.actions import Actions
from worldvpn_app.gui.credit import CreditWatch
from worldvpn_app.gui.herald import Herald
from worldvpn_app.gui.link import Link, Refusal
from worldvpn_app.gui.lists import OwnLists
from worldvpn_app.gui.notify import Notifier
from worldvpn_app.gui.own_settings import CLOSING, EXPLAINED, MINIMISING
from worldvpn_app.gui.present.advice import advice
from worldvpn_app.gui.present.facts import is_out_of_credit
from worldvpn_app.gui.present.news import News, Offer, server_away
from worldvpn_app.gui.present.view import HomeView
from worldvpn_app.gui.store import Store
from worldvpn_app.gui.tray import Tray
from worldvpn_app.gui.tray_host import TrayHost
from worldvpn_app.gui.window import Window

translate = QCoreApplication.translate
#: A panel that starts again is back by then; one that comes at login is there.
_PATIENCE_MS: Final = 20_000
#: What the news about the tray itself is about.
_IN_TRAY: Final = ("tray",)


class Shell(QObject):
    """Goes with one window after the other, as themes change."""

    #: The app is to end with its window.
    ended = pyqtSignal()
    #: The app is to end, once its owner knows what stays.
    quit_asked = pyqtSignal()

    def __init__(  # noqa: PLR0913 - what an app is made of
        self,
        link: Link,
        store: Store,
        actions: Actions,
        settings: QSettings,
        lists: OwnLists,
        *,
        bus: QDBusConnection,
        now: Callable[[], datetime],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._link, self._store, self._actions = link, store, actions
        self._settings, self._lists = settings, lists
        self._window: Window | None = None
        self._view: HomeView | None = None
        self._is_out = False
        self._now = now
        #: When the central server was there last.
        self._served_at: datetime | None = None
        self._is_warned_of_no_tray = False
        self.tray: Tray | None = None
        self.host = TrayHost(bus, self)
        self.host.changed.connect(self._host_changed)
        self.notifier = Notifier(bus, self)
        self.notifier.taken.connect(self._taken)
        self.notifier.shown.connect(self._shown)
        self.herald = Herald(link, settings, now, self)
        self.herald.is_seen = self._is_seen
        self.herald.told.connect(self.notifier.tell)
        self.credit = CreditWatch(link, settings, self)
        self.credit.told.connect(self.herald.tell)
        link.snapshot_changed.connect(self._seen)
        actions.refused.connect(self._refused)
        self.waiting = QTimer(self)
        self.waiting.setSingleShot(True)
        self.waiting.setInterval(_PATIENCE_MS)
        self.waiting.timeout.connect(self._give_up_on_tray)
        self.host.ask()

    def dress(self, window: Window) -> None:
        """Go with ``window`` from now on."""
        self._window = window
        if self.tray is not None:
            self.tray.say()  # the language may be another
        window.notes = self._notes
        window.notices.offer_of = self.credit.offer_of
        window.notices.taken.connect(self._actions.do)
        window.stays_open = True
        window.has_tray = self.tray is not None and bool(self.host.is_there)
        window.view_changed.connect(self._show_view)
        window.closing.connect(self._closing)
        window.minimised.connect(self._minimised)

    def start_hidden(self) -> None:
        """Wait for the tray with the window closed; without one the window comes up."""
        self.waiting.start()

    def _seen(self) -> None:
        account = self._link.snapshot.get("account") if self._link.snapshot else None
        if account is not None and account["reach"] == "online":
            self._served_at = self._now()

    def _show_view(self, view: HomeView | None) -> None:
        was_out, self._is_out = self._is_out, self._is_out_of_credit(view)
        if self._is_out and not was_out and self._window is not None:
            # The page that says what can be done about it.
            self._window.choose("home")
        self._view = view
        self.herald.show_view(view)
        if self.tray is not None:
            self.tray.show_view(view)

    def _is_out_of_credit(self, view: HomeView | None) -> bool:
        snapshot = self._link.snapshot
        return view is not None and snapshot is not None and is_out_of_credit(snapshot)

    def _host_changed(self) -> None:
        is_there = bool(self.host.is_there)
        if is_there and self.tray is None:
            tray = self.tray = Tray(self._link, self._store, self._actions, self._lists, self)
            tray.raised.connect(self._come_up)
            tray.quitted.connect(self.quit_asked)
            tray.show_view(self._view)
        if self._window is not None:
            self._window.has_tray = is_there
            self._window.show_notes()
            if not is_there and self._window.isHidden():
                self.waiting.start()

    def _give_up_on_tray(self) -> None:
        if not self.host.is_there and self._window is not None and self._window.isHidden():
            self._come_up()

    def _closing(self) -> None:
        """Act on the window having been closed, or wanting to be where there is no tray."""
        window = self._window
        if window is None:
            return
        if self._settings.value(CLOSING, "tray") == "quit":
            self.ended.emit()
        elif window.has_tray:
            window.hide()
            self._explain()
        elif self._is_warned_of_no_tray:
            self.ended.emit()
        else:
            self._is_warned_of_no_tray = True
            window.show_notes()

    def _minimised(self) -> None:
        window = self._window
        goes = self._settings.value(MINIMISING, defaultValue=True, type=bool)
        if window is not None and window.has_tray and goes:
            window.hide()
            self._explain()

    def _explain(self) -> None:
        if self._settings.value(EXPLAINED, defaultValue=False, type=bool):
            return
        text = translate("tray", "Your tunnel stays as it is. Settings say what closing does.")
        self.notifier.tell(
            News(
                about=_IN_TRAY,
                title=translate("tray", "WorldVPN is in the tray"),
                text=text,
                offers=(Offer(key="open", text=translate("news", "Open")),),
            )
        )

    def _shown(self, news: News) -> None:
        if news.about == _IN_TRAY:
            self._settings.setValue(EXPLAINED, True)

    def _notes(self) -> tuple[str, ...]:
        snapshot = self._link.snapshot
        away = server_away(snapshot, self._served_at) if snapshot else ""
        notes = (*((away,) if away else ()), *self.credit.notes())
        if not self._is_warned_of_no_tray or self.host.is_there:
            return notes
        stays = translate(
            "tray",
            "There is no tray here, so the window stays. Close it again to quit the app;"
            " your tunnel stays as it is.",
        )
        return (stays, *notes)

    def _refused(self, refusal: Refusal) -> None:
        """Say outside the window what was asked outside it and is not done."""
        told = advice(refusal.code, refusal.message)
        offers = [Offer(key="open", text=translate("news", "Open"))]
        if told.button is not None:
            offers.insert(0, Offer(key="do", text=told.button.text, do=told.button.do))
        title = translate("news", "That was not done")
        # What the service says may name a place.
        why = translate("news", "Open the window to see why.")
        text = why if self.herald.is_private else f"{told.sentence} {told.then}".strip()
        about = ("refused", refusal.code)
        self.herald.tell(News(about=about, title=title, text=text, offers=tuple(offers)))

    def _taken(self, offer: Offer) -> None:
        if offer.do is not None:
            self._actions.do(offer.do)
        if offer.do is None or offer.key in {"do", "share"}:
            self._come_up()

    def _come_up(self) -> None:
        if self._window is not None:
            self._window.come_up()

    def _is_seen(self) -> bool:
        window = self._window
        return window is not None and window.isVisible() and window.isActiveWindow()
