"""The buttons that zoom the map."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import QFrame, QVBoxLayout

from worldvpn_app.gui.map.widget import WorldMap
from worldvpn_app.gui.tokens import Colours
from worldvpn_app.gui.widgets.controls import icon_button

translate = QCoreApplication.translate
_STEP = 1.5


class Zooms(QFrame):
    """Nearer, farther, everything."""

    def __init__(self, shown: WorldMap, colours: Colours) -> None:
        super().__init__()
        self.setProperty("look", "card")
        column = QVBoxLayout(self)
        column.setContentsMargins(2, 2, 2, 2)
        column.setSpacing(0)
        for icon, name, act in (
            ("plus", translate("map", "Zoom in"), lambda: shown.zoom(_STEP)),
            ("minus", translate("map", "Zoom out"), lambda: shown.zoom(1 / _STEP)),
            ("locate", translate("map", "Show everything"), shown.fit),
        ):
            pressed = icon_button(icon, name, colours)
            pressed.clicked.connect(act)
            column.addWidget(pressed)
