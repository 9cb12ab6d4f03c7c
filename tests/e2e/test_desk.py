"""The app as a program on a desktop, with the real daemon: whoever falls, what it says is so."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from tests.app.desk import Desk
from tests.app.displays import app, ended, x_server
from tests.app.keys.session import desktop_session
from tests.app.programs import PATIENCE_S, WORLDVPN, environment, until
from tests.e2e.rig import Rig
from tests.e2e.town import BACK_S, Town, address_of, connect
from tests.folders import public_folder
from worldvpn_lab.daemon import Daemon, Part, is_connected
from worldvpn_lab.demo.browser import Browser

pytestmark = pytest.mark.netns

CONNECTED = "WorldVPN: Connected."


@attrs.frozen(kw_only=True)
class Seat:
    """A desktop's bus and display, as the environment of its programs."""

    desk: Desk
    env: dict[str, str]

    def at(self, daemon: Daemon) -> dict[str, str]:
        return {**self.env, "WORLDVPN_SOCKET": str(daemon.socket_path)}

    def until_words(self, words: str) -> None:
        until(lambda: self.desk.words().startswith(words))


@pytest.fixture
def seat(tmp_path: Path) -> Iterator[Seat]:
    with (
        x_server() as display,
        desktop_session(tmp_path / "session") as session,
        Desk(session.bus) as desk,
    ):
        made = environment(**session.environment, DISPLAY=display, QT_QPA_PLATFORM="xcb")
        yield Seat(desk=desk, env=made)


@contextlib.contextmanager
def app_in_tray(seat: Seat, daemon: Daemon) -> Iterator[None]:
    """Run the app in the tray; it says nothing, and ends when it is told."""
    seat.desk.items.clear()
    with app(seat.at(daemon), "--hidden") as program:
        seat.desk.until_item()
        yield
        program.send_signal(signal.SIGTERM)
        assert ended(program) == (0, "")


def test_app_that_is_killed_while_it_connects_leaves_the_tunnel_and_finds_it_again(
    daemon: Daemon, seat: Seat
) -> None:
    with app(seat.at(daemon), "--hidden") as program:
        seat.desk.until_item()
        seat.until_words("WorldVPN: Disconnected.")
        seat.desk.press("Connect")
        daemon.until(lambda seen: seen["tunnel"]["state"] != "disconnected")
        program.kill()
        program.wait()
    daemon.until(is_connected)
    with app_in_tray(seat, daemon):
        seat.until_words(CONNECTED)
        seat.desk.press("Disconnect")
        daemon.until(lambda seen: seen["tunnel"]["state"] == "disconnected")
        seat.until_words("WorldVPN: Disconnected.")


def test_tray_follows_a_daemon_that_is_killed_and_one_whose_agent_is(
    rig: Rig, daemon: Daemon, seat: Seat
) -> None:
    with app_in_tray(seat, daemon):
        seat.until_words("WorldVPN: Disconnected.")
        seat.desk.press("Connect")
        seat.until_words(CONNECTED)
        before = daemon.status()["daemon"]["agent_pid"]
        daemon.kill(Part.AGENT)
        daemon.until(lambda seen: seen["daemon"]["agent_pid"] not in {before, None})
        assert seat.desk.words().startswith(CONNECTED)

        daemon.kill(Part.DAEMON)
        seat.until_words("WorldVPN: The service does not answer")
        assert seat.desk.entry("Disconnect") is None
        rig.start(daemon.started)
        seat.until_words(CONNECTED)
        seat.desk.press("Disconnect")
        seat.until_words("WorldVPN: Disconnected.")


def test_server_that_is_killed_takes_neither_the_tunnel_nor_the_words_for_it(
    rig: Rig, town: Town, browser: Browser, seat: Seat
) -> None:
    with town.guest(rig, "dora") as daemon, app_in_tray(seat, daemon):
        connect(daemon, "DE")
        seat.until_words(CONNECTED)
        town.house.vanish()
        daemon.until(lambda seen: seen["account"]["reach"] != "online", BACK_S)
        assert seat.desk.words().startswith(CONNECTED)
        assert browser.exit_address() == address_of("node1")
        town.reopen()
        daemon.until(lambda seen: seen["account"]["reach"] == "online", BACK_S)
        seat.desk.press("Disconnect")
        seat.until_words("WorldVPN: Disconnected.")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the demo keeps what it makes: its PostgreSQL runs as another account."""
    with public_folder() as made:
        yield made


def test_demo_opens_the_app_on_its_lab_and_leaves_nothing(seat: Seat, folder: Path) -> None:
    demo = subprocess.Popen(
        [WORLDVPN, "demo", "--gui"],
        env={**seat.env, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until(lambda: bool(seat.desk.items) or demo.poll() is not None)
        assert demo.poll() is None, demo.communicate()[1]
        seat.until_words("WorldVPN: Disconnected.")
        until(lambda: (found := seat.desk.entry("Connect to")) is not None and bool(found.inside))
        seat.desk.press("Connect")
        seat.until_words(CONNECTED)
        demo.send_signal(signal.SIGINT)
        said, complaint = demo.communicate(timeout=PATIENCE_S)
    finally:
        demo.kill()
        demo.communicate()
    assert (demo.returncode, said) == (130, "")
    assert "everything was removed" in complaint
    assert list(folder.iterdir()) == []
