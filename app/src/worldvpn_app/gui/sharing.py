"""Sharing: whether others use this connection, whether they can reach it, and who is invited."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Final

from PyQt6.QtCore import QCoreApplication, Qt
from PyQt6.QtGui import QResizeEvent, QShowEvent
from PyQt6.QtWidgets import QFrame, QGridLayout, QLabel, QMenu, QVBoxLayout, QWidget

from worldvpn_app.gui.guests import Guests, Limits
from worldvpn_app.gui.invitations import Invitations
from worldvpn_app.gui.link import Refusal, Result
from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.present.advice import advice
from worldvpn_app.gui.present.sharing import SharingView, present
from worldvpn_app.gui.present.view import Do
from worldvpn_app.gui.sent_away import SentAway
from worldvpn_app.gui.statement import Statement
from worldvpn_app.gui.tokens import SHAPE, SPACE
from worldvpn_app.gui.way_in import WayInStrip
from worldvpn_app.gui.widgets.bars import DayBars
from worldvpn_app.gui.widgets.cards import Tile, card, page, row, sign
from worldvpn_app.gui.widgets.controls import button
from worldvpn_app.gui.widgets.day_curve import DayCurve
from worldvpn_app.gui.widgets.text import label, relook
from worldvpn_app.gui.widgets.ways import set_margins

translate = QCoreApplication.translate
_PAUSES_S: Final = (900, 3_600, None)
_LIMITS_PX: Final = 284


class SharingPage(QWidget):
    """Shows a SharingView."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("page")
        self._context = context
        self._settings: Mapping[str, Any] = {}
        self.view: SharingView | None = None
        colours = context.colours
        self.title, self.line = label("head"), label("small", wraps=True)
        self.turn = button("")
        self.turn.clicked.connect(self.press)
        self.pause = button("", icon="pause", colours=colours)
        self.pauses = self._menu()
        self.pause.clicked.connect(self._press_pause)
        self.answer = label("answer", wraps=True)
        self.consent = self._consent()
        self.hint, self._hint = self._hinting()
        self.trouble = WayInStrip(colours, lambda: context.actions.do(Do.SETTINGS))
        self.statement = Statement(context.link, self)
        self.statement.changed.connect(self._show)
        self.guests = Tile("users", translate("sharing", "Guests now"), colours)
        self.today = Tile("coins", translate("sharing", "Earned today"), colours)
        self.month = Tile("history", translate("sharing", "Earned, 30 days"), colours)
        self.rows, self.limits = Guests(context, self.kick), Limits(context)
        self.sent_away = SentAway(self.let_back)
        self.bars = DayBars(colours, has_spent=False)
        self.curve, self.rate = DayCurve(colours), label("strong")
        self.carried = self._carried()
        self.reach = Tile("radio", translate("sharing", "Reachability"), colours)
        self.invitations = Invitations(context)
        self._tiles, self._beside = QGridLayout(), QGridLayout()
        for layout in (self._tiles, self._beside):
            layout.setSpacing(SPACE.between_cards_px)
        self._is_small: bool | None = None
        self._lay_out()
        context.link.snapshot_changed.connect(self._show)

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._context.link.call("settings.get", done=self._set, refused=self._refused)
        self.invitations.refresh()
        self.statement.refresh()
        self._show()

    def press(self) -> None:
        """Switch sharing off, or on: the first time after the owner was asked."""
        view = self.view
        if view is None or not view.button:
            return
        if view.button == "off":
            self.turn.setEnabled(False)
            self._context.link.call("share.off", done=self._done, refused=self._refused)
        elif view.needs_consent:
            self.consent.show()
        else:
            self.agree()

    def agree(self) -> None:
        """Switch sharing on: the owner was asked and agreed."""
        self.consent.hide()
        self.turn.setEnabled(False)
        params: dict[str, object] = {"agree": True}
        if self.view is not None and self.view.consent_version is not None:
            params["version"] = self.view.consent_version
        self._context.link.call("share.on", params, done=self._done, refused=self._refused)

    def kick(self, alias: str) -> None:
        """Send a guest away."""
        self._context.link.call(
            "share.kick", {"alias": alias}, done=self._done, refused=self._refused
        )

    def let_back(self, alias: str) -> None:
        """Let a guest that was sent away come back."""
        self._context.link.call(
            "share.let_back", {"alias": alias}, done=self._done, refused=self._refused
        )

    def pause_for(self, duration_s: int | None) -> None:
        """Let nobody in for a while; None: until it is resumed."""
        self._context.link.call(
            "share.pause", {"duration_s": duration_s}, done=self._done, refused=self._refused
        )

    def _press_pause(self) -> None:
        if self.view is not None and self.view.pause == "resume":
            self._context.link.call("share.resume", done=self._done, refused=self._refused)
        else:
            self.pauses.popup(self.pause.mapToGlobal(self.pause.rect().bottomLeft()))

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        names = (
            translate("sharing", "For 15 min"),
            translate("sharing", "For 1 h"),
            translate("sharing", "Until I resume"),
        )
        for name, duration_s in zip(names, _PAUSES_S, strict=True):
            action = menu.addAction(name)
            if action is not None:
                action.triggered.connect(functools.partial(self._paused, duration_s))
        return menu

    def _paused(self, duration_s: int | None, _checked: bool = False) -> None:  # noqa: FBT001, FBT002 - Qt's
        self.pause_for(duration_s)

    def _done(self, _result: Result) -> None:
        self.answer.hide()
        self.turn.setEnabled(True)
        self.invitations.refresh()

    def _refused(self, refusal: Refusal) -> None:
        self.turn.setEnabled(True)
        told = advice(refusal.code, refusal.message)
        self.answer.setText(f"{told.sentence} {told.then}".strip())
        self.answer.show()

    def _set(self, result: Result) -> None:
        self._settings = result.get("settings") or {}
        self._show()

    def _show(self) -> None:
        snapshot = self._context.link.snapshot
        if snapshot is None:
            return
        view = self.view = present(
            snapshot, self._settings, self.statement.entries, self._context.now()
        )
        self.title.setText(view.title)
        self.line.setText(view.line)
        self.turn.setVisible(bool(view.button))
        stops = view.button == "off"
        self.turn.setText(
            translate("sharing", "Stop sharing") if stops else translate("sharing", "Share")
        )
        relook(self.turn, "" if stops else "accent")
        self.guests.show_figure(view.guests, view.guests_note)
        self.today.show_figure(view.today, translate("sharing", "Including what is still vesting"))
        self.month.show_figure(view.month, view.month_note)
        self.pause.setVisible(bool(view.pause))
        resumes = view.pause == "resume"
        self.pause.setText(
            f" {translate('sharing', 'Resume')}" if resumes else f" {translate('sharing', 'Pause')}"
        )
        self.rows.show_rows(view.rows, view.no_rows)
        self.limits.show_limits(view.limits)
        self.sent_away.show_rows(view.sent_away)
        self.bars.show_days(view.days)
        self.carried.setVisible(view.carried is not None)
        if view.carried is not None:
            self.curve.show_view(view.carried)
            self.rate.setText(view.carried.now)
        self.terms.setText(view.consent)
        self.reach.show_figure(view.way_in.word, view.way_in.note)
        relook(self.reach.figure, view.way_in.look)
        self.trouble.show_view(view.way_in)
        self._hint.setText(view.news or view.advice)
        self.hint.setVisible(bool(view.news or view.advice))
        self.invitations.setVisible(view.is_on)

    def _lay_out(self) -> None:
        outer, column = page(translate("sharing", "Sharing"))
        state, inside = card()
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.title)
        words.addWidget(self.line)
        badge = QFrame()
        badge.setProperty("look", "badge")
        badge.setFixedSize(40, 40)
        picture = row(sign("share-2", self._context.colours.accent, 20))
        picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        badge.setLayout(picture)
        head = row(badge, 8)
        head.addLayout(words, 1)
        head.addWidget(self.pause)
        head.addWidget(self.turn)
        inside.addLayout(head)
        inside.addWidget(self.answer)
        self.answer.hide()
        column.addWidget(state)
        column.addWidget(self.consent)
        column.addWidget(self.hint)
        column.addWidget(self.trouble)
        column.addLayout(self._tiles)
        column.addLayout(self._beside)
        column.addWidget(self.sent_away)
        column.addWidget(self.carried)
        column.addWidget(self._chart())
        column.addWidget(self.invitations)
        column.addStretch(1)
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(outer)

    def _consent(self) -> QFrame:
        frame, column = card()
        column.setSpacing(10)
        column.addWidget(label("head", translate("sharing", "Before you share")))
        self.terms = label("second", wraps=True)
        column.addWidget(self.terms)
        no = button(translate("sharing", "Not now"))
        no.clicked.connect(frame.hide)
        self.yes = button(translate("sharing", "I agree, share"), look="accent")
        self.yes.clicked.connect(self.agree)
        column.addLayout(row(None, no, self.yes))
        frame.hide()
        return frame

    def _hinting(self) -> tuple[QFrame, QLabel]:
        frame = QFrame()
        frame.setProperty("look", "news")
        words = label("strong", wraps=True)
        go = button(translate("sharing", "Settings"), look="link")
        go.clicked.connect(lambda: self._context.actions.do(Do.SETTINGS))
        inside = row(sign("info", self._context.colours.accent), words, go)
        inside.setStretch(1, 1)
        set_margins(inside, 16, 6, 8, 6)
        frame.setLayout(inside)
        frame.hide()
        return frame, words

    def _chart(self) -> QFrame:
        frame, column = card(spacing_px=4)
        head = label("head", translate("sharing", "Earned by day"))
        span = label("small", translate("sharing", "last 30 days, in credits"))
        column.addLayout(row(head, span, None))
        column.addWidget(self.bars)
        return frame

    def _carried(self) -> QFrame:
        frame, column = card(spacing_px=4)
        head = label("head", translate("sharing", "Carried for guests"))
        column.addLayout(row(head, label("small", translate("sharing", "today")), None, self.rate))
        column.addWidget(self.curve)
        return frame

    def _arrange(self, *, is_small: bool) -> None:
        """Put the tiles in one row or two, and the limits beside the guests or below them."""
        for layout in (self._tiles, self._beside):
            while layout.takeAt(0) is not None:
                pass
        across = 2 if is_small else 4
        tiles = (self.guests, self.today, self.month, self.reach)
        for place, tile in enumerate(tiles):
            self._tiles.addWidget(tile, place // across, place % across)
        for place in range(len(tiles)):
            self._tiles.setColumnStretch(place, 1 if place < across else 0)
        self.limits.setMinimumWidth(0 if is_small else _LIMITS_PX)
        self._beside.addWidget(self.rows, 0, 0)
        self._beside.addWidget(self.limits, int(is_small), int(not is_small))
        self._beside.setColumnStretch(0, 1)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        window = self.window()
        is_small = window is not None and window.width() < SHAPE.narrow_below_px
        if is_small != self._is_small:
            self._is_small = is_small
            self._arrange(is_small=is_small)
