"""Home: what it says of each state, what its shapes are, and what its buttons ask for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from tests.app.fake_daemon import HOME, SILENT, UP, FakeDaemon, a_snapshot
from tests.app.gui.windows import Opened, opened
from worldvpn_app.gui.present.home import present
from worldvpn_app.gui.present.view import Do, Mark
from worldvpn_app.gui.screens.replay import now, states
from worldvpn_app.gui.tokens import DARK, Tone
from worldvpn_app.gui.widgets.dial import draw
from worldvpn_core.errors import BusyError
from worldvpn_core.ipc.messages import TunnelConnect, TunnelDisconnect
from worldvpn_core.ipc.traffic import TrafficWatch

NOW = datetime(2026, 1, 2, 13, 15, 8, tzinfo=UTC)


@pytest.fixture
def app(tmp_path: Path, qtbot: QtBot) -> Iterator[Opened]:
    del qtbot  # it makes the application
    with opened(tmp_path / "daemon.sock", tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    ("name", "title", "main"),
    [
        ("disconnected", "Disconnected", "Connect"),
        ("lockdown", "Disconnected", "Connect"),
        ("connecting", "Connecting", "Cancel"),
        ("connected", "Connected", "Disconnect"),
        ("partial", "Connected in part", "Disconnect"),
        ("switching", "Switching", "Cancel"),
        ("paused", "Paused", "Resume now"),
        ("blocked", "Blocked", "Try now"),
        ("disconnecting", "Disconnecting", "Connect again"),
        ("unprotected", "Unprotected", "Protect now"),
        ("unknown", "hibernating", "Disconnect"),
    ],
)
def test_each_state_has_its_words_and_its_button(name: str, title: str, main: str) -> None:
    view = present(states()[name], now())
    assert view.title == title
    assert view.main is not None
    assert view.main.text == main


def test_a_pause_counts_down_to_its_end() -> None:
    paused = a_snapshot(state="paused", paused_until_utc="2026-01-02T13:20:00+00:00")
    assert present(paused, NOW).line == "Not protected for 4:52"


def test_the_next_try_counts_down_with_the_age_of_the_snapshot() -> None:
    blocked = a_snapshot(state="blocked", profile=HOME, cause=SILENT, retry_in_s=6.0)
    assert present(blocked, NOW, age_s=2.0).small == "Nothing leaves. Next try in 4\u00a0s."


@pytest.mark.parametrize("state", ["connecting", "blocked", "disconnecting"])
def test_nothing_is_said_to_be_held_while_some_traffic_is_free(state: str) -> None:
    without = a_snapshot(kill_switch=False, state=state, profile=HOME)
    in_part = a_snapshot(state=state, profile=HOME, partial=True, protects=["10.0.0.0/8"])
    for snapshot in (without, in_part):
        view = present(snapshot, NOW)
        assert "Nothing leaves" not in f"{view.line} {view.small}"
        assert "not protected" in view.small


def test_cancelling_a_change_does_not_open_this_computer() -> None:
    view = present(states()["switching"], now())
    assert view.main is not None
    assert view.main.do is Do.CONNECT


@pytest.mark.parametrize(("is_chosen", "why"), [(False, "automatic"), (True, "by your choice")])
def test_who_chose_the_protocol_is_said_beside_it(why: str, *, is_chosen: bool) -> None:
    snapshot = states()["connected"]
    snapshot = {**snapshot, "tunnel": {**snapshot["tunnel"], "transport_chosen": is_chosen}}
    (fact,) = [each for each in present(snapshot, now()).facts if each.label == "Protocol"]
    assert (fact.value, fact.why) == ("WireGuard", why)


def test_a_protocol_of_a_plugin_has_the_name_that_the_plugin_gives_it() -> None:
    snapshot = states()["connected"]
    label = "MASQUE\nover QUIC"
    snapshot = {**snapshot, "tunnel": {**snapshot["tunnel"], "transport_label": label}}
    (fact,) = [each for each in present(snapshot, now()).facts if each.label == "Protocol"]
    assert fact.value == "MASQUE over QUIC"


def test_a_name_from_outside_is_one_plain_line() -> None:
    view = present(a_snapshot(state="connecting", profile={"id": "a", "name": "a\nb\u202ec"}), NOW)
    assert view.line == "a b c"


def test_every_mark_has_a_shape_of_its_own_in_one_colour() -> None:
    shapes = set()
    for mark in Mark:
        image = QImage(108, 108, QImage.Format.Format_Grayscale8)
        image.fill(Qt.GlobalColor.black)
        painter = QPainter(image)
        painter.translate(54, 54)
        draw(painter, mark, Tone.CONNECTED, DARK)
        painter.end()
        bits = image.constBits()
        assert bits is not None
        shapes.add(bytes(bits.asarray(image.sizeInBytes())))
    assert len(shapes) == len(Mark)


def test_connect_and_disconnect_are_asked_of_the_daemon(
    daemon: FakeDaemon, app: Opened, qtbot: QtBot
) -> None:
    control = app.window.home.control
    qtbot.waitUntil(lambda: control.title.text() == "Disconnected")
    qtbot.waitUntil(lambda: "home" in app.context.store.profiles)
    control.main.click()
    qtbot.waitUntil(lambda: control.title.text() == "Connected")
    control.main.click()
    qtbot.waitUntil(lambda: control.title.text() == "Disconnected")
    asked = [each for each in daemon.requests if isinstance(each, TunnelConnect | TunnelDisconnect)]
    assert asked == [TunnelConnect(profile_id="home"), TunnelDisconnect()]


def test_a_refusal_is_said_beside_the_button(daemon: FakeDaemon, app: Opened, qtbot: QtBot) -> None:
    control = app.window.home.control
    qtbot.waitUntil(lambda: "home" in app.context.store.profiles)
    daemon.refuses = BusyError("busy with another")
    control.main.click()
    qtbot.waitUntil(lambda: control.answer.text() == "Busy with another.")
    assert control.main.isEnabled()


def test_the_alarm_is_over_every_page_while_it_lasts(
    daemon: FakeDaemon, app: Opened, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: app.window.home.control.title.text() == "Disconnected")
    assert not app.window.alarm.isVisible()
    daemon.show(state="blocked", profile=HOME, enforced=False)
    qtbot.waitUntil(app.window.alarm.isVisible)
    daemon.show(**{**UP[-1], "enforced": True})
    qtbot.waitUntil(lambda: not app.window.alarm.isVisible())


def test_without_a_daemon_the_window_never_shows_an_old_state(
    daemon: FakeDaemon, app: Opened, qtbot: QtBot
) -> None:
    daemon.show(**UP[-1])
    qtbot.waitUntil(lambda: app.window.rail.state.text() == "Connected")
    daemon.stop()
    qtbot.waitUntil(lambda: app.window.rail.state.text() == "Not known")
    assert app.window.trouble.isVisible()


def test_rates_are_those_that_the_daemon_counts(
    daemon: FakeDaemon, app: Opened, qtbot: QtBot
) -> None:
    seconds = [0] * 59
    minute = {
        "step_s": 1,
        "ends_utc": "2026-01-02T13:15:08+00:00",
        "received_bytes": [*seconds, 2_500_000],
        "sent_bytes": [*seconds, 125_000],
    }
    daemon.answers[TrafficWatch] = lambda _: {"history": {"minute": minute}}
    daemon.show(**UP[-1])
    home = app.window.home
    qtbot.waitUntil(lambda: home.down.text() == "20.0\u00a0Mbit/s")
    assert home.up.text() == "1.0\u00a0Mbit/s"


def test_whoever_has_neither_profile_nor_account_is_led_to_sign_in(
    daemon: FakeDaemon, app: Opened, qtbot: QtBot
) -> None:
    daemon.profiles = []
    daemon.tell(account=states()["signed-out"].get("account"))
    app.context.store.refresh_profiles()
    control = app.window.home.control
    qtbot.waitUntil(lambda: control.main.text() == "Sign in to connect")
    control.main.click()
    assert app.window.chosen == "account"
