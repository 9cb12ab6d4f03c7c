"""A screen reader's ears and eyes: the real accessibility bus, read over D-Bus as Orca does."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import attrs
from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

from tests.app.displays import x_server
from tests.app.keys.session import PATIENCE_S, DesktopSession, desktop_session

_LAUNCHER: Final = "/usr/libexec/at-spi-bus-launcher"
_REGISTRY: Final = "org.a11y.atspi.Registry"
_ROOT: Final = "/org/a11y/atspi/accessible/root"
_ACCESSIBLE: Final = "org.a11y.atspi.Accessible"
_EVENTS: Final = "org.a11y.atspi.Event.Object"
#: What Qt answers for what it has let go.
_GONE: Final = frozenset(
    f"org.freedesktop.DBus.Error.{name}"
    for name in ("UnknownObject", "UnknownMethod", "UnknownInterface", "InvalidArgs")
)
#: AtspiStateType: what has the focus, what can have it, what is seen.
FOCUSABLE, SHOWING = 11, 25


class GoneError(Exception):
    """What was told of is no longer there."""


@attrs.frozen
class Heard:
    """One thing in the tree."""

    role: str
    name: str
    description: str
    states: int

    def has(self, state: int) -> bool:
        return bool(self.states >> state & 1)


@attrs.define(eq=False)
class Reader:
    """What reads one program."""

    ears: Ears
    program: subprocess.Popen[str]

    def tell(self, words: str) -> None:
        """Have the program do something, and wait until it is done."""
        assert self.program.stdin is not None
        assert self.program.stdout is not None
        self.program.stdin.write(f"{words}\n")
        self.program.stdin.flush()
        assert self.program.stdout.readline() == "done\n"

    def tree(self) -> list[Heard]:
        """Return everything in the program's window."""
        (app,) = self.ears.children(_REGISTRY, _ROOT)
        deadline_monotonic_s = time.monotonic() + PATIENCE_S
        while True:
            # A page that is made anew while it is read is read again.
            with contextlib.suppress(GoneError):
                return [*self._below(*app)]
            assert time.monotonic() < deadline_monotonic_s, "the window never comes to rest"

    def spoken(self) -> list[tuple[str, int]]:
        """Return what was announced since this was asked last, and how politely."""
        # Answered after all that was sent before.
        self.tree()
        said = [*self.ears.spoken]
        self.ears.spoken.clear()
        return said

    def _below(self, name: str, path: str) -> Iterator[Heard]:
        for child in self.ears.children(name, path):
            low, high = self.ears.ask(*child, _ACCESSIBLE, "GetState")
            yield Heard(
                role=self.ears.ask(*child, _ACCESSIBLE, "GetRoleName"),
                name=self.ears.held(*child, "Name"),
                description=self.ears.held(*child, "Description"),
                states=low | high << 32,
            )
            yield from self._below(*child)


class Ears:
    """One connection to the accessibility bus."""

    def __init__(self, address: str) -> None:
        self.spoken: list[tuple[str, int]] = []
        self._runner = asyncio.Runner()
        self._bus = self._runner.run(_connected(address))
        self._bus.add_message_handler(self._hear)
        rule = f"type='signal',interface='{_EVENTS}'"
        self._call("org.freedesktop.DBus", "/org/freedesktop/DBus", "AddMatch", "s", [rule])

    def close(self) -> None:
        """Leave the bus."""
        self._bus.disconnect()
        self._runner.run(asyncio.sleep(0))
        self._runner.close()

    def children(self, name: str, path: str) -> list[tuple[str, str]]:
        """Return whose and where the children of what is at ``path`` are."""
        found = self.ask(name, path, _ACCESSIBLE, "GetChildren")
        return [(str(each[0]), str(each[1])) for each in found]

    def held(self, name: str, path: str, member: str) -> str:
        """Return a property."""
        asked = [_ACCESSIBLE, member]
        told = self.ask(name, path, "org.freedesktop.DBus.Properties", "Get", "ss", asked)
        return str(told.value)

    def ask(  # noqa: PLR0913, PLR0917 - a D-Bus call has as many parts
        self,
        name: str,
        path: str,
        interface: str,
        member: str,
        signature: str = "",
        body: Sequence[object] = (),
    ) -> Any:  # noqa: ANN401 - whatever D-Bus carries
        """Return the first thing that is answered."""
        answer = self._call(name, path, member, signature, body, interface)
        if answer.error_name in _GONE:
            raise GoneError(path)
        assert answer.message_type is MessageType.METHOD_RETURN, (answer.error_name, answer.body)
        return answer.body[0]

    def _call(  # noqa: PLR0913, PLR0917 - as above
        self,
        name: str,
        path: str,
        member: str,
        signature: str,
        body: Sequence[object],
        interface: str = "org.freedesktop.DBus",
    ) -> Message:
        message = Message(
            destination=name,
            path=path,
            interface=interface,
            member=member,
            signature=signature,
            body=[*body],
        )
        answer = self._runner.run(self._bus.call(message))
        assert answer is not None
        return answer

    def _hear(self, message: Message) -> None:
        if message.member == "Announcement" and message.interface == _EVENTS:
            _detail, politeness, _, words, *_more = message.body
            self.spoken.append((str(words.value), int(politeness)))


async def _connected(address: str) -> MessageBus:
    return await MessageBus(bus_address=address).connect()


@contextlib.contextmanager
def reader(folder: Path) -> Iterator[Reader]:
    """Open the window on a display and an accessibility bus of its own, and read it."""
    with (
        desktop_session(folder) as session,
        x_server() as screen,
        _running(session, _LAUNCHER, "--launch-immediately"),
    ):
        environment = {
            **session.environment,
            "DISPLAY": screen,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "QT_QPA_PLATFORM": "xcb",
            "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
        }
        ears = Ears(_address(session))
        try:
            with subprocess.Popen(
                [sys.executable, "-m", "tests.app.gui.aloud"],
                cwd=Path(__file__).parents[3],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            ) as program:
                assert program.stdout is not None
                assert program.stdout.readline() == "ready\n"
                _until(lambda: bool(ears.children(_REGISTRY, _ROOT)))
                try:
                    yield Reader(ears, program)
                finally:
                    program.communicate("quit\n", timeout=PATIENCE_S)
        finally:
            ears.close()


def _until(holds: Callable[[], bool]) -> None:
    deadline_monotonic_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline_monotonic_s, "it never came"
        time.sleep(0.05)


def _address(session: DesktopSession) -> str:
    """Return where the accessibility bus listens, once its launcher says so."""
    ears = Ears(session.bus)
    owned = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
    try:
        _until(lambda: bool(ears.ask(*owned, "NameHasOwner", "s", ["org.a11y.Bus"])))
        return str(ears.ask("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress"))
    finally:
        ears.close()


@contextlib.contextmanager
def _running(session: DesktopSession, *argv: str) -> Iterator[None]:
    with subprocess.Popen(
        argv, env=session.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as program:
        try:
            yield
        finally:
            program.terminate()
