"""The statement of credit, asked for page by page until all that is shown is there."""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import QObject, pyqtSignal

from worldvpn_app.gui.link import Link, Result
from worldvpn_app.gui.present.wallet import Entry, entries_of
from worldvpn_app.gui.store import looked

_A_PAGE: Final = 200
#: Enough for the chart of three months of anybody; the export takes no more either.
_MOST_ENTRIES: Final = 5_000


class Statement(QObject):
    """Every entry that was found the last time, newest first."""

    changed = pyqtSignal()
    #: A Refusal.
    refused = pyqtSignal(object)

    def __init__(self, link: Link, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self.entries: list[Entry] = []
        self._asked = 0

    def refresh(self) -> None:
        """Ask for all of it; what an older question still brings is left alone."""
        self._asked += 1
        self._ask(self._asked, [], None)

    def _ask(self, question: int, found: list[Entry], before: str | None) -> None:
        def page(result: Result) -> None:
            if question == self._asked:
                self._page(question, found, result)

        params: dict[str, object] = {"limit": _A_PAGE}
        if before is not None:
            params["before"] = before
        self._link.call("wallet.history", params, done=page, refused=self.refused.emit)

    def _page(self, question: int, found: list[Entry], result: Result) -> None:
        answer = looked(result)
        rows = answer.get("entries")
        found += entries_of(rows)
        older = answer.get("next")
        if rows and isinstance(older, str) and len(found) < _MOST_ENTRIES:
            self._ask(question, found, older)
            return
        self.entries = found
        self.changed.emit()
