"""The chips above the map: what of the directory is shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from PyQt6.QtCore import QCoreApplication, pyqtSignal
from PyQt6.QtWidgets import QFrame, QMenu

from worldvpn_app.gui.present.facts import protocol
from worldvpn_app.gui.present.nodes import Filters
from worldvpn_app.gui.tokens import Colours
from worldvpn_app.gui.widgets.controls import Chip
from worldvpn_app.gui.widgets.flow import Flow

translate = QCoreApplication.translate
_MANY_MBPS: Final = 100
_KINDS: Final = ("community", "public")
_MOST_PROTOCOLS: Final = 12


class FilterBar(QFrame):
    """A chip a question; ``changed`` when one was pressed."""

    changed = pyqtSignal()

    def __init__(self, colours: Colours) -> None:
        super().__init__()
        self.setProperty("look", "card")
        names = {
            "community": translate("map", "Community"),
            "public": translate("map", "Public"),
            "protocol": "",
            "fast": translate("map", "Over {n} Mbit/s").format(n=_MANY_MBPS),
            "free": translate("map", "Low load"),
        }
        self.chips = {
            name: Chip(text, colours, is_on=name in _KINDS) for name, text in names.items()
        }
        self._protocol = ""
        self.protocols = QMenu(self)
        self._known: tuple[str, ...] | None = None
        for name, chip in self.chips.items():
            if name != "protocol":
                chip.clicked.connect(self.changed)
        self.chips["protocol"].clicked.connect(self._ask)
        inside = Flow(*self.chips.values())
        inside.setContentsMargins(7, 7, 7, 7)
        self.setLayout(inside)
        self._name_protocol()

    def filters(self, search: str) -> Filters:
        """Return what is filtered for besides ``search``."""
        return Filters(
            search=search,
            community=self.chips["community"].isChecked(),
            public=self.chips["public"].isChecked(),
            protocol=self._protocol,
            least_mbps=_MANY_MBPS if self.chips["fast"].isChecked() else 0,
            low_load=self.chips["free"].isChecked(),
        )

    def clear(self) -> None:
        """Filter for nothing."""
        for name, chip in self.chips.items():
            chip.setChecked(name in _KINDS)
        self._protocol = ""
        self._name_protocol()

    def show_protocols(self, names: Iterable[str]) -> None:
        """Offer ``names``; one that was chosen stays chosen, whether it is there or not."""
        known = tuple(sorted(set(names)))[:_MOST_PROTOCOLS]
        if known == self._known:
            return
        self._known = known
        self.protocols.clear()
        for name in ("", *known):
            action = self.protocols.addAction(_worded(name))
            if action is not None:
                action.triggered.connect(lambda _checked, name=name: self.choose_protocol(name))

    def choose_protocol(self, name: str) -> None:
        """Filter for the protocol ``name``; "" for any."""
        self._protocol = name
        self._name_protocol()
        self.changed.emit()

    def _ask(self) -> None:
        self._name_protocol()  # a press does not turn it: what is chosen does
        chip = self.chips["protocol"]
        self.protocols.popup(chip.mapToGlobal(chip.rect().bottomLeft()))

    def _name_protocol(self) -> None:
        self.chips["protocol"].setText(_worded(self._protocol))
        self.chips["protocol"].setChecked(bool(self._protocol))


def _worded(name: str) -> str:
    return protocol(name).replace("&", "&&") or translate("map", "Any protocol")
