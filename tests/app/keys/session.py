"""A desktop session for tests: a message bus, and on it a real keyring, or none."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import attrs

#: No test waits longer for a program to be there.
PATIENCE_S: Final = 20.0
PASSWORD: Final = "the login password"  # noqa: S105 - of a keyring made here

#: Without service files: nothing is started because somebody asks for its name.
_BUS: Final = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={path}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


@attrs.frozen(kw_only=True)
class DesktopSession:
    """The environment that its programs share."""

    directory: Path
    environment: Mapping[str, str]

    @property
    def bus(self) -> str:
        return self.environment["DBUS_SESSION_BUS_ADDRESS"]


@contextlib.contextmanager
def desktop_session(directory: Path) -> Iterator[DesktopSession]:
    """Run a message bus with nobody on it yet."""
    for name in ("data", "run", "config", "home"):
        (directory / name).mkdir(mode=0o700, parents=True)
    path, config = directory / "bus", directory / "bus.conf"
    config.write_text(_BUS.format(path=path))
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(directory / "home"),
        "XDG_DATA_HOME": str(directory / "data"),
        "XDG_RUNTIME_DIR": str(directory / "run"),
        "XDG_CONFIG_HOME": str(directory / "config"),
        "DBUS_SESSION_BUS_ADDRESS": f"unix:path={path}",
    }
    argv = ("dbus-daemon", f"--config-file={config}", "--nofork", "--nopidfile")
    with _program(argv, environment):
        _until_there(path)
        yield DesktopSession(directory=directory, environment=environment)


@contextlib.contextmanager
def keyring_daemon(session: DesktopSession, *, is_unlocked: bool = True) -> Iterator[None]:
    """Run gnome-keyring in ``session``: unlocked, or as where nobody had a keyring yet."""
    argv = ("gnome-keyring-daemon", "--foreground", "--components=secrets")
    with _program(
        (*argv, "--unlock") if is_unlocked else argv,
        session.environment,
        said=PASSWORD if is_unlocked else "",
    ):
        deadline_monotonic_s = time.monotonic() + PATIENCE_S
        while not _owns(session, "org.freedesktop.secrets"):
            assert time.monotonic() < deadline_monotonic_s, "gnome-keyring does not answer"
            time.sleep(0.02)
        yield


def lock_keyring(session: DesktopSession) -> None:
    """Lock every collection, as a session that is idle does."""
    collection = "array:objpath:/org/freedesktop/secrets/aliases/default"
    _call(
        session, "org.freedesktop.secrets", "/org/freedesktop/secrets", "Service.Lock", collection
    )


def looked_up(session: DesktopSession, entry: str) -> str:
    """Return what libsecret's own tool finds under ``entry``; "" for nothing."""
    argv = ("secret-tool", "lookup", "service", "worldvpn", "username", entry)
    done = subprocess.run(
        argv,
        env=session.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    return done.stdout


def _call(session: DesktopSession, name: str, path: str, method: str, *words: str) -> str:
    interface = (
        "org.freedesktop.DBus" if name == "org.freedesktop.DBus" else "org.freedesktop.Secret"
    )
    argv = (
        *("dbus-send", f"--bus={session.bus}", "--print-reply=literal", f"--dest={name}"),
        *(path, f"{interface}.{method}", *words),
    )
    done = subprocess.run(
        argv,
        env=session.environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    return done.stdout


def _owns(session: DesktopSession, name: str) -> bool:
    bus = "org.freedesktop.DBus"
    return "true" in _call(session, bus, "/org/freedesktop/DBus", "NameHasOwner", f"string:{name}")


@contextlib.contextmanager
def _program(
    argv: tuple[str, ...], environment: Mapping[str, str], said: str = ""
) -> Iterator[None]:
    process = subprocess.Popen(
        argv,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert process.stdin is not None
        process.stdin.write(said.encode())
        process.stdin.close()
        yield
    finally:
        process.kill()
        process.wait(PATIENCE_S)


def _until_there(path: Path) -> None:
    """Wait until somebody listens: the file is there a moment before."""
    deadline_monotonic_s = time.monotonic() + PATIENCE_S
    while not _listens(path):
        assert time.monotonic() < deadline_monotonic_s, f"{path} did not come"
        time.sleep(0.01)


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as asking:
        return asking.connect_ex(str(path)) == 0
