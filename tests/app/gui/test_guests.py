"""Guests one by one: what is shown of them, and that each can be sent away, or all kept out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from PyQt6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from tests.app.fake_daemon import a_snapshot, sharing
from tests.app.gui.windows import Asked, opened
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_app.gui.link import Refusal
from worldvpn_app.gui.present.guests import guests, limits, schedule
from worldvpn_app.gui.present.said import SENTENCES
from worldvpn_app.gui.present.sharing import present
from worldvpn_app.gui.present.wallet import entry_of
from worldvpn_app.gui.screens.replay import now, states
from worldvpn_app.gui.sharing import SharingPage
from worldvpn_core.credit.units import CREDIT_TICKS
from worldvpn_core.share.listed import BUSY, HIDDEN, PAUSED, REASONS
from worldvpn_core.share.terms import CLOSES_SOON, NEARLY_USED, PAUSES_SOON

NOW = datetime(2026, 1, 2, 13, 42, tzinfo=UTC)
AGREED = "2026-01-01T09:00:00+00:00"
SERVING = {"state": "serving", "wanted": True, "agreed_utc": AGREED}
GUEST = {
    "kind": "guest",
    "alias": "3f9a0c2e71b04d55",
    "name": None,
    "country": "DE",
    "received_bytes": 1_048_576,
    "sent_bytes": 2_097_152,
    "since_utc": "2026-01-02T12:15:00+00:00",
    "duration_s": 5_400,
    "class": "web",
    "credits": None,
}
CONSENT = {"version": 2, "text": "New words.", "agreed_version": 1, "agreed_utc": AGREED}


def shared(**changes: Any) -> Snapshot:  # noqa: ANN401 - any field of Sharing
    return {**a_snapshot(), "sharing": sharing(**{**SERVING, **changes})}


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


def named(page: SharingPage, name: str) -> QPushButton:
    return next(each for each in page.findChildren(QPushButton) if each.accessibleName() == name)


def said(page: SharingPage) -> str:
    return "\n".join(each.text() for each in page.findChildren(QLabel) if each.isVisibleTo(page))


def test_a_guest_is_an_alias_a_country_and_what_it_carried_and_never_more() -> None:
    (row,) = guests(shared(people=[GUEST]), NOW)
    assert (row.name, row.place, row.kind, row.since, row.carried) == (
        "3f9a0c2e",
        "Germany",
        "Web",
        "12:15",
        "3.0\u00a0MiB",
    )


def test_a_country_that_too_few_come_from_is_hidden() -> None:
    (row,) = guests(shared(people=[{**GUEST, "country": "XX"}]), NOW)
    assert (row.is_hidden, row.country, row.place) == (True, "", "Hidden")


def test_a_device_of_ones_own_has_its_name_and_is_not_sent_away_here() -> None:
    device = {**GUEST, "kind": "device", "alias": None, "name": "phone", "country": None}
    (row,) = guests(shared(people=[device]), NOW)
    assert (row.name, row.alias, row.place) == ("phone", "", "\u2013")


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"alias": 7, "country": 12, "received_bytes": "much", "since_utc": "yesterday"},
        {"alias": "\u202e<b>" + "x" * 10_000, "country": "<img>", "class": ["web"]},
        {"received_bytes": -5, "sent_bytes": None, "since_utc": None, "credits": "all"},
    ],
)
def test_an_odd_guest_is_shown_calmly(odd: dict[str, Any]) -> None:
    (row,) = guests(shared(people=[odd]), NOW)
    assert len(row.name) <= 64
    assert "\u202e" not in row.name
    assert row.since == "\u2013"


def test_people_that_are_no_list_are_nobody() -> None:
    assert guests(shared(people="many"), NOW) == ()
    assert guests(shared(people=[None, 5]), NOW) == ()


def test_limits_say_how_much_is_used_where_it_is_counted() -> None:
    today = {"carried_bytes": 25_000_000_000, "cap_bytes": 50_000_000_000, "ends_utc": AGREED}
    found = limits(
        shared(today=today, schedule={"windows": []}),
        {"share_rate_mbps": 0, "share_guests": 8, "share_guest_rate_mbps": 5},
        2,
    )
    assert [(each.figure, each.share) for each in found] == [
        ("No limit", None),
        ("5\u00a0Mbit/s", None),
        ("25.0 of 50\u00a0GB", 0.5),
        ("2 of 8", 0.25),
        ("Always", None),
    ]


@pytest.mark.parametrize(
    ("window", "english"),
    [
        ("mon-fri 08:00-22:00", "Mon\u2013Fri 08:00\u201322:00"),
        ("sat,sun 10:00-02:00", "Sat, Sun 10:00\u201302:00"),
        ("mon-sun 08:00-23:00", "Every day 08:00\u201323:00"),
        ("daily 08:00-23:00", "Every day 08:00\u201323:00"),
        ("all-day 08:00-23:00", "all-day 08:00-23:00"),
    ],
)
def test_hours_name_the_days_as_people_do(window: str, english: str) -> None:
    assert schedule(shared(schedule={"windows": [window]})) == english


def test_hours_name_the_days_in_french(french: None) -> None:
    del french
    told = shared(schedule={"windows": ["mon-fri 08:00-22:00"]})
    assert schedule(told) == "lun.\u2013ven. 08:00\u201322:00"


@pytest.mark.parametrize(
    "text", [PAUSES_SOON, CLOSES_SOON, NEARLY_USED, HIDDEN, BUSY, PAUSED, *REASONS.values()]
)
def test_what_keeps_guests_away_is_said_in_every_language(text: str) -> None:
    assert text in SENTENCES


def test_a_daemon_that_counts_nothing_is_not_guessed_for() -> None:
    told = shared(today=None, schedule=None)
    shown = [each.figure for each in limits(told, {}, None)]
    assert shown == ["\u2013", "\u2013", "\u2013", "\u2013"]


@pytest.mark.parametrize(
    ("changes", "title", "line"),
    [
        (
            {"pause": {"until_utc": "2026-01-02T14:00:00+00:00", "drain": False}},
            "Sharing is paused",
            "Nobody is let in until 14:00.",
        ),
        (
            {"pause": {"until_utc": None, "drain": False}},
            "Sharing is paused",
            "Nobody is let in until you resume.",
        ),
        (
            {
                "cause": {"code": "share.schedule", "detail": "not now", "retryable": True},
                "schedule": {"windows": ["x"], "changes_utc": "2026-01-03T08:00:00+00:00"},
            },
            "Outside your hours",
            "Guests can come again at Sat\u00a008:00.",
        ),
        (
            {
                "cause": {"code": "share.daily", "detail": "50 GB are carried", "retryable": True},
                "today": {"ends_utc": "2026-01-03T00:00:00+00:00"},
            },
            "Today's traffic is used up",
            "Guests can come again at Sat\u00a000:00.",
        ),
        (
            {
                "cause": {"code": "share.daily", "detail": "50 GB are carried", "retryable": True},
                "today": None,
            },
            "Today's traffic is used up",
            "50 GB are carried.",
        ),
        (
            {"cause": {"code": "share.metered", "detail": "it costs", "retryable": True}},
            "Waiting for another network",
            "It costs. To share here too, switch on “Share on metered networks” in Settings.",
        ),
        (
            {"cause": {"code": "share.else", "detail": "no network", "retryable": True}},
            "Sharing is interrupted",
            "No network.",
        ),
    ],
)
def test_why_nobody_is_let_in_is_said(changes: dict[str, Any], title: str, line: str) -> None:
    view = present(shared(state="off", **changes), {}, (), NOW)
    assert (view.title, view.line, view.button) == (title, line, "off")


def test_new_words_are_agreed_to_anew_and_by_their_version(page: SharingPage, asked: Asked) -> None:
    asked.tell(cast("Snapshot", {**shared(state="off", wanted=False, consent=CONSENT)}))
    page.turn.click()
    assert page.consent.isVisible()
    assert page.terms.text() == "New words."
    page.yes.click()
    assert ("share.on", {"agree": True, "version": 2}) in asked.asked


def test_sending_a_guest_away_asks_once(page: SharingPage, asked: Asked) -> None:
    named(page, "Send 3f9a0c2e away").click()
    assert "share.kick" not in [method for method, _ in asked.asked]
    asked.answers["share.kick"] = {"guests": [], "banned": []}
    next(each for each in page.findChildren(QPushButton) if each.text() == "Send away").click()
    assert ("share.kick", {"alias": "3f9a0c2e71b04d55"}) in asked.asked


def test_one_that_left_while_it_was_asked_about_is_asked_about_no_more(
    page: SharingPage, asked: Asked
) -> None:
    named(page, "Send 3f9a0c2e away").click()
    asked.tell(states()["disconnected"])
    asked.show_state("connected")
    texts = [each.text() for each in page.findChildren(QPushButton) if each.isVisibleTo(page)]
    assert "Send away" not in texts


def test_sharing_is_paused_for_a_while_and_resumed(page: SharingPage, asked: Asked) -> None:
    assert page.pause.text().strip() == "Pause"
    asked.answers |= {"share.pause": {}, "share.resume": {}}
    page.pauses.actions()[0].trigger()
    page.pauses.actions()[2].trigger()
    asked.tell(shared(state="off", pause={"until_utc": None, "drain": False}))
    assert page.pause.text().strip() == "Resume"
    page.pause.click()
    wanted = [each for each in asked.asked if each[0] in {"share.pause", "share.resume"}]
    assert wanted == [
        ("share.pause", {"duration_s": 900}),
        ("share.pause", {"duration_s": None}),
        ("share.resume", {}),
    ]


def test_what_is_refused_is_said(page: SharingPage, asked: Asked) -> None:
    asked.refusals["share.kick"] = Refusal(code="config", message="nobody here is called so")
    page.kick("3f9a0c2e71b04d55")
    assert page.answer.text() == "Nobody here is called so."


def test_earnings_are_of_today_and_of_thirty_days(page: SharingPage) -> None:
    assert page.today.figure.text().startswith("+")
    assert page.month.note.text() == "1,406 still vesting"
    row = {"id": "1", "kind": "earn", "ticks": 0, "vesting_ticks": 5 * CREDIT_TICKS}
    entries = [
        entry_of({**row, "created_at": "2026-01-02T01:00:00+00:00"}),
        entry_of({**row, "created_at": "2025-12-20T01:00:00+00:00"}),
        entry_of({**row, "created_at": "2025-11-20T01:00:00+00:00"}),
    ]
    view = present(states()["connected"], {}, entries, NOW)
    assert (view.today, view.month) == ("+5", "+10")


def test_guests_of_a_computer_that_does_not_share_are_promised_not_shown(
    page: SharingPage, asked: Asked
) -> None:
    asked.show_state("disconnected")
    assert "Guests are listed here while you share." in said(page)
