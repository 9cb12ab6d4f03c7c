"""Watches the credit and warns of its end, in the window and outside it."""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import QCoreApplication, QObject, QSettings, pyqtSignal

from worldvpn_app.gui.link import Link
from worldvpn_app.gui.present.credit import Mark, warned
from worldvpn_app.gui.present.news import credit_left, credit_low
from worldvpn_app.gui.present.view import Button, Do

translate = QCoreApplication.translate
_WHOSE: Final = "credit/whose"
_MOST: Final = "credit/most"
_TOLD: Final = "credit/told"
_ALL: Final = 100


class CreditWatch(QObject):
    """Keeps what was warned of, so that a new start does not warn again."""

    #: A News.
    told = pyqtSignal(object)

    def __init__(self, link: Link, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link, self._settings = link, settings
        self._mark = Mark(
            username=str(settings.value(_WHOSE, "")),
            most=int(settings.value(_MOST, defaultValue=0, type=int)),
            told=int(settings.value(_TOLD, defaultValue=_ALL, type=int)),
        )
        link.snapshot_changed.connect(self._seen)

    def notes(self) -> tuple[str, ...]:
        """Return the sentence for the window while credit is low."""
        if self._mark.told == _ALL or not self._is_known():
            return ()
        left = credit_left(self._mark.told)
        return (f"{left}.",)

    def offer_of(self, note: str) -> Button | None:
        """Return what can be done about ``note``, where it is one of these."""
        if note not in self.notes():
            return None
        return Button(text=translate("news", "Share to earn"), do=Do.SHARE)

    def _is_known(self) -> bool:
        account = self._link.snapshot.get("account") if self._link.snapshot else None
        return bool(account and account["signed_in"] and account["balance"])

    def _seen(self) -> None:
        account = self._link.snapshot.get("account") if self._link.snapshot else None
        if account is None or not account["signed_in"] or account["balance"] is None:
            return
        left = account["balance"]["credits"]
        mark, threshold = warned(self._mark, account["username"] or "", left)
        if mark != self._mark:
            self._mark = mark
            for key, value in ((_WHOSE, mark.username), (_MOST, mark.most), (_TOLD, mark.told)):
                self._settings.setValue(key, value)
        if threshold is not None:
            self.told.emit(credit_low(threshold))
