"""No word is cut, in any language, at any scale, in the smallest window that there is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PyQt6 import sip
from PyQt6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from tests.app.gui.overflow import defects
from tests.app.gui.pseudo import Spoken
from tests.app.gui.scenes import settle
from tests.app.programs import PATIENCE_S, environment
from worldvpn_app.gui import style
from worldvpn_app.gui.tokens import DARK, SHAPE
from worldvpn_app.gui.widgets.text import Elided, label

LEAST = (str(SHAPE.least_width_px), str(SHAPE.least_height_px))


@pytest.mark.parametrize("spoken", [*Spoken])
@pytest.mark.parametrize("scale", ["1", "2"])
def test_every_page_fits_in_every_state(spoken: Spoken, scale: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.app.gui.overflow", spoken, *LEAST],
        cwd=Path(__file__).parents[3],
        env=environment(HOME=str(tmp_path), QT_SCALE_FACTOR=scale),
        capture_output=True,
        text=True,
        timeout=6 * PATIENCE_S,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


@pytest.fixture
def window(qapp: QApplication) -> QWidget:
    style.apply(qapp, DARK)
    made = QWidget()
    made.resize(200, 200)
    return made


def found(window: QWidget, widget: QWidget, *geometry: int) -> list[str]:
    widget.setParent(window)
    widget.setGeometry(*geometry)
    window.show()
    settle()
    told = [line.partition(": ")[2] for line in defects(window)]
    window.close()
    sip.delete(window)
    return told


def test_what_does_not_fit_is_found(window: QWidget) -> None:
    assert found(window, QLabel("a word that is longer"), 0, 0, 40, 20) != []


def test_a_button_that_is_cut_is_found(window: QWidget) -> None:
    assert found(window, QPushButton("a word that is longer"), 0, 0, 40, 40) != []


def test_lines_that_do_not_fit_are_found(window: QWidget) -> None:
    words = label("small", "these words need more than one line", wraps=True)
    assert found(window, words, 0, 0, 80, 16) == ["too low for its lines"]


def test_a_word_that_no_line_holds_is_found(window: QWidget) -> None:
    words = label("small", "incomprehensibilities", wraps=True)
    assert found(window, words, 0, 0, 40, 80) == ["too narrow for its longest word"]


def test_what_is_outside_its_parent_is_found(window: QWidget) -> None:
    told = found(window, QWidget(), 190, 0, 40, 20)
    assert told == ["outside its parent: 190,0 40x20 in 0,0 200x200"]


def test_words_over_words_are_found(window: QWidget) -> None:
    under = QLabel("one", window)
    under.setGeometry(0, 0, 60, 30)
    assert len(found(window, QLabel("other"), 30, 0, 60, 30)) == 1


def test_what_is_elided_has_all_of_it_as_a_tooltip(window: QWidget) -> None:
    words = Elided("small", "a name that is longer than its place")
    assert found(window, words, 0, 0, 60, 20) == []
