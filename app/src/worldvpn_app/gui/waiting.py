"""Says that the keyring is being waited for, and lets its owner wait no longer."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication, Qt
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from worldvpn_app.gui.vault import Opener
from worldvpn_app.gui.widgets.controls import button
from worldvpn_app.gui.widgets.text import label

translate = QCoreApplication.translate


class Waiting(QWidget):
    """Seen while ``opener`` waits for the keyring."""

    def __init__(self, opener: Opener) -> None:
        super().__init__()
        text = translate("account", "Waiting for the keyring of this session.")
        self.text = label("answer", text, wraps=True)
        self.stop = button(translate("account", "Stop waiting"), look="link")
        self.stop.clicked.connect(opener.stop)
        opener.waits.connect(self.setVisible)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.text)
        column.addWidget(self.stop, 0, Qt.AlignmentFlag.AlignLeft)
        self.hide()
