"""The link to the daemon: JSON-RPC lines over QLocalSocket, in Qt's own loop, no thread."""

from __future__ import annotations

import enum
import json
import os
import socket
import struct
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

import attrs
from PyQt6.QtCore import QCoreApplication, QObject, QTimer, pyqtSignal
from PyQt6.QtNetwork import QLocalSocket

from worldvpn_app.cli.advice import command
from worldvpn_app.cli.carried import merged
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_core.ipc.protocol import (
    CODE_VERSION,
    MAX_LINE_BYTES,
    PROTOCOL_VERSION,
    SOCKET_GROUP,
)

#: Waits between tries, the last one for good.
BACK_OFF_MS: Final = (500, 1_000, 2_000, 5_000)
_PARTS: Final = {
    "tunnel": dict,
    "sharing": dict,
    "protection": dict,
    "daemon": dict,
    "notices": list,
}
_UCRED: Final = struct.Struct("3i")

Result = Mapping[str, Any]


class LinkState(enum.StrEnum):
    """How the app stands with the daemon."""

    TRYING = "trying"
    CONNECTED = "connected"
    ABSENT = "absent"
    TOO_OLD = "too old"
    NO_RIGHTS = "no rights"
    #: What listens there is another user's program.
    STRANGER = "stranger"


@attrs.frozen(kw_only=True)
class Trouble:
    """Why there is no daemon to show: a sentence, and what to type about it."""

    sentence: str
    #: What it means, and what to do.
    then: str = ""
    command: str = ""
    #: Starting the service mends it.
    is_absent: bool = False


@attrs.frozen(kw_only=True)
class Refusal:
    """The daemon's answer to what it did not do."""

    code: str
    message: str


class Link(QObject):
    """Keeps one connection to the daemon at ``path``, and the newest snapshot."""

    state_changed = pyqtSignal()
    snapshot_changed = pyqtSignal()
    traffic_changed = pyqtSignal()

    def __init__(self, path: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = path
        self.state = LinkState.TRYING
        #: The last known; old once ``state`` is no longer CONNECTED.
        self.snapshot: Snapshot | None = None
        #: What tunnels carry, as ``traffic.watch`` tells; None while nobody is told.
        self.traffic: Result | None = None
        self.role = ""
        #: Who listens there, by the kernel's word; None: nobody does.
        self.listener_uid: int | None = None
        self._received = b""
        self._id = 0
        self._tries = 0
        self._waiting: dict[int, tuple[Callable[[Result], None], Callable[[Refusal], None]]] = {}
        self._socket = QLocalSocket(self)
        self._socket.connected.connect(self._greet)
        self._socket.readyRead.connect(self._read)
        self._socket.errorOccurred.connect(self._failed)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.open)

    def open(self) -> None:
        """Connect, and again whenever the connection falls."""
        self._timer.stop()
        if self._socket.state() is QLocalSocket.LocalSocketState.UnconnectedState:
            self._socket.connectToServer(self.path)

    def close(self) -> None:
        """Leave, and do not come back until ``open``."""
        self._timer.stop()
        self._socket.blockSignals(True)
        self._socket.abort()
        self._socket.blockSignals(False)

    def call(
        self,
        method: str,
        params: Mapping[str, object] | None = None,
        *,
        done: Callable[[Result], None] = lambda _result: None,
        refused: Callable[[Refusal], None] = lambda _refusal: None,
    ) -> None:
        """Ask for ``method``; later exactly one of ``done`` and ``refused`` is called."""
        if self._socket.state() is not QLocalSocket.LocalSocketState.ConnectedState:
            text = QCoreApplication.translate("link", "The service does not answer.")
            refused(Refusal(code="no_daemon", message=text))
            return
        self._id += 1
        self._waiting[self._id] = (done, refused)
        request = {"jsonrpc": "2.0", "id": self._id, "method": method, "params": {**(params or {})}}
        self._socket.write(json.dumps(request).encode() + b"\n")

    def watch_traffic(self) -> None:
        """Be told each second what tunnels carry, as long as the connection lasts."""
        self.call("traffic.watch", done=self._take_traffic)

    def _take_traffic(self, traffic: Result) -> None:
        if "history" in traffic:  # else it is told in a way this app does not know
            self.traffic = traffic
            self.traffic_changed.emit()

    def _greet(self) -> None:
        self.listener_uid = self._uid_of_listener()
        if self.listener_uid not in {0, os.getuid()}:
            self._leave(LinkState.STRANGER)
            return
        self._received = b""
        self.call(
            "hello",
            {"version": PROTOCOL_VERSION},
            done=self._welcome,
            refused=self._turned_away,
        )

    def _welcome(self, result: Result) -> None:
        self.role = str(result["role"])
        self.call("subscribe", refused=self._turned_away)

    def _turned_away(self, refusal: Refusal) -> None:
        match refusal.code:
            case code if code == CODE_VERSION:
                self._leave(LinkState.TOO_OLD)
            case "denied":
                self._leave(LinkState.NO_RIGHTS)
            case _:
                self._leave(LinkState.ABSENT)

    def _read(self) -> None:
        self._received += self._socket.readAll().data()
        *lines, self._received = self._received.split(b"\n")
        if len(self._received) > MAX_LINE_BYTES:
            self._leave(LinkState.ABSENT)
            return
        for line in lines:
            try:
                message = json.loads(line)
            except ValueError:
                message = None
            if not isinstance(message, dict):
                self._leave(LinkState.ABSENT)
                return
            self._take(message)

    def _take(self, message: Mapping[str, Any]) -> None:
        if message.get("method") == "snapshot":
            if not is_whole(message.get("params")):
                self._leave(LinkState.TOO_OLD)
                return
            self.snapshot = cast("Snapshot", message["params"])
            self._tries = 0
            self._set(LinkState.CONNECTED)
            self.snapshot_changed.emit()
            return
        if message.get("method") == "traffic" and self.traffic is not None:
            self._take_traffic(merged(self.traffic, message["params"]))
            return
        done, refused = self._waiting.pop(message.get("id") or 0, (None, None))
        if done is None or refused is None:
            return
        if "error" in message:
            refused(refusal_of(message["error"]))
        else:
            result = message.get("result")
            done(result if isinstance(result, dict) else {})

    def _failed(self, error: QLocalSocket.LocalSocketError) -> None:
        denied = error is QLocalSocket.LocalSocketError.SocketAccessError
        self._leave(LinkState.NO_RIGHTS if denied else LinkState.ABSENT)

    def _leave(self, state: LinkState) -> None:
        self.close()
        self.listener_uid = None
        self.traffic = None
        self._set(state)
        waiting, self._waiting = self._waiting, {}
        text = QCoreApplication.translate("link", "The service went away before it answered.")
        for _done, refused in waiting.values():
            refused(Refusal(code="no_daemon", message=text))
        self._timer.start(BACK_OFF_MS[min(self._tries, len(BACK_OFF_MS) - 1)])
        self._tries += 1

    def _set(self, state: LinkState) -> None:
        if state is not self.state:
            self.state = state
            self.state_changed.emit()

    def _uid_of_listener(self) -> int:
        """Return who called listen(2), by the kernel's word (SO_PEERCRED, unix(7))."""
        with socket.socket(fileno=os.dup(int(self._socket.socketDescriptor()))) as same:
            raw = same.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
        return int(_UCRED.unpack(raw)[1])


def is_whole(snapshot: object) -> bool:
    """Say whether all of ``snapshot`` is there that no page can do without."""
    return isinstance(snapshot, dict) and all(
        isinstance(snapshot.get(part), kind) for part, kind in _PARTS.items()
    )


def refusal_of(error: object) -> Refusal:
    """Return a refusal as it is told, however little of it is."""
    told = error if isinstance(error, dict) else {}
    data = told.get("data")
    code = data.get("code") if isinstance(data, dict) else None
    return Refusal(code=str(code or "internal"), message=str(told.get("message") or ""))


def trouble_of(state: LinkState, path: str) -> Trouble | None:
    """Return what to say and to type when ``state`` is not CONNECTED. Pure but for translation."""
    translate = QCoreApplication.translate
    kept = translate("link", "What it blocked stays blocked; a tunnel may be closed.")
    match state:
        case LinkState.CONNECTED:
            return None
        case LinkState.TRYING:
            return Trouble(sentence=translate("link", "Asking the WorldVPN service."))
        case LinkState.ABSENT:
            return Trouble(
                sentence=translate("link", "The WorldVPN service is not running"),
                then=kept,
                command=command("daemon", as_root=True),
                is_absent=True,
            )
        case LinkState.TOO_OLD:
            return Trouble(
                sentence=translate("link", "App and service differ in version"),
                then=translate("link", "Start the service again, from the same installation:"),
                command=command("daemon", as_root=True),
            )
        case LinkState.NO_RIGHTS:
            return Trouble(
                sentence=translate("link", "You may not speak to the service"),
                then=translate("link", "Join its group, then log out and in again:"),
                command=f"sudo usermod -aG {SOCKET_GROUP} $USER",
            )
        case LinkState.STRANGER:
            return Trouble(
                sentence=translate("link", "What answers is not the service"),
                then=translate("link", "Another user's program listens there. See whose it is:"),
                command=f"ls -l {path}",
            )
