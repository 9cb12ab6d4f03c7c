"""Who was sent away is listed while they are kept out, and is let back by one press."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from tests.app.gui.test_guests import NOW, named, said, shared
from tests.app.gui.windows import Asked, opened
from worldvpn_app.gui.link import Refusal
from worldvpn_app.gui.present.sent_away import sent_away
from worldvpn_app.gui.screens.replay import now
from worldvpn_app.gui.sharing import SharingPage

ALIAS = "9e41d07b5c2244aa"
BAN = {
    "alias": ALIAS,
    "reason": "kicked",
    "detail": "too loud",
    "until_utc": "2026-01-03T09:00:00+00:00",
}


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def page(asked: Asked, tmp_path: Path, qtbot: QtBot) -> Iterator[SharingPage]:
    del qtbot
    with opened(asked, tmp_path, now) as made:
        asked.show_state("connected")
        made.window.choose("sharing")
        page = made.window.page("sharing")
        assert isinstance(page, SharingPage)
        yield page


def test_each_is_named_with_why_and_until_when_the_newest_first() -> None:
    scan = {**BAN, "alias": "77aa55ee00112233", "reason": "ports", "detail": "it spoke to 101"}
    first, second = sent_away(shared(banned=[BAN, scan]), NOW)

    assert (second.alias, second.name, second.why) == (ALIAS, "9e41d07b", "Too loud.")
    assert (first.name, first.why) == ("77aa55ee", "It spoke to too many ports.")
    assert first.until == second.until == "until Sat\u00a009:00"


@pytest.mark.parametrize(
    "banned",
    [None, "all", [3], [{}], [{"alias": ""}]],
    ids=["none", "no list", "no row", "nothing known", "nobody"],
)
def test_what_is_odd_is_left_out(banned: Any) -> None:  # noqa: ANN401 - whatever comes
    assert sent_away(shared(banned=banned), NOW) == ()


def test_hostile_words_are_text_of_one_line() -> None:
    (row,) = sent_away(
        shared(banned=[{"alias": "<b>x\u202e", "detail": "a\nb" + "c" * 999, "until_utc": 7}]), NOW
    )

    assert "\u202e" not in row.alias
    assert "\n" not in row.why
    assert len(row.why) <= 202
    assert row.until == ""


def test_nothing_is_shown_where_nobody_is_kept_out(page: SharingPage, asked: Asked) -> None:
    asked.tell(shared(banned=[]))

    assert page.sent_away.isHidden()
    assert "Sent away" not in said(page)


def test_one_press_lets_a_guest_back(page: SharingPage, asked: Asked, qtbot: QtBot) -> None:
    asked.tell(shared(banned=[BAN]))
    qtbot.waitUntil(lambda: "Too loud." in said(page))
    asked.answers["share.let_back"] = {"guests": [], "banned": []}

    named(page, "Let 9e41d07b back in").click()

    assert ("share.let_back", {"alias": ALIAS}) in asked.asked


def test_what_is_refused_is_said(page: SharingPage, asked: Asked) -> None:
    asked.tell(shared(banned=[BAN]))
    asked.refusals["share.let_back"] = Refusal(code="config", message="nobody who was sent away")

    named(page, "Let 9e41d07b back in").click()

    assert page.answer.text() == "Nobody who was sent away."
