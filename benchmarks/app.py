"""How soon the app is there, how soon it answers a hand, and how long a frame takes.

``python benchmarks/app.py`` starts ``worldvpn gui`` on an X server of its own, without a daemon:
the window is there once it has painted itself. Cold: the app's files and Qt's are put out of
the page cache before. Then it clicks in a window whose daemon never answers, and draws the map
with 1,000 nodes and the chart with ten samples a second, off the screen, 1440 x 900. Clicks and
frames are told in the drawing thread's own time: what other programs take meanwhile is not the
app's. Exit status 1 when a target of the project is missed.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from bench import PATIENCE_S, Bar, report

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PyQt6.QtCore import QEvent, QPointF, Qt
from PyQt6.QtGui import QImage, QMouseEvent
from PyQt6.QtWidgets import QApplication, QWidget

import worldvpn_app
from worldvpn_app.gui.map.clusters import spots
from worldvpn_app.gui.map.view import MapView
from worldvpn_app.gui.map.widget import WorldMap
from worldvpn_app.gui.map.world import world
from worldvpn_app.gui.present.traffic import SPAN_S, Rate
from worldvpn_app.gui.screens.shoot import Shot, window_for
from worldvpn_app.gui.tokens import DARK, Theme
from worldvpn_app.gui.widgets.chart import RateChart

_STARTS: Final = 11
_CLICKS: Final = 11
_FRAMES: Final = 200
_NODES: Final = 1_000
_HERTZ: Final = 10
_SIZE: Final = (1_440, 900)
_COLD_S, _WARM_S = 1.0, 0.5
_REACTION_MS: Final = 50.0
_FRAME_MS: Final = 8.0
#: Tells once the window has painted itself, then ends the app.
_CHILD: Final = """
import sys
from PyQt6.QtCore import QEvent, QObject, QTimer
from PyQt6.QtWidgets import QApplication
from worldvpn_app.gui import main

class Seen(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, told)
        return False

seen = Seen()

def told():
    print("painted", flush=True)
    QApplication.exit(0)

made = main.App.__init__

def watched(app, *given, **named):
    made(app, *given, **named)
    app.window.installEventFilter(seen)

main.App.__init__ = watched
sys.exit(main.run(sys.argv[1], None))
"""


@contextlib.contextmanager
def display() -> Iterator[str]:
    """Yield the name of an X server that nobody else uses."""
    reading, writing = os.pipe()
    with os.fdopen(reading) as told:
        command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1440x900x24"]
        server = subprocess.Popen(
            [*command, "-nolisten", "tcp"], pass_fds=(writing,), stderr=subprocess.DEVNULL
        )
        os.close(writing)
        try:
            yield f":{told.readline().strip()}"
        finally:
            server.terminate()
            server.wait(PATIENCE_S)


def start_s(env: dict[str, str], folder: str) -> float:
    """Start the app once; return how long it took until its window was painted."""
    argv = [sys.executable, "-c", _CHILD, f"{folder}/none.sock"]
    began_s = time.perf_counter()
    with subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None  # noqa: S101 - for the type alone
        line = child.stdout.readline()
        taken_s = time.perf_counter() - began_s
        child.wait(PATIENCE_S)
    if line.strip() != "painted" or child.returncode:
        raise SystemExit(f"the app did not paint its window: {line!r}, {child.returncode}")
    return taken_s


def forget() -> None:
    """Put what the app reads out of the page cache, and nothing else."""
    packages = Path(sys.modules["PyQt6"].__path__[0]).parent
    own = Path(worldvpn_app.__file__ or "").parent
    python = Path(os.__file__).parent
    for folder in (packages / "PyQt6", packages / "attr", packages / "pluggy", own, python):
        for path in folder.rglob("*"):
            if path.is_file() and "test" not in path.parts:
                with open(path, "rb") as file:  # noqa: PTH123 - a descriptor is wanted
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def starts() -> tuple[list[float], list[float]]:
    """Return how long cold and warm starts took, in turns."""
    cold, warm = [], []
    with display() as name, tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "DISPLAY": name, "HOME": folder, "XDG_RUNTIME_DIR": folder}
        env |= {"QT_QPA_PLATFORM": "xcb", "XDG_CACHE_HOME": f"{folder}/cache"}
        start_s(env, folder)  # compiles, and makes the caches that every later start has
        for _ in range(_STARTS):
            forget()
            cold.append(start_s(env, folder))
            warm.append(start_s(env, folder))
    return cold, warm


def reactions(application: QApplication) -> tuple[dict[str, float], float]:
    """Return how long the first look at each page took, and the median of the main button's."""

    def pressed_ms(widget: QWidget) -> float:
        began_s = time.thread_time()
        left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease):
            at = QPointF(12, 12)
            event = QMouseEvent(kind, at, widget.mapToGlobal(at), left, left, none)
            QApplication.sendEvent(widget, event)
        application.processEvents()
        return (time.thread_time() - began_s) * 1_000

    pages: dict[str, list[float]] = {}
    buttons = []
    for _ in range(_CLICKS):
        window = window_for(Theme.DARK, Shot(name="", page="home", state="disconnected"))
        window.resize(*_SIZE)
        window.show()
        application.processEvents()
        buttons.append(pressed_ms(window.home.control.main))
        for name, item in window.rail.items().items():
            pages.setdefault(name, []).append(pressed_ms(item))
        window.close()
    worst = {name: statistics.median(taken) for name, taken in pages.items()}
    return worst, statistics.median(buttons)


def frames_ms(shown: QWidget, change: Callable[[int], None]) -> list[float]:
    """Return how long each of many frames took."""
    image = QImage(shown.size(), QImage.Format.Format_ARGB32_Premultiplied)
    shown.render(image)
    taken = []
    for frame in range(_FRAMES):
        began_s = time.thread_time()
        change(frame)
        shown.render(image)
        taken.append((time.thread_time() - began_s) * 1_000)
    return taken


def a_map(application: QApplication) -> WorldMap:
    """Return the map with its nodes, shown."""
    shown = WorldMap(DARK)
    shown.resize(*_SIZE)
    codes = itertools.cycle(world().countries)
    places = {f"node-{number}": next(codes) for number in range(_NODES)}
    every = tuple(spots(places, world().countries))
    shown.show_view(
        MapView(spots=every, current="node-7", current_label="Somewhere", you=(0.1, -0.8))
    )
    shown.show()
    application.processEvents()
    return shown


def a_chart(application: QApplication) -> tuple[RateChart, Callable[[int], None]]:
    """Return the chart full of samples, and what adds one."""
    shown = RateChart(DARK)
    shown.resize(_SIZE[0], 240)
    shown.show()
    application.processEvents()
    count = int(SPAN_S * _HERTZ)
    rates = [Rate(number / _HERTZ, 20 + number % 17, 4 + number % 5) for number in range(count)]

    def add(frame: int) -> None:
        rates.append(Rate((count + frame) / _HERTZ, 20 + frame % 17, 4 + frame % 5))
        del rates[0]
        shown.show_rates(tuple(rates), rates[-1].at_s, "", is_blocked=False)

    return shown, add


def p95(values: Sequence[float]) -> float:
    """Return what 95 % of ``values`` are not above."""
    return sorted(values)[int(len(values) * 0.95)]


def main() -> int:
    """Measure and show."""
    cold, warm = starts()
    application = QApplication([])
    pages, button = reactions(application)
    shown = a_map(application)
    still = frames_ms(shown, lambda _frame: shown.update())
    shown.zoom(2)
    dragged = frames_ms(shown, lambda n: shown.drag(QPointF(3 if n % 20 < 10 else -3, 1)))
    zoomed = frames_ms(shown, lambda n: shown.zoom(1.05 if n % 20 < 10 else 1 / 1.05))
    chart, add = a_chart(application)
    ticked = frames_ms(chart, add)
    slowest = max(pages, key=lambda name: pages[name])
    bars = [
        Bar(name="cold start, median", figure=statistics.median(cold), unit="s", limit=_COLD_S),
        Bar(name="warm start, median", figure=statistics.median(warm), unit="s", limit=_WARM_S),
        Bar(name="main button", figure=button, unit="ms", limit=_REACTION_MS),
        *(
            Bar(
                name=f"first look at {name}",
                figure=taken,
                unit="ms",
                limit=_REACTION_MS if name == slowest else None,
            )
            for name, taken in pages.items()
        ),
        Bar(name="map standing still, p95", figure=p95(still), unit="ms", limit=_FRAME_MS),
        Bar(name="map dragged, p95", figure=p95(dragged), unit="ms", limit=_FRAME_MS),
        Bar(name="map zoomed, p95", figure=p95(zoomed), unit="ms", limit=_FRAME_MS),
        Bar(name="chart at 10 Hz, p95", figure=p95(ticked), unit="ms", limit=_FRAME_MS),
    ]
    return report(f"the app, {_NODES} nodes, {_SIZE[0]} x {_SIZE[1]}", bars)


if __name__ == "__main__":
    sys.exit(main())
