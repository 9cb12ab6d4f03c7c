"""What mends a trouble with the service: one button where there is one, else the command."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication, Qt
from PyQt6.QtWidgets import QFrame, QVBoxLayout, QWidget

from worldvpn_app.gui.link import Trouble
from worldvpn_app.gui.starter import Starter, way_to_start
from worldvpn_app.gui.tokens import Colours
from worldvpn_app.gui.widgets.cards import row
from worldvpn_app.gui.widgets.controls import button
from worldvpn_app.gui.widgets.text import copy, label
from worldvpn_app.gui.widgets.ways import set_margins

translate = QCoreApplication.translate


class Mend(QWidget):
    """Shows what to press or to type about a trouble."""

    def __init__(self, colours: Colours, socket_path: str, *, is_centred: bool = True) -> None:
        super().__init__()
        self._socket_path = socket_path
        self._starter = Starter(self)
        self._starter.failed.connect(self._failed)
        self.start = button(translate("link", "Start it"), look="accent")
        self.start.clicked.connect(self._start)
        self.answer = label("answer", centred=is_centred, wraps=True)
        self.command = label("mono")
        self.command.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.command.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        copier = button(translate("link", "Copy"), icon="copy", colours=colours)
        copier.clicked.connect(lambda: copy(self.command.text()))
        self._frame = QFrame()
        self._frame.setProperty("look", "inset")
        inside = row(self.command, copier)
        set_margins(inside, 16, 8, 8, 8)
        self._frame.setLayout(inside)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(12)
        centre, start = Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignLeft
        side = centre if is_centred else start
        column.addWidget(self.start, 0, side)
        column.addWidget(self.answer)
        column.addWidget(self._frame, 0, side)
        self.answer.hide()

    def show_trouble(self, trouble: Trouble) -> None:
        """Offer what mends ``trouble``."""
        self.command.setText(trouble.command)
        may_start = trouble.is_absent and bool(way_to_start(self._socket_path))
        # One way is enough, until it has failed.
        needs_command = not may_start or not self.answer.isHidden()
        self._frame.setVisible(bool(trouble.command) and needs_command)
        self.start.setVisible(may_start)
        self.start.setEnabled(not self._starter.is_busy)
        if not may_start:
            self.answer.hide()

    def _start(self) -> None:
        self.answer.hide()
        self.start.setEnabled(False)
        self._starter.start(way_to_start(self._socket_path))

    def _failed(self, why: str) -> None:
        self.answer.setText(why)
        self.answer.show()
        self._frame.setVisible(bool(self.command.text()))
        self.start.setEnabled(True)
