"""Decides when a change is told: once it stands, while the window does not show it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PyQt6.QtCore import QObject, QSettings, QTimer, pyqtSignal

from worldvpn_app.gui.link import Link
from worldvpn_app.gui.own_settings import IS_PRIVATE, NOTIFIES
from worldvpn_app.gui.present.news import News, news, service_away
from worldvpn_app.gui.present.view import HomeView


class Herald(QObject):
    """Watches the views of the window; emits what is to be told."""

    #: A News.
    told = pyqtSignal(object)

    def __init__(
        self,
        link: Link,
        settings: QSettings,
        now: Callable[[], datetime],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._link, self._settings, self._now = link, settings, now
        #: Says whether the owner sees the window.
        self.is_seen: Callable[[], bool] = lambda: False
        #: What stood last; None: nothing was known yet.
        self._stood: tuple[str, ...] | None = None
        self._coming: News | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._settled)

    @property
    def is_private(self) -> bool:
        """Whether nothing that is told may name a place."""
        return bool(self._settings.value(IS_PRIVATE, defaultValue=False, type=bool))

    def show_view(self, view: HomeView | None) -> None:
        """Take note of the newest view; None: the service does not answer."""
        new = self._news(view)
        if self._stood is None and (new is None or view is None):
            return  # nothing was known, nor is it now
        if new is None or new.about == self._stood:
            self._forget()
        elif self._stood is None and not new.is_urgent:
            self._stood = new.about  # how it was found is no change
        elif self._coming is None or new.about != self._coming.about:
            self._coming = new
            self._timer.start(new.wait_ms)

    def tell(self, new: News) -> None:
        """Tell what is no state of the tunnel, by the same rules."""
        if self._may_tell(new):
            self.told.emit(new)

    def _settled(self) -> None:
        new, self._coming = self._coming, None
        if new is not None:
            self._stood = new.about
            self.tell(new)

    def _forget(self) -> None:
        self._timer.stop()
        self._coming = None

    def _news(self, view: HomeView | None) -> News | None:
        snapshot = self._link.snapshot
        if view is None or snapshot is None:
            return service_away()
        return news(snapshot, view, self._now(), is_private=self.is_private)

    def _may_tell(self, new: News) -> bool:
        is_on = bool(self._settings.value(NOTIFIES, defaultValue=True, type=bool))
        return is_on and (new.is_urgent or not self.is_seen())
