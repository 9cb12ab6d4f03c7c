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
from worldvpn_app.gui.present import said
from worldvpn_app.gui.present.sharing import present
from worldvpn_app.gui.sharing import SharingPage
from worldvpn_core.errors import ShareError
from worldvpn_core.ipc.share import ShareOff, ShareOn
from worldvpn_core.reach.standing import SENTENCES, Standing, Trouble, Way, told

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
        ("opening", "Sharing is starting", "off"),
        ("serving", "You are sharing", "off"),
        ("draining", "Sharing is stopping", "off"),
        ("dreaming", "dreaming", ""),
    ],
)
def test_each_state_has_its_words_and_its_button(state: str, title: str, button: str) -> None:
    view = present(shared(state=state), {}, (), NOW)
    assert (view.title, view.button) == (title, button)


@pytest.mark.parametrize(
    ("server", "reach", "note"),
    [
        (None, "\u2013", "UDP\u00a051820, not checked"),
        ({"listed": True, "reason": "", "guests": 3}, "Reachable", "UDP\u00a051820"),
        ({"listed": False, "reason": "", "guests": 0}, "Waiting", "The server is trying it"),
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
    assert view.way_in.word == reach
    assert view.way_in.note.startswith(note)


LISTED = {"listed": True, "reason": "guests can come", "guests": 3}
SHUT = {
    "listed": False,
    "reason": "the central server could not reach the port: open it in your router",
    "guests": 0,
}


def reach(way: str, **changes: object) -> dict[str, object]:
    """Return a way in as the daemon tells of it."""
    plain = {"by": None, "public_port": 51_820, "reason": None, "why": "", "advice": ""}
    return {"way": way, **plain, **changes}


def trouble(reason: Trouble) -> dict[str, object]:
    """Return a way in that is shut, in the daemon's own words."""
    return told(Standing(way=Way.CLOSED, trouble=reason), "", 51_820, None)


@pytest.mark.parametrize(
    ("known", "note"),
    [
        (reach("direct"), "Directly, at UDP\u00a051820"),
        (
            reach("mapped", by="nat-pmp", public_port=40_000),
            "Your router forwards UDP\u00a040000 (NAT-PMP)",
        ),
        (reach("manual", public_port=7_000), "At the address that you gave, UDP\u00a07000"),
        (reach("punched"), "Your router lets in guests whom this computer has called"),
        (reach("unknown"), "UDP\u00a051820"),
        (reach("by pigeon", public_port="many"), "UDP\u00a051820"),
        (None, "UDP\u00a051820"),
    ],
)
def test_how_guests_get_in_is_said(known: dict[str, object] | None, note: str) -> None:
    view = present(shared(state="serving", server=LISTED, reach=known), {}, (), NOW).way_in
    assert (view.word, view.note, view.why) == ("Reachable", note, "")


def test_why_guests_do_not_get_in_and_what_to_do_is_said() -> None:
    known = trouble(Trouble.ROUTER_SILENT)
    view = present(shared(state="serving", server=SHUT, reach=known), {}, (), NOW).way_in
    assert (view.word, view.note) == ("Not reachable", "UDP\u00a051820")
    assert view.why == "Your router does not answer when it is asked to forward the port."
    assert view.then == (
        "Switch UPnP or NAT-PMP on in your router, or forward UDP port 51820 there by hand."
    )
    assert not view.is_setting


def test_a_setting_that_mends_it_goes_by_its_name_in_the_app() -> None:
    for reason in (Trouble.NOT_ASKED, Trouble.ADDRESS_REFUSED):
        known = trouble(reason)
        view = present(shared(state="serving", server=SHUT, reach=known), {}, (), NOW).way_in
        assert view.is_setting
        assert "share_" not in view.why + view.then


def test_what_a_router_refused_matters_to_nobody_whom_guests_reach() -> None:
    known = trouble(Trouble.ROUTER_REFUSED)
    view = present(shared(state="serving", server=LISTED, reach=known), {}, (), NOW).way_in
    assert (view.word, view.why) == ("Reachable", "")


def test_that_nobody_is_signed_in_is_not_taken_for_a_shut_way() -> None:
    server = {"listed": False, "reason": "nobody is signed in: guests cannot be sent", "guests": 0}
    known = trouble(Trouble.ROUTER_SILENT)
    view = present(shared(state="serving", server=server, reach=known), {}, (), NOW).way_in
    assert view.word == "Not listed"
    assert view.note == "Nobody is signed in: guests cannot be sent."


@pytest.mark.parametrize("reason", [*Trouble])
def test_every_trouble_of_the_daemon_is_known_to_the_catalogues(reason: Trouble) -> None:
    assert {*SENTENCES[reason]} <= {*said.SENTENCES}


def test_the_page_shows_what_keeps_guests_out_and_leads_to_the_setting(
    daemon: FakeDaemon, app: Opened, page: SharingPage, qtbot: QtBot
) -> None:
    known = trouble(Trouble.NOT_ASKED)
    daemon.tell(sharing=sharing(state="serving", wanted=True, server=SHUT, reach=known))
    qtbot.waitUntil(page.trouble.isVisible)
    assert page.trouble.why.text() == "Your router was not asked: “Ask the router” is off."
    page.trouble.go.click()
    qtbot.waitUntil(app.window.page("settings").isVisible)
    daemon.tell(sharing=sharing(state="serving", wanted=True, server=LISTED, reach=reach("direct")))
    qtbot.waitUntil(lambda: page.reach.figure.text() == "Reachable")
    assert page.trouble.isHidden()


def test_guests_of_a_computer_that_does_not_share_are_not_known() -> None:
    view = present(shared(server={"listed": False, "reason": "", "guests": 0}), {}, (), NOW)
    assert (view.guests, view.way_in.word) == ("\u2013", "\u2013")


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
