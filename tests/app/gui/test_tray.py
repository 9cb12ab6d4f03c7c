"""The tray's icons are told apart by shape alone."""

from __future__ import annotations

from PyQt6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from worldvpn_app.gui.present.view import Mark
from worldvpn_app.gui.tray_marks import draw

#: What the tray draws alike on purpose: nothing leaves, and both paths are being made.
ALIKE = {Mark.LOCK: Mark.BAR, Mark.ARROWS: Mark.ARC}


def shape(mark: Mark) -> bytes:
    image = QImage(16, 16, QImage.Format.Format_Alpha8)
    image.fill(0)
    painter = QPainter(image)
    painter.scale(0.5, 0.5)
    draw(painter, mark, QColor("white"))
    painter.end()
    bits = image.constBits()
    assert bits is not None
    return bytes(bits.asarray(image.sizeInBytes()))


def test_every_state_has_a_shape_of_its_own_at_16_pixels(qtbot: QtBot) -> None:
    del qtbot
    shapes = {mark: shape(mark) for mark in Mark}
    for mark, other in ALIKE.items():
        assert shapes[mark] == shapes[other]
    assert len({*shapes.values()}) == len(Mark) - len(ALIKE)
