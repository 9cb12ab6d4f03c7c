"""The pictures: every page is drawn from kept answers, which have the daemon's own form."""

from __future__ import annotations

import ipaddress
import re
import subprocess
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from PyQt6 import sip
from PyQt6.QtWidgets import QApplication, QLabel, QPushButton

from tests.app.fake_daemon import sharing
from tests.app.programs import PATIENCE_S, WORLDVPN, environment
from worldvpn_app.cli.snapshot import Protection, Sharing, Snapshot, Tunnel
from worldvpn_app.gui import style
from worldvpn_app.gui.screens.replay import states
from worldvpn_app.gui.screens.shoot import SIZES_PX, Shot, shots, window_for
from worldvpn_app.gui.tokens import DARK, Theme

PARTS: Mapping[str, Any] = {"tunnel": Tunnel, "protection": Protection, "sharing": Sharing}


@pytest.fixture(scope="module", autouse=True)
def _styled(qapp: QApplication) -> None:
    style.apply(qapp, DARK)


@pytest.mark.parametrize("name", states())
def test_a_kept_snapshot_has_every_field_and_no_other(name: str) -> None:
    snapshot: dict[str, object] = {**states()[name]}
    assert set(snapshot) == set(get_type_hints(Snapshot))
    for part, form in PARTS.items():
        kept = snapshot[part]
        assert isinstance(kept, dict)
        assert set(kept) == set(get_type_hints(form))


@pytest.mark.parametrize("name", states(is_recorded=True))
def test_a_recorded_snapshot_has_no_field_that_the_app_has_not_heard_of(name: str) -> None:
    snapshot: dict[str, object] = {**states(is_recorded=True)[name]}
    assert set(snapshot) == set(get_type_hints(Snapshot))
    for part, form in PARTS.items():
        kept = snapshot[part]
        assert isinstance(kept, dict)
        assert set(sharing() if part == "sharing" else get_type_hints(form)) <= set(kept)
        assert set(kept) <= set(get_type_hints(form))


def test_what_is_recorded_is_of_a_lab_and_no_key_is_in_it() -> None:
    text = (files("worldvpn_app.gui.screens") / "recorded.json").read_text("utf-8")
    assert not re.findall(r"(?i)privatekey|private_key|password|token|secret", text)
    found = {ipaddress.ip_address(each) for each in re.findall(r"\b\d+\.\d+\.\d+\.\d+\b", text)}
    assert {each for each in found if each.is_global} <= {ipaddress.ip_address("9.9.9.9")}


@pytest.mark.parametrize("shot", [*shots()], ids=lambda shot: shot.name)
@pytest.mark.parametrize("size", [*SIZES_PX.values()], ids=lambda size: f"{size[0]}")
def test_no_word_is_cut_off(shot: Shot, size: tuple[int, int]) -> None:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    window = window_for(Theme.DARK, shot)
    window.resize(*size)
    window.show()
    application.processEvents()
    application.processEvents()

    seen = [each for each in window.findChildren(QLabel) if each.isVisible() and each.text()]
    plain = [each for each in seen if type(each) is QLabel and not each.wordWrap()]
    cut = [
        each.text()
        for each in plain
        if each.width() < each.sizeHint().width() or each.height() < each.sizeHint().height()
    ]
    low = [
        each.text()
        for each in seen
        if each.wordWrap() and each.height() < each.heightForWidth(each.width())
    ]
    buttons = [
        each.text()
        for each in window.findChildren(QPushButton)
        if each.isVisible() and each.text() and each.width() < each.minimumSizeHint().width()
    ]
    window.close()
    sip.delete(window)
    assert (cut, low, buttons) == ([], [], [])


def test_the_command_draws_them_without_a_display(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    done = subprocess.run(
        [WORLDVPN, "gui", "--screenshots", str(folder)],
        env=environment(HOME=str(tmp_path)),
        capture_output=True,
        text=True,
        timeout=4 * PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    drawn = {path.name for path in folder.iterdir()}
    assert drawn == {
        f"{shot.name}-{theme}{suffix}.png"
        for shot in shots()
        for theme in (Theme.DARK, Theme.LIGHT)
        for suffix in SIZES_PX
    }
