"""First process of a lab: owns its namespaces and starts programs in them on request.

Runs as process 1 of a private process namespace, so that its end, however it comes,
ends every program of the lab and gives every link back. One thread, no policy: what the
world looks like is decided by those who ask (``world``).

    python -m worldvpn_lab.holder LISTENING_DESCRIPTOR ROLE...
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import attrs

from worldvpn_lab import control
from worldvpn_lab.control import Message
from worldvpn_lab.machine import Machine, furnish, private_root

_REFUSED: Final = (OSError, KeyError, ValueError, TypeError)


@attrs.define(eq=False)
class _Program:
    """A child, and the connection that wants to hear of its end."""

    pid: int
    line: socket.socket
    kept: bool


class Holder:
    """Answers requests, one connection each, until told to stop or left alone."""

    def __init__(self, listening: socket.socket, roles: list[str]) -> None:
        private_root()
        self._home = Machine.of_this_process()
        self._machines = {role: furnish(role, self._home) for role in roles}
        self._programs: dict[int, _Program] = {}
        self._owner: socket.socket | None = None
        self._running = True
        self._selector = selectors.DefaultSelector()
        self._listening = listening
        self._selector.register(listening, selectors.EVENT_READ)

    def serve(self) -> None:
        """Serve for ever; return when the owner hangs up or asks for the end."""
        woken, waker = socket.socketpair()
        waker.settimeout(0)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector.register(woken, selectors.EVENT_READ)
        while self._running:
            for key, _ in self._selector.select():
                line = key.fileobj
                if line is woken:
                    woken.recv(4096)
                    self._reap()
                elif line is self._listening:
                    self._selector.register(self._listening.accept()[0], selectors.EVENT_READ)
                elif isinstance(line, socket.socket):
                    self._hear(line)

    def _hear(self, line: socket.socket) -> None:
        try:
            message, descriptors = control.receive(line)
        except OSError:
            message, descriptors = None, []
        try:
            if message is None:
                self._hung_up(line)
            else:
                self._answer(line, message, descriptors)
        except BrokenPipeError:
            self._hung_up(line)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _hung_up(self, line: socket.socket) -> None:
        self._selector.unregister(line)
        line.close()
        self._running = self._running and line is not self._owner
        for program in self._programs.values():
            if program.line is line and not program.kept:
                os.killpg(program.pid, signal.SIGKILL)

    def _answer(self, line: socket.socket, message: Message, descriptors: list[int]) -> None:
        try:
            reply, given = self._do(line, message, descriptors)
        except _REFUSED as error:
            reply, given = {"error": f"{type(error).__name__}: {error}"}, []
        control.send(line, reply, given)
        if message.get("op") in {"spawn", "socket", "hello"}:
            for descriptor in given:
                os.close(descriptor)

    def _do(
        self, line: socket.socket, message: Message, descriptors: list[int]
    ) -> tuple[Message, list[int]]:
        match message:
            case {"op": "hello"}:
                return {}, [os.pidfd_open(os.getpid())]
            case {"op": "own" | "keep" as how}:
                self._owner = line if how == "own" else None
            case {"op": "release"}:
                self._release(line)
            case {"op": "namespaces", "roles": roles}:
                return {}, [self._machines[role].net for role in roles]
            case {"op": "socket", "role": role, "family": family, "type": type_, "proto": proto}:
                with self._inside(role):
                    return {}, [socket.socket(family, type_, proto).detach()]
            case {"op": "write", "role": role, "files": files}:
                with self._inside(role):
                    for path, text in files:
                        Path(path).write_text(text, encoding="utf-8")
            case {"op": "renew", "role": role}:
                self._machines[role] = furnish(role, self._home, self._machines[role])
            case {"op": "spawn"}:
                return self._spawn(line, message, descriptors)
            case _:
                raise ValueError(f"no such request: {message.get('op')!r}")
        return {}, []

    def _release(self, line: socket.socket) -> None:
        for program in self._programs.values():
            program.kept = program.kept or program.line is line

    def _spawn(
        self, line: socket.socket, message: Message, descriptors: list[int]
    ) -> tuple[Message, list[int]]:
        # Received descriptors may have the very numbers they must get: move them out of the way.
        lifted = [os.dup(descriptor) for descriptor in descriptors]
        top = 1 + max([*lifted, len(lifted)])
        actions = [
            (os.POSIX_SPAWN_DUP2, descriptor, top + number)
            for number, descriptor in enumerate(lifted)
        ]
        actions += [(os.POSIX_SPAWN_DUP2, top + number, number) for number in range(len(lifted))]
        try:
            with self._inside(message["role"]):
                os.chdir(message["cwd"])
                pid = os.posix_spawnp(
                    message["argv"][0],
                    message["argv"],
                    message["env"],
                    file_actions=actions,
                    setsid=True,
                    setsigdef=[signal.SIGPIPE, signal.SIGINT, signal.SIGCHLD],
                )
        finally:
            for descriptor in lifted:
                os.close(descriptor)
        self._programs[pid] = _Program(pid=pid, line=line, kept=False)
        return {"pid": pid}, [os.pidfd_open(pid)]

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            program = self._programs.pop(pid, None)
            if program is not None and program.line.fileno() >= 0:
                try:
                    control.send(program.line, {"status": os.waitstatus_to_exitcode(status)})
                except OSError:
                    continue

    @contextmanager
    def _inside(self, role: str) -> Iterator[None]:
        self._machines[role].enter()
        try:
            yield
        finally:
            self._home.enter()


def main() -> None:
    """Serve on the inherited socket."""
    inherited = socket.socket(fileno=int(sys.argv[1]))
    # A duplicate is closed on exec: programs of the lab must not hold its door open.
    listening = inherited.dup()
    inherited.close()
    Holder(listening, sys.argv[2:]).serve()


if __name__ == "__main__":
    main()
