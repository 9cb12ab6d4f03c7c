"""Sharing: whether others use this connection, whether they can reach it, and who is invited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from PyQt6.QtCore import QCoreApplication, Qt
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from worldvpn_app.gui.invitations import Invitations
from worldvpn_app.gui.link import Refusal, Result
from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.present import figures
from worldvpn_app.gui.present.advice import advice
from worldvpn_app.gui.present.facts import NOT_KNOWN
from worldvpn_app.gui.present.sharing import SharingView, present
from worldvpn_app.gui.present.view import Do
from worldvpn_app.gui.tokens import SPACE
from worldvpn_app.gui.widgets.cards import Tile, card, page, row, sign
from worldvpn_app.gui.widgets.controls import button
from worldvpn_app.gui.widgets.text import label, relook
from worldvpn_app.gui.widgets.ways import set_margins

translate = QCoreApplication.translate
_LIMITS: Final = (
    ("gauge", "share_rate_mbps"),
    ("arrow-up", "share_daily_gb"),
    ("users", "share_guests"),
)


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
        self.answer = label("answer", wraps=True)
        self.consent = self._consent()
        self.hint, self._hint = self._hinting()
        self.guests = Tile("users", translate("sharing", "Guests now"), colours)
        self.earned = Tile("hourglass", translate("sharing", "Vesting"), colours)
        self.reach = Tile("radio", translate("sharing", "Reachability"), colours)
        self.invitations = Invitations(context)
        self._limits = {name: label("semi") for _icon, name in _LIMITS}
        self._lay_out()
        context.link.snapshot_changed.connect(self._show)

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._context.link.call("settings.get", done=self._set, refused=self._refused)
        self.invitations.refresh()
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
        params = {"agree": True}
        self._context.link.call("share.on", params, done=self._done, refused=self._refused)

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
        view = self.view = present(snapshot, self._settings)
        self.title.setText(view.title)
        self.line.setText(view.line)
        self.turn.setVisible(bool(view.button))
        stops = view.button == "off"
        self.turn.setText(
            translate("sharing", "Stop sharing") if stops else translate("sharing", "Share")
        )
        relook(self.turn, "" if stops else "accent")
        self.guests.show_figure(view.guests, view.guests_note)
        self.earned.show_figure(view.vesting, view.vesting_note)
        self.reach.show_figure(view.reach, view.reach_note)
        relook(self.reach.figure, view.reach_look)
        self._hint.setText(view.advice)
        self.hint.setVisible(bool(view.advice))
        for _icon, name in _LIMITS:
            self._limits[name].setText(_limit(name, self._settings.get(name)))
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
        head.addWidget(self.turn)
        inside.addLayout(head)
        inside.addWidget(self.answer)
        self.answer.hide()
        column.addWidget(state)
        column.addWidget(self.consent)
        column.addWidget(self.hint)
        tiles = (self.guests, self.earned, self.reach)
        beside = row(*tiles, spacing_px=SPACE.between_cards_px)
        for place in range(len(tiles)):
            beside.setStretch(place, 1)
        column.addLayout(beside)
        column.addWidget(self._limiting())
        column.addWidget(self.invitations)
        column.addStretch(1)
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(outer)

    def _consent(self) -> QFrame:
        frame, column = card()
        column.setSpacing(10)
        column.addWidget(label("head", translate("sharing", "Before you share")))
        text = translate(
            "sharing",
            "Guests will reach the internet through this computer, under its address: what they do"
            " there, you seem to do. They reach neither this computer nor your network. You can"
            " stop at any time; nobody is let in while you do not share.",
        )
        column.addWidget(label("second", text, wraps=True))
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

    def _limiting(self) -> QFrame:
        frame, column = card(spacing_px=10)
        edit = button(translate("sharing", "Edit"), look="link")
        edit.clicked.connect(lambda: self._context.actions.do(Do.SETTINGS))
        column.addLayout(row(label("head", translate("sharing", "Limits")), None, edit))
        names = {
            "share_rate_mbps": translate("sharing", "Rate, all guests together"),
            "share_daily_gb": translate("sharing", "Traffic a day"),
            "share_guests": translate("sharing", "Most guests"),
        }
        for icon, name in _LIMITS:
            what = label("second", names[name])
            column.addLayout(
                row(sign(icon, self._context.colours.text3), what, None, self._limits[name])
            )
        return frame


def _limit(name: str, value: object) -> str:
    if not isinstance(value, int):
        return NOT_KNOWN
    match name:
        case "share_rate_mbps" if not value:
            return translate("sharing", "No limit")
        case "share_rate_mbps":
            words = translate("figures", "{n}\u00a0Mbit/s")
        case "share_daily_gb":
            words = translate("figures", "{n}\u00a0GB")
        case _:
            words = "{n}"
    return words.format(n=figures.whole(value))
