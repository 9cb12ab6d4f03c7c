"""Why guests cannot come, and what to do: a strip on the page of sharing."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import QFrame, QVBoxLayout

from worldvpn_app.gui.present.way_in import WayInView
from worldvpn_app.gui.tokens import Colours
from worldvpn_app.gui.widgets.cards import row, sign
from worldvpn_app.gui.widgets.controls import button
from worldvpn_app.gui.widgets.text import label
from worldvpn_app.gui.widgets.ways import set_margins

translate = QCoreApplication.translate


class WayInStrip(QFrame):
    """Shows a WayInView's trouble; nothing where there is none."""

    def __init__(self, colours: Colours, to_settings: Callable[[], None]) -> None:
        super().__init__()
        self.setProperty("look", "notice")
        self.why, self.then = label("strong", wraps=True), label("small", wraps=True)
        self.go = button(translate("sharing", "Settings"))
        self.go.clicked.connect(to_settings)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.why)
        words.addWidget(self.then)
        inside = row(sign("circle-alert", colours.paused))
        inside.addLayout(words, 1)
        inside.addWidget(self.go)
        set_margins(inside, 16, 8, 12, 8)
        self.setLayout(inside)
        self.hide()

    def show_view(self, view: WayInView) -> None:
        """Say why, and what to do."""
        self.why.setText(view.why)
        self.then.setText(view.then)
        self.then.setVisible(bool(view.then))
        self.go.setVisible(view.is_setting)
        self.setVisible(bool(view.why))
