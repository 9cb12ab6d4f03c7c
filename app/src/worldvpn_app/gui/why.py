"""Why a packet may leave or not: asked of the firewall."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import (
    QFrame,
    QLineEdit,
    QVBoxLayout,
)

from worldvpn_app.cli.exits import UsageError
from worldvpn_app.cli.packet import question
from worldvpn_app.gui.link import Refusal, Result
from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.present.advice import sentence
from worldvpn_app.gui.present.diagnostics import packets
from worldvpn_app.gui.tokens import SPACE
from worldvpn_app.gui.widgets.cards import row
from worldvpn_app.gui.widgets.controls import button
from worldvpn_app.gui.widgets.text import label, relook

translate = QCoreApplication.translate


class Why(QFrame):
    """Ask what becomes of a packet."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self._context = context
        self.ask = QLineEdit()
        self.ask.setAccessibleName(translate("diagnostics", "Destination"))
        self.ask.setPlaceholderText("9.9.9.9:53/udp")
        self.ask.returnPressed.connect(self.press)
        pressed = button(translate("diagnostics", "Ask"), look="accent")
        pressed.clicked.connect(self.press)
        self.verdict, self.told = label("head"), label("small", wraps=True)
        self._answer = QFrame()
        inside = QVBoxLayout(self._answer)
        inside.setContentsMargins(14, 10, 14, 10)
        inside.setSpacing(4)
        inside.addWidget(self.verdict)
        inside.addWidget(self.told)
        column = QVBoxLayout(self)
        inside_px = SPACE.inside_card_px
        column.setContentsMargins(inside_px, inside_px, inside_px, inside_px)
        column.setSpacing(10)
        column.addWidget(label("head", translate("diagnostics", "Why?")))
        text = translate("diagnostics", "Ask what happens to any traffic.")
        column.addWidget(label("small", text))
        column.addLayout(row(self.ask, pressed))
        column.addWidget(self._answer)
        column.addStretch(1)
        self._answer.hide()

    def press(self) -> None:
        """Ask about what is typed."""
        try:
            asked = question(self.ask.text() or self.ask.placeholderText())
        except UsageError:
            text = translate(
                "diagnostics",
                "Write an address, a port and a protocol, such as 192.0.2.1:443/tcp."
                " Names are not looked up.",
            )
            self.say(text, "blocked", translate("diagnostics", "Not asked"))
            return
        self._context.link.call(
            "firewall.why", asked._asdict(), done=self._show, refused=self._refused
        )

    def say(self, text: str, look: str, verdict: str = "") -> None:
        """Show an answer."""
        self.verdict.setText(verdict)
        self.verdict.setVisible(bool(verdict))
        self.told.setText(text)
        relook(self._answer, look)
        self._answer.show()

    def _show(self, result: Result) -> None:
        seen = packets(int(result["packets"]))
        text = f"{sentence(str(result['sentence']))} {seen}"
        if result["allowed"]:
            self.say(text, "open", translate("diagnostics", "May leave"))
        else:
            self.say(text, "blocked", translate("diagnostics", "Refused"))

    def _refused(self, refusal: Refusal) -> None:
        self.say(sentence(refusal.message), "blocked")
