"""The app on a desktop: a real tray and notification service on its bus, one of them, neither."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.desk import Desk
from tests.app.displays import app, ended, x_server
from tests.app.fake_daemon import DOWN, HOME, PAUSED, SILENT, UP, FakeDaemon, sharing
from tests.app.keys.session import DesktopSession, desktop_session
from tests.app.programs import environment, until
from worldvpn_core.ipc.messages import TunnelConnect, TunnelDisconnect, TunnelPause, TunnelResume
from worldvpn_core.ipc.share import ShareOff, ShareOn

AGREED = "2026-01-01T09:00:00+00:00"


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    with x_server() as name:
        yield name


@pytest.fixture
def session(tmp_path: Path) -> Iterator[DesktopSession]:
    with desktop_session(tmp_path / "session") as session:
        yield session


@pytest.fixture
def env(session: DesktopSession, display: str, daemon: FakeDaemon) -> dict[str, str]:
    return environment(
        **session.environment,
        DISPLAY=display,
        WORLDVPN_SOCKET=str(daemon.path),
        QT_QPA_PLATFORM="xcb",
        LANG="C.UTF-8",
    )


def test_the_tray_shows_each_state_by_shape_and_its_menu_does_what_it_says(
    session: DesktopSession, env: dict[str, str], daemon: FakeDaemon
) -> None:
    with Desk(session.bus) as desk, app(env, "--hidden") as program:
        desk.until_item()
        until(lambda: "Disconnected" in desk.words())
        shapes = {desk.picture()}
        assert desk.entry("Pause") is None
        desk.press("Connect")
        until(lambda: desk.words().startswith("WorldVPN: Connected."))
        assert TunnelConnect(profile_id="home") in daemon.requests
        shapes.add(desk.picture())
        desk.press("15\u00a0minutes")
        until(lambda: TunnelPause(duration_s=900) in daemon.requests)
        until(lambda: "Paused" in desk.words())
        shapes.add(desk.picture())
        desk.press("Resume now")
        until(lambda: TunnelResume() in daemon.requests)
        daemon.show(state="blocked", profile=HOME, cause=SILENT, paused_until_utc=None)
        until(lambda: "Blocked" in desk.words())
        shapes.add(desk.picture())
        desk.press("Disconnect")
        until(lambda: TunnelDisconnect() in daemon.requests)
        until(lambda: "Disconnected" in desk.words())
        daemon.show(state="blocked", profile=HOME, enforced=False)
        until(lambda: "Unprotected" in desk.words())
        shapes.add(desk.picture())
        assert len(shapes) == 5
        desk.press("Quit")
        assert ended(program) == (0, "")


def test_the_menu_offers_quick_ways_and_the_switch_for_sharing(
    session: DesktopSession, env: dict[str, str], daemon: FakeDaemon
) -> None:
    daemon.profiles.append({**daemon.profiles[0], "id": "work", "name": "A & B"})
    daemon.snapshot["sharing"] = sharing(agreed_utc=AGREED)
    with Desk(session.bus) as desk, app(env, "--hidden"):
        desk.until_item()
        until(lambda: desk.entry("Connect to") is not None)
        found = desk.entry("Connect to")
        assert found is not None
        desk.press(next(each.text for each in found.inside if "A " in each.text))
        until(lambda: TunnelConnect(profile_id="work") in daemon.requests)

        before = desk.picture()
        desk.press("Share this connection")
        until(lambda: ShareOn() in daemon.requests)
        daemon.tell(sharing=sharing(state="serving", wanted=True, agreed_utc=AGREED))
        until(
            lambda: (entry := desk.entry("Share this connection")) is not None and bool(entry.is_on)
        )
        assert desk.picture() != before
        desk.press("Share this connection")
        until(lambda: ShareOff() in daemon.requests)


def test_a_change_of_state_is_told_once_it_stands_and_its_buttons_act(
    session: DesktopSession, env: dict[str, str], daemon: FakeDaemon
) -> None:
    with Desk(session.bus) as desk, app(env, "--hidden"):
        desk.until_item()
        until(lambda: "Disconnected" in desk.words())
        for change in (*UP, *DOWN, *UP):
            daemon.show(**change)
        until(lambda: bool(desk.notes))
        daemon.show(state="blocked", cause=SILENT)
        until(lambda: len(desk.notes) == 2)
        connected, blocked = desk.notes
        assert connected.title == "Connected"
        assert connected.offers == {"default": "", "open": "Open"}
        assert (blocked.title, blocked.replaces) == ("Blocked", connected.number)
        assert blocked.text == "The node does not answer. Nothing leaves this computer."
        assert blocked.offers["reconnect"] == "Try now"
        desk.take(blocked, "reconnect")
        until(lambda: TunnelConnect(profile_id="home") in daemon.requests)


def test_the_alarm_is_told_at_once_and_as_urgent(
    session: DesktopSession, env: dict[str, str], daemon: FakeDaemon
) -> None:
    with Desk(session.bus, tray=False) as desk, app(env):
        until(lambda: bool(daemon.requests))
        daemon.show(state="blocked", profile=HOME, enforced=False)
        until(lambda: bool(desk.notes))
        assert (desk.notes[0].title, desk.notes[0].urgency) == ("Unprotected", 2)


def test_the_app_runs_where_there_is_neither_tray_nor_notifications(
    env: dict[str, str], daemon: FakeDaemon
) -> None:
    with app(env) as program:
        until(lambda: bool(daemon.requests))
        daemon.show(**UP[-1])
        daemon.show(**PAUSED[-1])
        daemon.show(state="blocked", profile=HOME, enforced=False)
        with app(env) as second:
            assert ended(second) == (0, "")
        assert program.poll() is None
        program.send_signal(signal.SIGTERM)
        assert ended(program) == (0, "")


def test_a_tray_that_comes_later_or_comes_again_is_used(
    session: DesktopSession, env: dict[str, str]
) -> None:
    with Desk(session.bus, tray=False) as desk, app(env, "--hidden") as program:
        until(lambda: program.poll() is None)
        desk.open_tray()
        desk.until_item()
        until(lambda: "Disconnected" in desk.words())
        desk.close_tray()
        desk.open_tray()
        desk.until_item()
        until(lambda: "Disconnected" in desk.words())
        desk.activate()
        program.send_signal(signal.SIGTERM)
        assert ended(program) == (0, "")


def test_without_a_service_of_notifications_the_tray_still_works(
    session: DesktopSession, env: dict[str, str], daemon: FakeDaemon
) -> None:
    with Desk(session.bus, notifications=False) as desk, app(env, "--hidden") as program:
        desk.until_item()
        desk.press("Connect")
        until(lambda: desk.words().startswith("WorldVPN: Connected."))
        daemon.restart()
        until(lambda: desk.words().startswith("WorldVPN: Connected."))
        program.send_signal(signal.SIGTERM)
        assert ended(program) == (0, "")
