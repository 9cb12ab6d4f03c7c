"""A program running inside a lab, held by a descriptor of the process, never by its number."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final, Self

import attrs

from worldvpn_core.errors import EngineError
from worldvpn_lab import control

#: Descriptors of ours that become 0, 1, 2 and so on of the program.
Stdio = Sequence[int]
INHERITED: Final[Stdio] = (0, 1, 2)

_DEATH_S: Final = 5.0


@attrs.frozen(kw_only=True)
class Completed:
    """What a program left: exit status (negative: the signal that ended it) and output."""

    argv: tuple[str, ...]
    status: int
    stdout: str
    stderr: str

    def checked(self) -> str:
        """Return its standard output.

        Raises:
            EngineError: it failed.
        """
        if self.status != 0:
            said = self.stderr.strip() or self.stdout.strip()
            raise EngineError(f"{' '.join(self.argv)} ended with status {self.status}: {said}")
        return self.stdout


def pidfd_pid(descriptor: int) -> int:
    """Return the process id behind a pidfd, as this process sees it; -1 once it has gone."""
    text = Path(f"/proc/self/fdinfo/{descriptor}").read_text(encoding="utf-8")
    found = [line.split()[1] for line in text.splitlines() if line.startswith("Pid:")]
    return int(found[0])


class Program:
    """A started program. Closing it kills its process group, unless it was to be kept."""

    def __init__(self, *, argv: tuple[str, ...], line: socket.socket, pidfd: int) -> None:
        self.argv = argv
        #: Descriptor of the process: becomes readable when it has ended.
        self.pidfd = pidfd
        self._line = line
        self._kept = False
        self._status: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """Its process id as this process sees it: for reading /proc, never for signals."""
        return pidfd_pid(self.pidfd)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal; one that has ended is no error."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, number)

    def wait(self, timeout_s: float | None = None) -> int | None:
        """Return its exit status (negative: the signal), or None while it runs still."""
        if self._status is None and select.select([self._line], [], [], timeout_s)[0]:
            message, _ = control.receive(self._line)
            if message is None:
                raise EngineError(f"the lab ended while {self.argv[0]} was running in it")
            self._status = int(message["status"])
        return self._status

    def keep(self) -> None:
        """Let it run on when this object is closed or this process ends."""
        control.send(self._line, {"op": "release"})
        message, _ = control.receive(self._line)
        if message is not None and "status" in message:
            self._status = int(message["status"])
        self._kept = True

    def close(self) -> None:
        """Kill it with its group, unless it has ended or was to be kept; forget it."""
        if self.pidfd < 0:
            return
        self._line.close()
        if self._status is None and not self._kept:
            select.select([self.pidfd], [], [], _DEATH_S)
        os.close(self.pidfd)
        self.pidfd = -1


def complete(program: Program, out: IO[bytes], err: IO[bytes], timeout_s: float) -> Completed:
    """Wait for ``program`` and read what it wrote to the files ``out`` and ``err``.

    Raises:
        EngineError: it took longer than ``timeout_s``.
    """
    status = program.wait(timeout_s)
    texts: list[str] = []
    for file in (out, err):
        file.seek(0)
        texts.append(file.read().decode(errors="replace"))
    if status is None:
        raise EngineError(
            f"{' '.join(program.argv)} took longer than {timeout_s:g} s; it said: {texts[1]}"
        )
    return Completed(argv=program.argv, status=status, stdout=texts[0], stderr=texts[1])
