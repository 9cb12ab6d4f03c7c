"""What the app costs in the tray, and whether a day of updates piles up; needs no lab.

``python benchmarks/app_idle.py`` starts an X server, a message bus with a real tray and the
app, hidden, on a daemon that is connected and tells of it once a second, and watches the
process for 60 s (``--seconds N``). Then it replays 86,400 updates (``--updates N``) into a
window of this process, shown for one half and hidden for the other. Exit status 1 when a
target of the project is missed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import root  # noqa: F401 - before the tests' rigs are imported
from bench import Bar, report
from tests.app.desk import Desk
from tests.app.displays import app, x_server
from tests.app.fake_daemon import UP, FakeDaemon, a_snapshot
from tests.app.keys.session import desktop_session
from tests.app.programs import environment, until
from tests.app.test_traffic import carried
from worldvpn_core.ipc.traffic import TrafficWatch
from worldvpn_core.metering import changed, shown

_CALM_S: Final = 10.0
_CPU_PERCENT: Final = 0.3
_RSS_MIB: Final = 110.0
_SLOPE_MIB: Final = 1.0
_SAMPLES: Final = 24
#: Of the samples, those during which caches and the allocator fill up.
_WARM: Final = 4
_BEGUN: Final = datetime(2026, 1, 2, 13, 0, tzinfo=UTC)


def main() -> int:
    """Measure; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--updates", type=int, default=86_400)
    options = parser.parse_args()
    bars = [*_in_tray("disconnected", options.seconds), *_in_tray("connected", options.seconds)]
    return report("the app in the tray", [*bars, _replayed(options.updates)])


def _in_tray(state: str, lasting_s: float) -> list[Bar]:
    with _hidden(state) as (pid, daemon):
        _let_pass(daemon, state, _CALM_S)
        before_s, began_s = _cpu_s(pid), time.monotonic()
        _let_pass(daemon, state, lasting_s)
        percent = 100 * (_cpu_s(pid) - before_s) / (time.monotonic() - began_s)
        return [
            Bar(name=f"{state}: of a core", figure=percent, unit="%", limit=_CPU_PERCENT),
            Bar(name=f"{state}: RSS", figure=_rss_mib(pid), unit="MiB", limit=_RSS_MIB),
        ]


@contextmanager
def _hidden(state: str) -> Iterator[tuple[int, FakeDaemon]]:
    """Run the app in a tray, on a daemon in ``state``."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        daemon = stack.enter_context(FakeDaemon(folder / "daemon.sock"))
        if state == "connected":
            daemon.show(**UP[-1])
        daemon.answers[TrafficWatch] = lambda _: shown(carried())
        display = stack.enter_context(x_server())
        session = stack.enter_context(desktop_session(folder / "session"))
        desk = stack.enter_context(Desk(session.bus))
        env = environment(
            **session.environment,
            DISPLAY=display,
            WORLDVPN_SOCKET=str(daemon.path),
            QT_QPA_PLATFORM="xcb",
        )
        program = stack.enter_context(app(env, "--hidden"))
        desk.until_item()
        until(lambda: state.capitalize() in desk.words())
        yield program.pid, daemon


def _let_pass(daemon: FakeDaemon, state: str, lasting_s: float) -> None:
    """Let time pass; a tunnel's counters are told each second."""
    ends_s = time.monotonic() + lasting_s
    while time.monotonic() < ends_s:
        if state == "connected":
            received_bytes = daemon.snapshot["tunnel"]["received_bytes"] + 125_000
            daemon.show(received_bytes=received_bytes)
            daemon.carry(shown(changed(carried(int(time.time())))))
        time.sleep(1.0)


def _replayed(updates: int) -> Bar:
    """Return by how much the process grows while so many snapshots come, a day's at one a second.

    The slope is the least squares' through the samples after the first, over all updates.
    """
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PyQt6.QtCore import QSettings  # noqa: PLC0415 - after the platform is chosen
    from PyQt6.QtDBus import QDBusConnection  # noqa: PLC0415 - as above
    from PyQt6.QtWidgets import QApplication  # noqa: PLC0415 - as above

    from worldvpn_app.gui.link import Link, LinkState  # noqa: PLC0415 - as above
    from worldvpn_app.gui.main import App  # noqa: PLC0415 - as above

    application = QApplication([])
    with tempfile.TemporaryDirectory() as folder:
        settings = QSettings(f"{folder}/app.ini", QSettings.Format.IniFormat)
        link = Link(f"{folder}/daemon.sock")
        opened = App(application, link, settings, QDBusConnection("none"))
        opened.window.show()
        link.state = LinkState.CONNECTED
        step = max(1, updates // _SAMPLES)
        held: list[float] = []
        for number in range(updates):
            at = _BEGUN + timedelta(seconds=number)
            # Now and then it falls and comes back, as tunnels do.
            state = "blocked" if number % 3_600 < 5 else "connected"
            tunnel = {**UP[-1], "state": state, "since_utc": at.isoformat()}
            sent = {"received_bytes": number * 125_000, "sent_bytes": number * 9_000}
            link.snapshot = a_snapshot(**{**tunnel, **sent})
            link.snapshot_changed.emit()
            application.processEvents()
            if number == updates // 2:
                opened.window.hide()
            if number % step == step - 1:
                held.append(_rss_mib(os.getpid()))
        link.close()
    kept = held[_WARM:]
    slope = statistics.linear_regression(range(len(kept)), kept).slope * _SAMPLES
    name = f"after {updates} updates: RSS grows"
    return Bar(name=name, figure=slope, unit="MiB", limit=_SLOPE_MIB)


def _rss_mib(pid: int) -> float:
    """Return the resident set of ``pid`` (proc(5), smaps_rollup)."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    fields = {line.split(":")[0]: line.split() for line in text.splitlines()[1:]}
    return int(fields["Rss"][1]) / 1024


def _cpu_s(pid: int) -> float:
    """Return how long ``pid`` has had a core (proc(5), stat: utime and stime)."""
    words = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
