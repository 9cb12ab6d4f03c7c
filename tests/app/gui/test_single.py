"""A second start raises the window of the first."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from worldvpn_app.gui.single import Single


def test_a_second_start_asks_the_first_to_come_up(tmp_path: Path, qtbot: QtBot) -> None:
    first, second = Single(str(tmp_path / "app")), Single(str(tmp_path / "app"))
    heard: list[bool] = []
    first.asked.connect(lambda: heard.append(True))
    assert first.claim()
    assert not second.claim()
    qtbot.waitUntil(lambda: heard == [True])
    first.close()
    assert second.claim()
    second.close()
