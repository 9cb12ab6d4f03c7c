"""Looks for words that do not fit: a program, for the scale is chosen before Qt begins.

``python -m tests.app.gui.overflow LANGUAGE WIDTH HEIGHT [SCENE]`` prints a line a defect.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from PyQt6 import sip
from PyQt6.QtCore import QPoint, QRect, QSize
from PyQt6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QWidget,
)

from tests.app.gui.pseudo import Spoken, speak_any
from tests.app.gui.scenes import scenes
from worldvpn_app.gui import style
from worldvpn_app.gui.tokens import DARK, Theme
from worldvpn_app.gui.widgets.focus import FocusLine
from worldvpn_app.gui.widgets.text import Elided
from worldvpn_app.gui.window import Window

#: What a combo box and a field need beside their words.
_COMBO_PX, _FIELD_PX, _ICON_PX = 40, 20, 26


def defects(window: QWidget) -> Iterator[str]:
    """Yield what does not fit in ``window``."""
    for each in [window, *window.findChildren(QWidget)]:
        if each.isVisible():
            yield from (f"{_named(each)}: {what}" for what in _defects(each))


def _defects(widget: QWidget) -> Iterator[str]:  # noqa: C901, PLR0912 - a kind a case
    match widget:
        case Elided():
            words = widget.fontMetrics().horizontalAdvance(widget.text())
            if words > widget.contentsRect().width() and widget.toolTip() != widget.text():
                yield "elided without a tooltip"
            if widget.contentsRect().width() < widget.fontMetrics().height() and widget.text():
                yield "elided to nothing"
        case QLabel() if widget.text() and widget.wordWrap():
            if widget.height() < widget.heightForWidth(widget.width()):
                yield "too low for its lines"
            longest = max(
                widget.fontMetrics().horizontalAdvance(word) for word in widget.text().split(" ")
            )
            if longest > widget.contentsRect().width():
                yield "too narrow for its longest word"
        case QLabel() if widget.text():
            least = widget.sizeHint()
            if widget.width() < least.width() or widget.height() < least.height():
                yield f"cut: {_size(widget.size())} of {_size(least)}"
        case QPushButton() if widget.text():
            least = widget.sizeHint()
            if widget.width() < least.width() or widget.height() < least.height():
                yield f"cut: {_size(widget.size())} of {_size(least)}"
        case QComboBox():
            words = widget.fontMetrics().horizontalAdvance(widget.currentText()) + _COMBO_PX
            if words > widget.width() and not widget.toolTip():
                yield f"cut: {widget.width()} of {words}"
        case QAbstractSpinBox() | QLineEdit():
            edit = widget if isinstance(widget, QLineEdit) else widget.lineEdit()
            assert edit is not None
            words = edit.fontMetrics().horizontalAdvance(edit.placeholderText())
            needed = words + _FIELD_PX + _ICON_PX * len(edit.actions())
            if edit.placeholderText() and needed > edit.width() and not edit.toolTip():
                yield f"placeholder cut: {edit.width()} of {needed}"
    yield from _outside(widget)


def _outside(widget: QWidget) -> Iterator[str]:
    parent = widget.parentWidget()
    if parent is None or widget.isWindow() or isinstance(widget, FocusLine):
        return
    area = parent.parentWidget()
    if isinstance(area, QScrollArea) and parent is area.viewport():
        if widget.width() > parent.width():
            yield f"wider than the page: {widget.width()} in {parent.width()}"
        return
    if not parent.rect().contains(widget.geometry()):
        yield f"outside its parent: {_rect(widget.geometry())} in {_rect(parent.rect())}"
    if isinstance(widget, QLabel | QPushButton):
        yield from _over(widget, parent)


def hidden(window: Window) -> Iterator[str]:
    """Yield which of Home's buttons must be scrolled to: none in a language that people speak.

    Only below a refusal may the lesser ones be.
    """
    control = window.home.control
    lesser = () if control.answer.isVisible() else control.second
    for each in (control.main, *lesser):
        if each.isVisible() and each.visibleRegion().boundingRect() != each.rect():
            yield f"{_named(each)}: not in sight"


def _over(widget: QWidget, parent: QWidget) -> Iterator[str]:
    """Yield whose words lie over those of ``widget``."""
    for other in parent.children():
        if (
            isinstance(other, QLabel | QPushButton)
            and other is not widget
            and other.isVisible()
            and id(other) > id(widget)
            and other.geometry().intersects(widget.geometry())
        ):
            yield f"over {_named(other)}"


def _size(size: QSize) -> str:
    return f"{size.width()}x{size.height()}"


def _rect(rect: QRect) -> str:
    return f"{rect.x()},{rect.y()} {rect.width()}x{rect.height()}"


def _named(widget: QWidget) -> str:
    said = getattr(widget, "text", str)() or widget.accessibleName() or widget.objectName()
    at = widget.mapTo(widget.window(), QPoint(0, 0)) if widget.window() else QPoint()
    return f"{type(widget).__name__} {said!r} at {at.x()},{at.y()}"


def main(spoken: Spoken, size: tuple[int, int], only: str = "") -> int:
    """Print every defect in ``spoken``; return how many there are."""
    application = QApplication([])
    speak_any(spoken, application)
    style.apply(application, DARK)
    count = 0
    for scene in scenes():
        if only not in {"", scene.name}:
            continue
        window = scene.window(Theme.DARK, size)
        unseen = hidden(window) if spoken in {Spoken.ENGLISH, Spoken.FRENCH} else ()
        for line in (*defects(window), *unseen):
            count += 1
            sys.stdout.write(f"{scene.name}: {line}\n")
        window.close()
        sip.delete(window)
    return count


if __name__ == "__main__":
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    language, width, height, *rest = sys.argv[1:]
    sys.exit(min(1, main(Spoken(language), (int(width), int(height)), *rest)))
