"""An internet of network namespaces, held by one process whose end removes all of it.

    with World.up(directory) as world:
        world.run("client", ["ping", "-c1", "198.51.100.80"])

Nothing of the host is touched, several worlds can stand at once, and no root is needed
where the system allows user namespaces (user_namespaces(7)).
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Self

from worldvpn_core.errors import BusyError, EngineError
from worldvpn_lab import build, control, state
from worldvpn_lab.control import Message
from worldvpn_lab.launch import CONTROL, ENVIRONMENT, start_holder
from worldvpn_lab.machine import PRIVATE
from worldvpn_lab.machine import ROLES as ROLES_DIRECTORY
from worldvpn_lab.map import GUEST, ROLES
from worldvpn_lab.netlink import Netlink
from worldvpn_lab.program import INHERITED, Completed, Program, Stdio, complete, pidfd_pid

_END_S: Final = 10.0


class World:
    """A standing lab. Make one with ``up``, find a standing one with ``attach``."""

    def __init__(self, directory: Path, launcher: int) -> None:
        self.directory = directory
        self._launcher = launcher
        self._lifeline = self._connect()
        _, (self._holder,) = self._request({"op": "hello"})

    @classmethod
    def up(cls, directory: Path, *, nodes: bool = True, more: Sequence[str] = ()) -> Self:
        """Build a world whose files (socket, profiles, log) go to ``directory``.

        It ends with this object's ``down``, or with this process, unless ``keep`` is called.
        Without ``nodes`` no WireGuard server runs, so no engine is needed. ``more`` roles have
        no cable and no settings yet.

        Raises:
            BusyError: a world stands there already.
            EngineError: a program is missing, or the system refuses namespaces.
            RoutingError: the kernel refused a link, an address or a route.
        """
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        if state.read(directory) is not None:
            raise BusyError(f"a lab stands in {directory} already: use it, or `worldvpn lab down`")
        world: Self | None = None
        # An interrupt between its start and the try would leave the holder to itself.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        try:
            launcher = start_holder(directory, (*ROLES, GUEST, *more))
        except BaseException:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            raise
        try:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            world = cls(directory, launcher)
            world._request({"op": "own"})
            state.write(directory, launcher)
            build.build(world, with_nodes=nodes)
        except BaseException:
            if world is not None:
                world.down()
            else:
                state.end(launcher)
            raise
        return world

    @classmethod
    def attach(cls, directory: Path) -> Self:
        """Return the world standing in ``directory``.

        Raises:
            BusyError: none does.
        """
        launcher = state.read(directory)
        if launcher is None:
            raise BusyError(f"no lab stands in {directory}: `worldvpn lab up` builds one")
        return cls(directory, launcher)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    @property
    def holder_pid(self) -> int:
        """Process id of the lab's first process, as seen from here."""
        return pidfd_pid(self._holder)

    def keep(self) -> None:
        """Let the world stand when this process ends."""
        self._request({"op": "keep"})

    def down(self) -> None:
        """End every program of the world and remove it; return when it is gone."""
        self._lifeline.close()
        state.end(self._launcher)
        select.select([self._holder], [], [], _END_S)
        os.close(self._holder)
        state.forget(self.directory)

    def spawn(
        self,
        role: str,
        argv: Sequence[str],
        *,
        stdio: Stdio = INHERITED,
        environment: Mapping[str, str] | None = None,
        uid: int | None = None,
    ) -> Program:
        """Start ``argv`` inside ``role`` and return it running.

        ``environment`` is added to a bare one. ``uid`` drops to that user, without any
        capability. Working directory: ``/``. The program is killed with its group when the
        returned object is closed or this process ends, unless told to ``keep``.

        Raises:
            EngineError: it could not be started.
        """
        line = self._connect()
        command = list(argv)
        if uid is not None:
            command = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", *command]
        request = {
            "op": "spawn",
            "role": role,
            "argv": command,
            "env": {**ENVIRONMENT, **(environment or {})},
            "cwd": "/",
        }
        try:
            _, (descriptor,) = _ask(line, request, stdio)
        except BaseException:
            line.close()
            raise
        return Program(argv=tuple(argv), line=line, pidfd=descriptor)

    def run(
        self,
        role: str,
        argv: Sequence[str],
        *,
        stdin: bytes = b"",
        timeout_s: float = 30.0,
        uid: int | None = None,
    ) -> Completed:
        """Run ``argv`` inside ``role`` to its end and return what it said.

        Raises:
            EngineError: it could not be started, or took longer than ``timeout_s``.
        """
        with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as out:
            source.write(stdin)
            source.seek(0)
            with tempfile.TemporaryFile() as err:
                stdio = (source.fileno(), out.fileno(), err.fileno())
                with self.spawn(role, argv, stdio=stdio, uid=uid) as program:
                    return complete(program, out, err, timeout_s)

    def has_program(self, role: str, name: str) -> bool:
        """Return whether ``role`` could start ``name``, a path or a name on its search path."""
        probe = ["sh", "-c", 'command -v -- "$1" >/dev/null', "sh", name]
        return self.run(role, probe).status == 0

    def open_socket(self, role: str, family: int, kind: int, protocol: int = 0) -> socket.socket:
        """Return a socket that lives in ``role``'s network (and is used from here)."""
        request = {
            "op": "socket",
            "role": role,
            "family": int(family),
            "type": int(kind),
            "proto": protocol,
        }
        _, (descriptor,) = self._request(request)
        return socket.socket(fileno=descriptor)

    def netlink(self, role: str) -> Netlink:
        """Return a routing socket in ``role``'s network."""
        return Netlink(
            self.open_socket(role, socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        )

    def namespaces(self, roles: Sequence[str]) -> list[int]:
        """Return descriptors of the roles' network namespaces; the caller closes them."""
        return self._request({"op": "namespaces", "roles": list(roles)})[1]

    def write(self, role: str, files: Mapping[str, str]) -> None:
        """Write each text to its path, as ``role`` sees the file system."""
        self._request({"op": "write", "role": role, "files": list(files.items())})

    def renew(self, role: str) -> None:
        """Give ``role`` empty /etc, /run and state directories; its network stays."""
        self._request({"op": "renew", "role": role})
        build.write_resolver(self, role)

    def path(self, role: str, inside: str) -> Path:
        """Return where a file of a private directory of ``role`` is seen from outside."""
        private = ("run", *PRIVATE)
        relative = inside.strip("/")
        if not any(relative == known or relative.startswith(known + "/") for known in private):
            raise EngineError(f"{inside} is not a role's own: only /{', /'.join(private)} are")
        root = Path(f"/proc/{self.holder_pid}/root")
        return root / ROLES_DIRECTORY.relative_to("/") / role / relative

    def _connect(self) -> socket.socket:
        line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            line.connect(str(self.directory / CONTROL))
        except OSError as error:
            line.close()
            raise EngineError(f"the lab in {self.directory} does not answer: {error}") from error
        return line

    def _request(self, request: Message) -> tuple[Message, list[int]]:
        return _ask(self._lifeline, request)


def _ask(
    line: socket.socket, request: Message, given: Sequence[int] = ()
) -> tuple[Message, list[int]]:
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        control.send(line, request, given)
    reply, descriptors = control.receive(line)
    if reply is None:
        raise EngineError("the lab's holder ended: its log is holder.log in the lab's directory")
    if "error" in reply:
        raise EngineError(f"the lab refused {request['op']}: {reply['error']}")
    return reply, descriptors
