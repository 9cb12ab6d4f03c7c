"""The list beside the map; in a narrow window a drawer over it, so that the map has the window."""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import QCoreApplication, QObject, Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from worldvpn_app.gui.map.panel import Panel
from worldvpn_app.gui.present.nodes import counted
from worldvpn_app.gui.tokens import Colours
from worldvpn_app.gui.widgets.controls import button
from worldvpn_app.gui.widgets.ways import is_turned

translate = QCoreApplication.translate
_PANEL_PX: Final = 316
_DRAWER_PX: Final = 288


class Drawer(QObject):
    """Holds ``panel`` at the end of ``page``; ``moved`` tells that it covers more or less."""

    moved = pyqtSignal()

    def __init__(self, page: QWidget, beside: QHBoxLayout, panel: Panel, colours: Colours) -> None:
        super().__init__(page)
        self._page, self._beside, self._panel = page, beside, panel
        self._is_folded: bool | None = None
        self._is_open = False
        self._shown: int | None = None
        self.button = button("", icon="list", colours=colours)
        self.button.setCheckable(True)
        self.button.setToolTip(translate("map", "The list of nodes (L)"))
        self.button.clicked.connect(self.turn)
        self.fold(is_small=False)

    @property
    def covered_px(self) -> int:
        """How much of the map's end it lies over."""
        return _DRAWER_PX if self._is_folded and self._is_open else 0

    @property
    def is_closed(self) -> bool:
        """Whether the list is out of sight."""
        return bool(self._is_folded) and not self._is_open

    def fold(self, *, is_small: bool) -> None:
        """Let the list stand beside the map, or be a drawer over it, which begins closed."""
        if is_small != self._is_folded:
            self._is_folded, self._is_open = is_small, False
            if is_small:
                self._beside.removeWidget(self._panel)
            else:
                self._beside.addWidget(self._panel)
            self._panel.setFixedWidth(_DRAWER_PX if is_small else _PANEL_PX)
            self._show()
        self.place()

    def show_count(self, shown: int, every: int) -> None:
        """Say how many nodes are shown; a list that has become empty says why itself."""
        words = counted(shown, every)
        self.button.setText(f" {words}")
        self.button.setAccessibleName(
            translate("map", "The list of nodes, {count}").format(count=words)
        )
        has_emptied = shown == 0 and self._shown != 0
        self._shown = shown
        if has_emptied:
            self.open()

    def open(self) -> None:
        """Bring the list into sight."""
        if self.is_closed:
            self._is_open = True
            self._show()

    def close(self) -> bool:
        """Put a drawer away; return whether there was one."""
        if not self.covered_px:
            return False
        window = self._page.window()
        focused = window.focusWidget() if window is not None else None
        if focused is not None and self._panel.isAncestorOf(focused):
            self.button.setFocus(Qt.FocusReason.OtherFocusReason)
        self._is_open = False
        self._show()
        return True

    def turn(self) -> None:
        """Open a drawer that is closed, close one that is open."""
        if not self.close():
            self.open()
        self.button.setChecked(self._is_open)

    def place(self) -> None:
        """Lay an open drawer along the end of the page."""
        if self._is_folded:
            left = 0 if is_turned() else self._page.width() - _DRAWER_PX
            self._panel.setGeometry(left, 0, _DRAWER_PX, self._page.height())
            self._panel.raise_()

    def _show(self) -> None:
        self._panel.setHidden(self.is_closed)
        self.button.setVisible(bool(self._is_folded))
        self.button.setChecked(self._is_open)
        self.place()
        self.moved.emit()
