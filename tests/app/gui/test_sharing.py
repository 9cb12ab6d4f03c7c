"""Sharing: never without having been asked, and what keeps guests away is said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from tests.app.fake_daemon import FakeDaemon, a_snapshot, sharing
from tests.app.gui.windows import Opened, opened
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_app.gui.present.sharing import present
from worldvpn_app.gui.sharing import SharingPage
from worldvpn_core.errors import ShareError
from worldvpn_core.ipc.share import ShareOff, ShareOn

NOW = datetime(2026, 1, 2, 13, 42, tzinfo=UTC)
AGREED = "2026-01-02T13:00:00+00:00"


def shared(**changes: Any) -> Snapshot:  # noqa: ANN401 - any field of Sharing
    return {**a_snapshot(), "sharing": sharing(**changes)}


@pytest.fixture
def app(daemon: FakeDaemon, tmp_path: Path, qtbot: QtBot) -> Iterator[Opened]:
    with opened(daemon.path, tmp_path) as made:
        qtbot.waitUntil(lambda: made.context.link.snapshot is not None)
        made.window.choose("sharing")
        yield made


@pytest.fixture
def page(app: Opened) -> SharingPage:
    page = app.window.page("sharing")
    assert isinstance(page, SharingPage)
    return page


@pytest.mark.parametrize(
    ("state", "title", "button"),
    [
        ("off", "You are not sharing", "on"),
        ("opening", "Sharing is being switched on", "off"),
        ("serving", "You are sharing", "off"),
        ("draining", "Sharing ends", "off"),
        ("dreaming", "dreaming", ""),
    ],
)
def test_each_state_has_its_words_and_its_button(state: str, title: str, button: str) -> None:
    view = present(shared(state=state), {}, (), NOW)
    assert (view.title, view.button) == (title, button)


@pytest.mark.parametrize(
    ("server", "reach", "note"),
    [
        (None, "\u2013", "UDP 51820, not checked"),
        ({"listed": True, "reason": "", "guests": 3}, "Reachable", "UDP 51820"),
        ({"listed": False, "reason": "", "guests": 0}, "Waiting", "The server tries it"),
        (
            {"listed": False, "reason": "UDP 51820 does not answer", "guests": 0},
            "Not listed",
            "UDP 51820 does not answer.",
        ),
    ],
)
def test_what_the_server_found_is_said_as_it_is(
    server: dict[str, object] | None, reach: str, note: str
) -> None:
    view = present(shared(state="serving", server=server), {}, (), NOW)
    assert view.reach == reach
    assert view.reach_note.startswith(note)


def test_guests_of_a_computer_that_does_not_share_are_not_known() -> None:
    view = present(shared(server={"listed": False, "reason": "", "guests": 0}), {}, (), NOW)
    assert (view.guests, view.reach) == ("\u2013", "\u2013")


def test_the_first_time_nothing_is_shared_before_it_was_agreed_to(
    daemon: FakeDaemon, page: SharingPage, qtbot: QtBot
) -> None:
    page.turn.click()
    assert page.consent.isVisible()
    assert not [each for each in daemon.requests if isinstance(each, ShareOn)]
    page.yes.click()
    qtbot.waitUntil(lambda: bool([each for each in daemon.requests if isinstance(each, ShareOn)]))


def test_sharing_stops_with_one_press(daemon: FakeDaemon, page: SharingPage, qtbot: QtBot) -> None:
    daemon.tell(sharing=sharing(state="serving", wanted=True, agreed_utc=AGREED))
    qtbot.waitUntil(lambda: page.turn.text() == "Stop sharing")
    page.turn.click()
    qtbot.waitUntil(lambda: ShareOff() in daemon.requests)


def test_why_it_could_not_be_switched_on_is_said(
    daemon: FakeDaemon, page: SharingPage, qtbot: QtBot
) -> None:
    agreed = {"version": None, "text": ""}
    daemon.tell(sharing=sharing(agreed_utc=AGREED, consent=agreed))
    qtbot.waitUntil(lambda: page.view is not None and not page.view.needs_consent)
    daemon.refuses = ShareError("the port is taken")
    page.turn.click()
    qtbot.waitUntil(page.answer.isVisible)
    assert page.answer.text() == "The port is taken."
    assert page.turn.isEnabled()
