"""What became of tunnel, sharing and server while this app runs: seen in the snapshots."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PyQt6.QtCore import QCoreApplication, QObject, pyqtSignal

from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_app.gui.link import Link, LinkState
from worldvpn_app.gui.present.diagnostics import Change, changes, kept


class Journal(QObject):
    """Keeps the last changes, oldest first."""

    changed = pyqtSignal()

    def __init__(
        self, link: Link, now: Callable[[], datetime], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._link, self._now = link, now
        self._last: Snapshot | None = None
        self.entries: tuple[Change, ...] = ()
        link.snapshot_changed.connect(self._seen)
        link.state_changed.connect(self._turned)

    def _seen(self) -> None:
        snapshot = self._link.snapshot
        if snapshot is None:
            return
        new = changes(self._last, snapshot, self._now())
        self._last = snapshot
        self._add(new)

    def _turned(self) -> None:
        if self._last is not None and self._link.state is LinkState.ABSENT:
            words = QCoreApplication.translate(
                "diagnostics", "The service went away; the app is looking for it"
            )
            self._last = None
            self._add((Change(at=self._now(), subject="app", words=words, is_trouble=True),))

    def _add(self, new: tuple[Change, ...]) -> None:
        if new:
            self.entries = kept(self.entries, new)
            self.changed.emit()
