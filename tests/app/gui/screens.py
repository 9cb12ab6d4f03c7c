"""Renders each state of Home in both themes: run by scripts/screens."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PyQt6.QtCore import QSettings
from PyQt6.QtWidgets import QApplication

from tests.app.fake_daemon import HOME, SILENT, UP, a_snapshot
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_app.gui import style
from worldvpn_app.gui.link import Link, LinkState
from worldvpn_app.gui.pages import Pages
from worldvpn_app.gui.tokens import Theme
from worldvpn_app.gui.window import Window


def states() -> Mapping[str, Snapshot]:
    later = (datetime.now(UTC) + timedelta(seconds=293)).isoformat()
    return {
        "disconnected": a_snapshot(),
        "lockdown": a_snapshot(lockdown=True),
        "connecting": a_snapshot(state="connecting", profile=HOME, transport="wireguard"),
        "connected": a_snapshot(**UP[-1]),
        "partial": a_snapshot(**{**UP[-1], "partial": True, "protects": ["10.0.0.0/8"]}),
        "switching": a_snapshot(**{**UP[-1], "state": "switching", "next": "Office"}),
        "paused": a_snapshot(state="paused", profile=HOME, paused_until_utc=later),
        "blocked": a_snapshot(state="blocked", profile=HOME, cause=SILENT, retry_in_s=6.0),
        "disconnecting": a_snapshot(state="disconnecting", profile=HOME),
        "unprotected": a_snapshot(state="blocked", profile=HOME, enforced=False),
        "unknown": a_snapshot(state="hibernating"),
        "kill-switch-off": a_snapshot(kill_switch=False, notice="The kill switch is off."),
    }


def windows(application: QApplication, theme: Theme) -> Iterator[tuple[str, Window]]:
    colours = style.colours_of(theme)
    style.apply(application, colours)
    with tempfile.TemporaryDirectory() as folder:
        settings = QSettings(f"{folder}/app.ini", QSettings.Format.IniFormat)
        for name, snapshot in states().items():
            link = Link("")
            window = Window(link, colours, Pages(), settings)
            link.state, link.snapshot = LinkState.CONNECTED, snapshot
            link.snapshot_changed.emit()
            yield name, window


def main(folder: Path) -> None:
    application = QApplication([])
    for theme in (Theme.DARK, Theme.LIGHT):
        for name, window in windows(application, theme):
            window.resize(1_100, 720)
            window.show()
            application.processEvents()
            window.grab().save(str(folder / f"home-{name}-{theme}.png"))
            if name == "connected":
                window.resize(800, 600)
                application.processEvents()
                window.grab().save(str(folder / f"home-small-{theme}.png"))
            window.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
