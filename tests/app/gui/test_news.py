"""What is told outside the window: changes that stand, each once, and no place in private."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest
from PyQt6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from tests.app.fake_daemon import HOME, SILENT, UP, a_snapshot
from tests.app.gui.test_signin import SIGNED_OUT
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_app.gui.herald import Herald
from worldvpn_app.gui.link import Link
from worldvpn_app.gui.own_settings import IS_PRIVATE, NOTIFIES
from worldvpn_app.gui.present.home import present
from worldvpn_app.gui.present.news import News, credit_low, news, server_away, service_away
from worldvpn_app.gui.present.view import Do
from worldvpn_app.gui.screens.replay import now, states

NOW = datetime(2026, 1, 2, 13, 0, tzinfo=UTC)
CONNECTED = a_snapshot(**UP[-1])
BLOCKED = a_snapshot(state="blocked", profile=HOME, cause=SILENT, retry_in_s=3.0)
CONNECTING = a_snapshot(state="connecting", profile=HOME)
ALARM = a_snapshot(state="blocked", profile=HOME, enforced=False)


def told(snapshot: Snapshot, *, is_private: bool = False) -> News | None:
    return news(snapshot, present(snapshot, NOW), NOW, is_private=is_private)


@pytest.mark.parametrize(
    ("state", "title", "text", "do"),
    [
        ("connected", "Connected", "To Helsinki, Finland.", None),
        ("paused", "Paused", "Until 13:", Do.RESUME),
        ("blocked", "Blocked", "Nothing leaves this computer.", Do.CONNECT),
        ("unprotected", "Unprotected", "Your traffic may be leaving", Do.CONNECT),
        ("disconnected", "Disconnected", "Your traffic is not protected.", Do.CONNECT),
        ("lockdown", "Disconnected", "Nothing leaves this computer.", Do.CONNECT),
        ("out-of-credit", "Blocked", "You are out of credit.", Do.SHARE),
    ],
)
def test_a_state_is_told_in_words_with_what_can_be_done(
    state: str, title: str, text: str, do: Do | None
) -> None:
    snapshot = states()[state]
    view = present(snapshot, now())
    if state == "connected":
        view = attrs.evolve(view, line="Helsinki, Finland")
    found = news(snapshot, view, now(), is_private=False)
    assert found is not None
    assert (found.title, found.offers[0].do) == (title, do)
    assert text in found.text


@pytest.mark.parametrize("state", ["connecting", "switching", "disconnecting", "unknown"])
def test_what_is_on_its_way_is_not_told(state: str) -> None:
    assert news(states()[state], present(states()[state], now()), now(), is_private=False) is None


@pytest.mark.parametrize("state", [*states()])
def test_private_news_names_no_place_and_no_cause(state: str) -> None:
    snapshot = states()[state]
    view = attrs.evolve(present(snapshot, now()), line="Elsewhere", small="Elsewhere")
    found = news(snapshot, view, now(), is_private=True)
    assert found is None or "Elsewhere" not in found.title + found.text


def test_a_place_cannot_bring_markup() -> None:
    view = attrs.evolve(present(CONNECTED, NOW), line="<b>Bonn</b> & more")
    found = news(CONNECTED, view, NOW, is_private=False)
    assert found is not None
    assert not {*"<>&"} & {*found.text}


class Listening:
    """A herald, what it told, and the link it looks at."""

    def __init__(self, folder: Path) -> None:
        self.settings = QSettings(str(folder / "app.ini"), QSettings.Format.IniFormat)
        self.link = Link("")
        self.herald = Herald(self.link, self.settings, lambda: NOW)
        self.told: list[News] = []
        self.herald.told.connect(self.told.append)

    def show(self, *snapshots: Snapshot) -> None:
        for snapshot in snapshots:
            self.link.snapshot = snapshot
            self.herald.show_view(present(snapshot, NOW))

    def settle(self) -> None:
        """Let the time pass that a state must stand."""
        self.herald._timer.stop()
        self.herald._settled()


@pytest.fixture
def listening(tmp_path: Path, qtbot: QtBot) -> Listening:
    del qtbot  # it makes the application
    return Listening(tmp_path)


def test_how_the_app_finds_things_is_no_news_but_an_alarm_is(listening: Listening) -> None:
    listening.show(CONNECTED)
    listening.settle()
    assert listening.told == []
    again = Listening(Path(listening.settings.fileName()).parent)
    again.show(ALARM)
    again.settle()
    assert [each.title for each in again.told] == ["Unprotected"]


def test_states_that_follow_each_other_at_once_are_told_as_the_last_of_them(
    listening: Listening,
) -> None:
    listening.show(CONNECTED, BLOCKED, CONNECTING, BLOCKED, CONNECTING, CONNECTED)
    listening.settle()
    assert listening.told == []
    listening.show(BLOCKED, CONNECTING, BLOCKED)
    listening.settle()
    listening.show(CONNECTING, BLOCKED)
    listening.settle()
    assert [each.title for each in listening.told] == ["Blocked"]


def test_nothing_is_told_where_it_is_off_or_the_window_is_seen_but_the_alarm(
    listening: Listening,
) -> None:
    listening.herald.is_seen = lambda: True
    listening.show(CONNECTED, BLOCKED)
    listening.settle()
    assert listening.told == []
    listening.show(ALARM)
    listening.settle()
    assert [each.is_urgent for each in listening.told] == [True]
    listening.settings.setValue(NOTIFIES, False)
    listening.show(CONNECTED)
    listening.settle()
    assert len(listening.told) == 1


def test_a_service_that_goes_and_comes_is_told_only_if_it_stays_away(listening: Listening) -> None:
    listening.show(CONNECTED)
    listening.herald.show_view(None)
    listening.show(CONNECTED)
    listening.settle()
    assert listening.told == []
    listening.herald.show_view(None)
    listening.settle()
    assert listening.told == [service_away()]


def test_what_was_private_when_it_was_told_stays_so(listening: Listening) -> None:
    listening.settings.setValue(IS_PRIVATE, True)
    listening.show(CONNECTED, BLOCKED)
    listening.settle()
    assert listening.told[0].text == "Nothing leaves this computer."


def test_low_credit_offers_to_share() -> None:
    assert credit_low(10).title == "10\u00a0% of your credit is left"
    assert credit_low(10).offers[0].do is Do.SHARE


def test_a_server_that_is_away_says_what_goes_on_and_how_old_the_figures_are() -> None:
    away: Snapshot = {**CONNECTED, "account": {**SIGNED_OUT, "reach": "offline"}}
    said = "Server away. Your tunnel goes on. Figures are as of 13:00."
    assert server_away(away, NOW) == said
    assert server_away({**away, "tunnel": a_snapshot()["tunnel"]}, None) == "Server away."
    assert server_away({**CONNECTED, "account": SIGNED_OUT}, NOW) == ""
    assert server_away(CONNECTED, NOW) == ""
