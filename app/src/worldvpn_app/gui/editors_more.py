"""Editors for kinds of settings that are several things at once, or one of a few."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PyQt6.QtCore import QCoreApplication, QTimeZone
from PyQt6.QtWidgets import QGridLayout, QLineEdit, QWidget

from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.present.settings import Setting, addresses, windows
from worldvpn_app.gui.widgets.combo import Combo, filled
from worldvpn_app.gui.widgets.controls import Chip

translate = QCoreApplication.translate
Change = Callable[[object], None]
_WIDE_PX: Final = 190
_ACROSS: Final = 2


def further(
    setting: Setting, context: Context, change: Change, wrong: Callable[[str], None]
) -> QWidget | None:
    """Return what changes ``setting``; None: its kind is another."""
    match setting.kind:
        case "choice":
            return filled(setting.label, setting.value, setting.choices, change)
        case "zone":
            return _zone(setting, change)
        case "classes":
            return _some(setting, context, change)
        case "windows":
            return _windows(setting, change, wrong)
        case "addresses":
            return _addresses(setting, change, wrong)
        case _:
            return None


def _zone(setting: Setting, change: Change) -> Combo:
    names = sorted(bytes(each.data()).decode() for each in QTimeZone.availableTimeZoneIds())
    places = [(name, name.replace("_", " ")) for name in names if "/" in name]
    return filled(setting.label, setting.value, (*setting.choices, *places), change)


def _some(setting: Setting, context: Context, change: Change) -> QWidget:
    """Return a chip for each choice; those that are on are the value."""
    held = setting.value if isinstance(setting.value, list | tuple) else ()
    made = QWidget()
    made.setAccessibleName(setting.label)
    grid = QGridLayout(made)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setSpacing(6)
    chips: dict[object, Chip] = {}

    def pressed() -> None:
        change([value for value, chip in chips.items() if chip.isChecked()])

    for place, (value, words) in enumerate(setting.choices):
        chip = chips[value] = Chip(words, context.colours, is_on=value in held)
        chip.clicked.connect(pressed)
        grid.addWidget(chip, place // _ACROSS, place % _ACROSS)
    return made


def _windows(setting: Setting, change: Change, wrong: Callable[[str], None]) -> QLineEdit:
    example = "mon-fri 08:00-22:00; sat 10:00-02:00"
    return _several(
        setting,
        ("; ", translate("settings", "Always")),
        windows,
        change,
        lambda: wrong(translate("settings", "Write hours as {example}.").format(example=example)),
    )


def _addresses(setting: Setting, change: Change, wrong: Callable[[str], None]) -> QLineEdit:
    words = translate("settings", "Write addresses as {example}.")
    return _several(
        setting,
        (", ", translate("settings", "The tunnel's own")),
        addresses,
        change,
        lambda: wrong(words.format(example="9.9.9.9, 2620:fe::9")),
    )


def _several(
    setting: Setting,
    texts: tuple[str, str],
    read: Callable[[str], list[str] | None],
    change: Change,
    wrong: Callable[[], None],
) -> QLineEdit:
    """Return a line for a list; ``texts``: what stands between its members, and for none."""
    between, none = texts
    held = list(setting.value) if isinstance(setting.value, list | tuple) else []
    made = QLineEdit(between.join(map(str, held)))
    made.setAccessibleName(setting.label)
    made.setFixedWidth(_WIDE_PX)
    made.setPlaceholderText(none)

    def finished() -> None:
        found = read(made.text())
        if found is None:
            wrong()
        elif found != held:
            change(found)

    made.editingFinished.connect(finished)
    return made
