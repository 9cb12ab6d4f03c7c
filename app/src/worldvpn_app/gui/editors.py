"""What a setting is changed with: one widget a kind, made from its declaration."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Final

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtGui import QIcon, QWheelEvent
from PyQt6.QtWidgets import QHBoxLayout, QLineEdit, QSpinBox, QWidget

from worldvpn_app.cli.countries import every
from worldvpn_app.gui import flags
from worldvpn_app.gui.editors_more import further
from worldvpn_app.gui.language import Language, language_of
from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.present import figures
from worldvpn_app.gui.present.places import PREFIX, place_of, target_of
from worldvpn_app.gui.present.settings import Setting, in_words, ports
from worldvpn_app.gui.tokens import Colours
from worldvpn_app.gui.widgets.combo import Combo
from worldvpn_app.gui.widgets.controls import Toggle, button
from worldvpn_app.gui.widgets.text import label

translate = QCoreApplication.translate
Change = Callable[[object], None]
_WIDE_PX: Final = 190


class Number(QSpinBox):
    """Scrolling over it scrolls the page, and changes nothing."""

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        if event is not None:
            event.ignore()


def languages(kept: object, change: Callable[[str], None]) -> Combo:
    """Return what changes the language, each called as it calls itself."""
    made = Combo(translate("settings", "Language"))
    made.addItem(translate("settings", "System"), Language.SYSTEM.value)
    made.addItem("English", Language.ENGLISH.value)
    made.addItem("Français", Language.FRENCH.value)
    made.setCurrentIndex(made.findData(language_of(kept).value))
    made.activated.connect(lambda place: change(made.itemData(place)))
    return made


def editor(  # noqa: PLR0911 - a table
    setting: Setting, context: Context, change: Change, wrong: Callable[[str], None]
) -> QWidget:
    """Return what changes ``setting``; ``wrong`` is told what cannot be sent."""
    match setting.kind:
        case "switch":
            return _switch(setting, context.colours, change)
        case "whole":
            return _whole(setting, change)
        case "ports":
            return _ports(setting, change, wrong)
        case "text":
            return _text(setting, change)
        case "country":
            names = {code: figures.country(code) for code in every()}
            countries = (
                (code, names[code], code) for code in figures.in_order(names, names.__getitem__)
            )
            return _combo(setting, context.colours, change, countries)
        case "destination":
            return _combo(setting, context.colours, change, _destinations(context))
        case "nodes":
            return _nodes(setting, change)
        case _:
            made = further(setting, context, change, wrong)
            return _foreign(setting, context, change) if made is None else made


def _foreign(setting: Setting, context: Context, change: Change) -> QWidget:
    """Return what a plugin of the app has for it, else its value in words."""
    made: QWidget | None = context.plugged.editor(setting, change)
    return label("second", in_words(setting.value)) if made is None else made


def _switch(setting: Setting, colours: Colours, change: Change) -> QWidget:
    made = Toggle(colours, setting.label)
    made.setChecked(bool(setting.value))
    made.clicked.connect(change)
    return made


def _whole(setting: Setting, change: Change) -> QWidget:
    made = Number()
    made.setAccessibleName(setting.label)
    made.setFixedWidth(_WIDE_PX)
    made.setRange(setting.least, setting.most)
    made.setGroupSeparatorShown(setting.most > 100_000)  # noqa: PLR2004 - a port has no comma
    if setting.unit:
        made.setSuffix(f"\u00a0{setting.unit}")
    for value, words in setting.choices:
        if value == setting.least:
            made.setSpecialValueText(words)
    value = setting.value if isinstance(setting.value, int) else setting.least
    made.setValue(value)

    def finished() -> None:
        if made.value() != value:
            change(made.value())

    made.editingFinished.connect(finished)
    return made


def _ports(setting: Setting, change: Change, wrong: Callable[[str], None]) -> QWidget:
    made = _line(setting)
    held = setting.value if isinstance(setting.value, list | tuple) else ()
    made.setText(", ".join(map(str, held)))
    made.setPlaceholderText(translate("settings", "None"))

    def finished() -> None:
        found = ports(made.text())
        if found is None:
            wrong(translate("settings", "Write ports from 1 to 65535, with commas between them."))
        elif found != list(held):
            change(found)

    made.editingFinished.connect(finished)
    return made


def _text(setting: Setting, change: Change) -> QWidget:
    made = _line(setting)
    made.setMaxLength(setting.most or 64)
    made.setText(str(setting.value or ""))
    made.setPlaceholderText(translate("settings", "None"))

    def finished() -> None:
        if made.text().strip() != (setting.value or ""):
            change(made.text().strip())

    made.editingFinished.connect(finished)
    return made


def _line(setting: Setting) -> QLineEdit:
    made = QLineEdit()
    made.setAccessibleName(setting.label)
    made.setFixedWidth(_WIDE_PX)
    return made


def _combo(
    setting: Setting,
    colours: Colours,
    change: Change,
    further: Iterator[tuple[str, str, str]],
) -> QWidget:
    """``further`` yields a value, its words, and whose flag it has."""
    made = Combo(setting.label)
    for value, words in setting.choices:
        made.addItem(words, value)
    for value, words, country in further:
        made.add(words, value, functools.partial(_flag, country, colours) if country else None)
    found = made.findData(setting.value)
    if found < 0:
        made.addItem(in_words(setting.value), setting.value)
        found = made.count() - 1
    made.show_at(found)
    made.activated.connect(lambda place: change(made.itemData(place)))
    return made


def _flag(country: str, colours: Colours) -> QIcon:
    return QIcon(flags.pixmap(country, colours))


def _destinations(context: Context) -> Iterator[tuple[str, str, str]]:
    store = context.store
    for profile_id, name in store.profiles.items():
        yield profile_id, name, ""
    for code in figures.in_order({node.country for node in store.nodes}, figures.country):
        place = place_of(target_of(f"{PREFIX}{code}"), {}, {})
        yield f"{PREFIX}{code}", place.words, code


def _nodes(setting: Setting, change: Change) -> QWidget:
    held = setting.value if isinstance(setting.value, list | tuple) else ()
    made = QWidget()
    inside = QHBoxLayout(made)
    inside.setContentsMargins(0, 0, 0, 0)
    words = translate("settings", "{n} chosen", "", figures.form(len(held)))
    words = words.format(n=figures.whole(len(held)))
    inside.addWidget(label("second", words if held else translate("settings", "None")))
    if held:
        clear = button(translate("settings", "Clear"))
        clear.clicked.connect(lambda: change([]))
        inside.addWidget(clear)
    return made
