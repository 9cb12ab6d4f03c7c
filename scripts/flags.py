"""Writes the app's flags anew: python scripts/flags.py FOLDER.

FOLDER is ``flags/4x3`` of the npm package flag-icons 7.5.0 (MIT). The flags of the countries
that the app knows are drawn into one picture, 60 x 45 each, 16 in a row, in the order of their
codes, and the codes beside it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QGuiApplication, QImage, QPainter
from PyQt6.QtSvg import QSvgRenderer

_APP: Final = Path(__file__).resolve().parents[1] / "app/src/worldvpn_app"
_WIDTH_PX, _HEIGHT_PX, _IN_A_ROW = 60, 45, 16


def main(folder: Path) -> None:
    """Draw every flag whose country has a name in the app."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QGuiApplication([])
    lines = (_APP / "cli/countries.tsv").read_text("utf-8").splitlines()
    known = sorted(line.partition("\t")[0] for line in lines)
    codes = [code for code in known if (folder / f"{code.lower()}.svg").is_file()]
    rows = -(-len(codes) // _IN_A_ROW)
    sheet = QImage(_WIDTH_PX * _IN_A_ROW, _HEIGHT_PX * rows, QImage.Format.Format_RGB32)
    with QPainter(sheet) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for place, code in enumerate(codes):
            row, column = divmod(place, _IN_A_ROW)
            area = QRectF(column * _WIDTH_PX, row * _HEIGHT_PX, _WIDTH_PX, _HEIGHT_PX)
            painter.setClipRect(area)
            QSvgRenderer(str(folder / f"{code.lower()}.svg")).render(painter, area)
    made = _APP / "gui/flags"
    sheet.save(str(made / "flags.png"), "PNG", 0)
    (made / "codes.txt").write_text(" ".join(codes) + "\n", "utf-8")
    del application


if __name__ == "__main__":
    main(Path(sys.argv[1]))
