"""The wallet: what there is, what came in and went out day by day, and every line of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Final, cast

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QFileDialog, QFrame, QGridLayout, QVBoxLayout, QWidget

from worldvpn_app.cli.snapshot import Balance
from worldvpn_app.gui.balance import BalanceCard
from worldvpn_app.gui.history import History
from worldvpn_app.gui.link import Refusal, Result
from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.present import figures
from worldvpn_app.gui.present.advice import advice, not_written
from worldvpn_app.gui.present.view import Button
from worldvpn_app.gui.present.wallet import (
    Entry,
    as_csv,
    balance,
    by_day,
    earned,
    spent,
)
from worldvpn_app.gui.statement import Statement
from worldvpn_app.gui.store import looked
from worldvpn_app.gui.tokens import SPACE
from worldvpn_app.gui.widgets.bars import DayBars
from worldvpn_app.gui.widgets.cards import Tile, card, page, row
from worldvpn_app.gui.widgets.controls import Segmented, button
from worldvpn_app.gui.widgets.text import label, spread

translate = QCoreApplication.translate
_DAYS: Final = (7, 30, 90)
_MONTH: Final = 30


class WalletPage(QWidget):
    """Asks for balance and history when it is shown, and when the balance changes."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("page")
        self._context = context
        self.statement = Statement(context.link, self)
        self.statement.changed.connect(self._show)
        self.statement.refused.connect(self._refused)
        self._known: Balance | None = None
        self._days = _MONTH
        self._offer: Button | None = None
        colours = context.colours
        self.balance = BalanceCard(colours)
        self.vesting = Tile("hourglass", translate("wallet", "Vesting"), colours)
        self.held = Tile("refresh-cw", translate("wallet", "Held"), colours)
        self.earned = Tile("arrow-down-left", translate("wallet", "Earned, 30 days"), colours)
        self.spent = Tile("arrow-up-right", translate("wallet", "Spent, 30 days"), colours)
        self.bars = DayBars(colours)
        self.history = History(context)
        self.answer = label("second", wraps=True)
        self.offer = button("", look="accent")
        self.offer.clicked.connect(self._take_offer)
        self.export = button(translate("wallet", "Export CSV"), icon="download", colours=colours)
        self.export.clicked.connect(self._export)
        self._body = QWidget()
        self._lay_out()
        context.link.snapshot_changed.connect(self._seen)

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Ask for the balance and the statement."""
        self._context.link.call("wallet.balance", done=self._take, refused=self._refused)
        self.statement.refresh()

    @property
    def _entries(self) -> list[Entry]:
        return self.statement.entries

    def _take(self, result: Result) -> None:
        self._known = cast("Balance", looked(result))
        self._show()

    def _seen(self) -> None:
        snapshot = self._context.link.snapshot
        account = snapshot.get("account") if snapshot else None
        fresh = account["balance"] if account else None
        if fresh is not None and fresh != self._known and self.isVisible():
            self._known = fresh
            self.refresh()

    def _show(self) -> None:
        self._body.show()
        self.export.setEnabled(bool(self._entries))
        self.answer.hide()
        self.offer.hide()
        now = self._context.now()
        if self._known is not None:
            view = balance(self._known)
            self.balance.show_view(view)
            self.vesting.show_figure(view.vesting, translate("wallet", "Yours once confirmed"))
            self.held.show_figure(view.held, translate("wallet", "For sessions that are open"))
        since = now - timedelta(days=_MONTH)
        self.earned.show_figure(
            figures.whole_credit(earned(self._entries, since), signed=True),
            translate("wallet", "By sharing, vesting or not"),
        )
        self.spent.show_figure(
            figures.whole_credit(spent(self._entries, since), signed=True),
            translate("wallet", "Through other people's nodes"),
        )
        self.bars.show_days(by_day(self._entries, now, self._days))
        self.history.show_entries(self._entries)

    def _refused(self, refusal: Refusal) -> None:
        told = advice(refusal.code, refusal.message)
        self._offer = told.button
        self.answer.setText(f"{told.sentence} {told.then}".strip())
        self.answer.show()
        self.offer.setVisible(told.button is not None)
        self.offer.setText(told.button.text if told.button else "")
        self._body.setVisible(self._known is not None)
        self.export.setEnabled(bool(self._entries))

    def _take_offer(self) -> None:
        if self._offer is not None:
            self._context.actions.do(self._offer.do)

    def _export(self) -> None:
        title = translate("wallet", "Save the statement")
        path, _kind = QFileDialog.getSaveFileName(self, title, "worldvpn-credits.csv")
        if path:
            self.save_to(Path(path))

    def save_to(self, path: Path) -> None:
        """Write the statement to ``path``."""
        try:
            path.write_text(as_csv(self._entries), encoding="utf-8")
        except OSError as error:
            self.answer.setText(not_written(path, error))
            self.answer.show()

    def _choose_days(self, key: str) -> None:
        self._days = int(key)
        self.bars.show_days(by_day(self._entries, self._context.now(), self._days))

    def _lay_out(self) -> None:
        told = translate("wallet", "1\u00a0MiB used costs 1 credit")
        cost = spread(label("small", told))
        outer, column = page(translate("wallet", "Wallet"), 16, cost, self.export)
        column.addWidget(self.answer)
        column.addLayout(row(self.offer, None))
        inside = QVBoxLayout(self._body)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(SPACE.between_cards_px)
        grid = QGridLayout()
        grid.setSpacing(SPACE.between_cards_px)
        grid.addWidget(self.balance, 0, 0, 2, 1)
        for place, tile in enumerate((self.vesting, self.held, self.earned, self.spent)):
            grid.addWidget(tile, place // 2, 1 + place % 2)
        grid.setColumnStretch(0, 6)
        grid.setColumnStretch(1, 5)
        grid.setColumnStretch(2, 5)
        inside.addLayout(grid)
        inside.addWidget(self._chart())
        inside.addWidget(self.history)
        column.addWidget(self._body)
        column.addStretch(1)
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(outer)
        self._body.hide()
        self.offer.hide()

    def _chart(self) -> QFrame:
        frame, column = card(spacing_px=4)
        keys = [(str(n), translate("wallet", "{n} days").format(n=n)) for n in _DAYS]
        days = Segmented(keys, translate("wallet", "How far back"))
        days.select(str(self._days))
        days.chosen.connect(self._choose_days)
        head = label("head", translate("wallet", "Earned and spent"))
        filled = spread(label("small", translate("wallet", "earned up, spent down")))
        column.addLayout(row(head, filled, days))
        column.addWidget(self.bars)
        return frame
