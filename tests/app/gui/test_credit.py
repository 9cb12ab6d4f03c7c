"""Credit that runs out is warned of at 25, 10 and 5 %, once a crossing."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from tests.app.fake_daemon import a_snapshot
from worldvpn_app.cli.snapshot import Account
from worldvpn_app.gui.credit import CreditWatch
from worldvpn_app.gui.link import Link
from worldvpn_app.gui.present.credit import Mark, warned
from worldvpn_app.gui.present.news import News


def warnings(*credit: int) -> list[int]:
    """Return what is warned of as the credit goes from one to the next."""
    mark, found = Mark(username="ada"), []
    for each in credit:
        mark, threshold = warned(mark, "ada", each)
        found += [threshold] if threshold is not None else []
    return found


@pytest.mark.parametrize(
    ("credit", "expected"),
    [
        ((1_000, 251, 250, 249, 101, 100, 60, 50, 1, 0), [25, 10, 5]),
        # Going up and down at one threshold is one crossing.
        ((1_000, 250, 260, 250, 299, 250), [25]),
        ((1_000, 250, 301, 250), [25, 25]),
        # Over several at once: the lowest of them.
        ((1_000, 40), [5]),
        ((1_000, 0), []),
        # From 5 % up to 20 %: 25 % was told before, 10 % can come again.
        ((1_000, 50, 200, 100), [5, 10]),
        # More credit than ever is what is counted from.
        ((100, 1_000, 260, 25), [5]),
        ((0, 0), []),
    ],
)
def test_each_threshold_is_told_once_a_crossing(
    credit: tuple[int, ...], expected: list[int]
) -> None:
    assert warnings(*credit) == expected


def test_another_account_begins_anew() -> None:
    mark, _ = warned(Mark(username="ada", most=1_000, told=5), "bob", 30)
    assert mark == Mark(username="bob", most=30)


def account(credit: int) -> Account:
    return {
        "server": "https://central.example",
        "reach": "online",
        "detail": "",
        "signed_in": True,
        "username": "ada",
        "balance": {
            "credits": credit,
            "promo_ticks": 0,
            "available_ticks": 0,
            "held_ticks": 0,
            "vesting_ticks": 0,
            "debt_ticks": 0,
        },
    }


def test_a_new_start_does_not_warn_again_but_still_says_it(tmp_path: Path, qtbot: QtBot) -> None:
    del qtbot

    def started(*credit: int) -> tuple[list[News], tuple[str, ...]]:
        settings = QSettings(str(tmp_path / "app.ini"), QSettings.Format.IniFormat)
        link, told = Link(""), list[News]()
        watch = CreditWatch(link, settings)
        watch.told.connect(told.append)
        for each in credit:
            link.snapshot = {**a_snapshot(), "account": account(each)}
            link.snapshot_changed.emit()
        return told, watch.notes()

    told, notes = started(1_000, 240)
    assert [each.title for each in told] == ["25\u00a0% of your credit is left"]
    assert notes == ("25\u00a0% of your credit is left.",)
    assert started(239) == ([], notes)
    assert started(900) == ([], ())
