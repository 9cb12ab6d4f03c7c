"""How long a frame of the world map takes with 10,000 nodes.

``python benchmarks/map.py`` draws the map off the screen, 1440 x 900: standing still (what a
change of state costs), while it is dragged (land is drawn anew), and while it is zoomed (nodes
are joined anew too). Exit status 1 when the median of either is over 16 ms.
"""

from __future__ import annotations

import itertools
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Final

from PyQt6.QtCore import QPointF
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QApplication

from bench import Bar, report
from worldvpn_app.gui.map.clusters import spots
from worldvpn_app.gui.map.view import MapView
from worldvpn_app.gui.map.widget import WorldMap
from worldvpn_app.gui.map.world import world
from worldvpn_app.gui.tokens import DARK

_NODES: Final = 10_000
_FRAMES: Final = 60
_FRAME_MS: Final = 16.0


def _median_ms(shown: WorldMap, change: Callable[[int], None]) -> float:
    image = QImage(shown.size(), QImage.Format.Format_ARGB32_Premultiplied)
    shown.render(image)
    taken = []
    for frame in range(_FRAMES):
        start = time.perf_counter()
        change(frame)
        shown.render(image)
        taken.append((time.perf_counter() - start) * 1_000)
    return statistics.median(taken)


def main() -> int:
    """Measure and show."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication([])
    shown = WorldMap(DARK)
    shown.resize(1440, 900)
    codes = itertools.cycle(world().countries)
    places = {f"node-{number}": next(codes) for number in range(_NODES)}
    view = MapView(
        spots=tuple(spots(places, world().countries)),
        current="node-7",
        current_label="Somewhere",
        you=(0.1, -0.8),
    )
    shown.show_view(view)
    shown.show()
    application.processEvents()
    still = _median_ms(shown, lambda _frame: shown.update())
    shown.zoom(4)
    dragged = _median_ms(shown, lambda frame: shown.drag(QPointF(3 if frame % 20 < 10 else -3, 1)))
    zoomed = _median_ms(shown, lambda frame: shown.zoom(1.05 if frame % 20 < 10 else 1 / 1.05))
    return report(
        f"a frame of the map, {_NODES} nodes, 1440 x 900",
        [
            Bar(name="standing still", figure=still, unit="ms", limit=_FRAME_MS),
            Bar(name="dragged", figure=dragged, unit="ms", limit=_FRAME_MS),
            Bar(name="zoomed", figure=zoomed, unit="ms", limit=_FRAME_MS),
        ],
    )


if __name__ == "__main__":
    sys.exit(main())
