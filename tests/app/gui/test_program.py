"""The program itself: on an X server, with a daemon, from start to end."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.app.displays import x_server
from tests.app.fake_daemon import FakeDaemon
from tests.app.programs import PATIENCE_S, WORLDVPN, environment
from worldvpn_core.ipc.messages import ProfilesList


@pytest.fixture(name="display")
def _display() -> Iterator[str]:
    with x_server() as name:
        yield name


def until(holds: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline_s, "it never came"
        time.sleep(0.02)


def test_the_app_opens_on_a_display_is_one_and_ends_when_it_is_told(
    daemon: FakeDaemon, display: str, tmp_path: Path
) -> None:
    env = environment(
        DISPLAY=display,
        HOME=str(tmp_path),
        XDG_RUNTIME_DIR=str(tmp_path),
        WORLDVPN_SOCKET=str(daemon.path),
        QT_QPA_PLATFORM="xcb",
    )
    app = subprocess.Popen([WORLDVPN, "gui"], env=env, stderr=subprocess.PIPE, text=True)
    try:
        until(lambda: ProfilesList() in daemon.requests)
        second = subprocess.run([WORLDVPN, "gui"], env=env, timeout=PATIENCE_S, check=False)
        assert second.returncode == 0
        assert app.poll() is None
        app.send_signal(signal.SIGTERM)
        _, said = app.communicate(timeout=PATIENCE_S)
    finally:
        app.kill()
    assert (app.returncode, said) == (0, "")
