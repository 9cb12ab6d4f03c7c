"""One connection to the daemon, blocking: what a command needs, and quick to import."""

from __future__ import annotations

import json
import os
import select
import socket
import struct
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from typing import Any, Final, cast

from worldvpn_app.cli.advice import no_daemon, no_right, ways_on
from worldvpn_app.cli.exits import CommandError, Exit, NoDaemonError, refused
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_core.ipc.protocol import PROTOCOL_VERSION

#: How long one answer may take: an import is read by another process.
ANSWER_S: Final = 30.0
_CHUNK_BYTES: Final = 65_536
_UCRED: Final = struct.Struct("3i")


class Client:
    """Speaks JSON-RPC 2.0 lines to the daemon at ``path``.

    Raises:
        NoDaemonError: nobody listens there.
        CommandError: the caller has no right to the socket, a stranger listens, or
            daemon and client differ in version.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._socket = _connect(path)
        #: Who called listen(2) there, by the kernel's word: root, or the caller.
        self.listener_uid = _listener_uid(self._socket)
        self._received = b""
        #: What arrived and was not asked for yet, by its method.
        self._news: defaultdict[str, deque[dict[str, Any]]] = defaultdict(deque)
        self._id = 0
        try:
            #: What the daemon takes us for: root, owner, group or other.
            self.role = str(self.call("hello", version=PROTOCOL_VERSION)["role"])
        except BaseException:
            self.close()
            raise

    def call(self, method: str, **params: object) -> dict[str, Any]:
        """Ask for ``method`` and return its result.

        Raises:
            CommandError: the daemon refused, or did not answer in ``ANSWER_S``.
            NoDaemonError: it went away.
        """
        self._id += 1
        self._send({"jsonrpc": "2.0", "id": self._id, "method": method, "params": params})
        deadline_monotonic_s = time.monotonic() + ANSWER_S
        while True:
            message = self._next(deadline_monotonic_s - time.monotonic())
            if message is None:
                text = f"the daemon did not answer {method} in {ANSWER_S:g} s: try again"
                raise CommandError("timeout", text)
            if "method" in message:
                self._news[message["method"]].append(message["params"])
            elif message.get("id") in {self._id, None}:
                return _result(message)

    def look(self, method: str, **params: object) -> dict[str, Any]:
        """Return what the central server says, whose text the daemon hands on.

        Raises like ``call``; a text that is no object is a CommandError, too.
        """
        try:
            value = json.loads(self.call(method, **params)["json"])
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise CommandError("central", f"the central server's answer to {method} is no JSON")
        return value

    def status(self) -> Snapshot:
        """Return the snapshot of this moment. Raises like ``call``."""
        return cast("Snapshot", self.call("status"))

    def next_snapshot(self, timeout_s: float | None = None) -> Snapshot | None:
        """Return the next snapshot after ``subscribe``, or None after ``timeout_s``.

        Raises:
            NoDaemonError: the daemon went away, or dropped us for reading too slowly.
        """
        return cast("Snapshot | None", self._next_of("snapshot", timeout_s))

    def next_traffic(self) -> dict[str, Any]:
        """Return the next change after ``traffic.watch``. Raises like ``next_snapshot``."""
        return cast("dict[str, Any]", self._next_of("traffic", None))

    def forget_news(self) -> None:
        """Drop snapshots that arrived and were not asked for yet."""
        self._news.clear()

    def close(self) -> None:
        """Leave. Idempotent."""
        self._socket.close()

    def _next_of(self, method: str, timeout_s: float | None) -> dict[str, Any] | None:
        while not self._news[method]:
            message = self._next(timeout_s)
            if message is None:
                return None
            if "method" in message:
                self._news[message["method"]].append(message["params"])
        return self._news[method].popleft()

    def _send(self, message: Mapping[str, object]) -> None:
        try:
            self._socket.sendall(json.dumps(message).encode() + b"\n")
        except OSError as error:
            raise self._gone() from error

    def _next(self, timeout_s: float | None) -> dict[str, Any] | None:
        while b"\n" not in self._received:
            wait_s = None if timeout_s is None else max(timeout_s, 0.0)
            if not select.select([self._socket], [], [], wait_s)[0]:
                return None
            try:
                chunk = self._socket.recv(_CHUNK_BYTES)
            except OSError as error:
                raise self._gone() from error
            if not chunk:
                raise self._gone()
            self._received += chunk
        line, _, self._received = self._received.partition(b"\n")
        return cast("dict[str, Any]", json.loads(line))

    def _gone(self) -> NoDaemonError:
        return NoDaemonError(f"the daemon at {self._path} closed the connection")


def _result(message: Mapping[str, Any]) -> dict[str, Any]:
    if "error" in message:
        code = message["error"]["data"]["code"]
        raise refused(code, message["error"]["message"], ways_on(code))
    return cast("dict[str, Any]", message["result"])


def _connect(path: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(ANSWER_S)
        connection.connect(path)
        _check_listener(connection, path)
    except PermissionError as error:
        connection.close()
        raise CommandError("denied", no_right(path), Exit.DENIED) from error
    except OSError as error:
        connection.close()
        raise NoDaemonError(no_daemon(path)) from error
    except CommandError:
        connection.close()
        raise
    return connection


def _check_listener(connection: socket.socket, path: str) -> None:
    """Refuse to hand keys to another user's program (SO_PEERCRED, unix(7))."""
    uid = _listener_uid(connection)
    if uid not in {0, os.getuid()}:
        text = f"what listens at {path} is not the daemon but a program of uid {uid}: do not use it"
        raise CommandError("denied", text, Exit.DENIED)


def _listener_uid(connection: socket.socket) -> int:
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    _pid, uid, _gid = _UCRED.unpack(raw)
    return int(uid)
