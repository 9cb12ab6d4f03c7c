"""The local API's server: rights first, then the answer; one task a request.

``hello``, ``status`` and ``subscribe`` are answered here; every other request goes
to ``dispatch`` once the rights table has let it pass.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from worldvpn_core.errors import BusyError, DeniedError
from worldvpn_core.ipc import codec, protocol
from worldvpn_core.ipc.codec import Call
from worldvpn_core.ipc.connection import Connection
from worldvpn_core.ipc.listening import ListeningSocket
from worldvpn_core.ipc.messages import Hello, Request, Status, Subscribe
from worldvpn_core.ipc.peer import caller_of
from worldvpn_core.ipc.rights import Caller, Role, allows, refusal, role_of
from worldvpn_core.ipc.visible import visible

#: Carries out one permitted request; raises a WorldVpnError to refuse it.
Dispatch = Callable[[Caller, Request], Awaitable[Mapping[str, object]]]

#: Who may see what was carried, and when.
_TRUSTED: Final = frozenset({Role.ROOT, Role.OWNER})

#: Connections one user may hold, root apart: an app, a tray, a few terminals.
MAX_CONNECTIONS: Final = 32

_log = logging.getLogger(__name__)


class LocalServer:
    """Serves the local API at ``path`` to root, the owner and members of ``group_gid``.

    ``owner_uid`` is asked at every request, for the owner may change. ``snapshot``
    returns the daemon's newest state as JSON values. Without ``group_gid`` only root
    can reach the socket.
    """

    def __init__(
        self,
        path: Path,
        *,
        dispatch: Dispatch,
        owner_uid: Callable[[], int | None],
        group_gid: int | None,
        snapshot: Callable[[], Mapping[str, object]],
    ) -> None:
        self._path = path
        self._dispatch = dispatch
        self._owner_uid = owner_uid
        self._group_gid = group_gid
        self._snapshot = snapshot
        self._listening: ListeningSocket | None = None
        self._server: asyncio.Server | None = None
        self._connections: dict[Connection, asyncio.Task[None]] = {}
        self._callers: dict[Connection, Caller] = {}
        self._held: Counter[int] = Counter()

    async def start(self) -> None:
        """Listen; return once clients can connect.

        Raises:
            BusyError: another daemon listens at ``path``, or this one already does.
            ConfigError: the socket cannot be made there.
        """
        if self._listening is not None:
            raise BusyError(f"already listening at {self._path}")
        self._listening = ListeningSocket(self._path, group_gid=self._group_gid)
        self._server = await asyncio.start_unix_server(
            self._accept,
            sock=self._listening.socket,
            limit=protocol.MAX_LINE_BYTES,
        )

    def publish(self) -> None:
        """Send the newest snapshot to every subscriber, dropping those that do not read."""
        subscribers = [each for each in self._connections if each.is_subscribed]
        lines: dict[Role, bytes] = {}
        for subscriber in subscribers:
            role = self._role(self._callers[subscriber])
            if role not in lines:
                lines[role] = self._news(role)
            subscriber.send(lines[role])

    def publish_traffic(self, change: Mapping[str, object]) -> bool:
        """Send ``change`` to everyone who watches the traffic; say whether anybody does."""
        watching = [
            each
            for each in self._connections
            # Asked anew: who watches may have stopped being the owner.
            if each.watches_traffic and self._role(self._callers[each]) in _TRUSTED
        ]
        if watching:
            line = codec.encode_notification("traffic", change)
            for each in watching:
                each.send(line)
        return bool(watching)

    async def close(self) -> None:
        """Remove the socket and drop every client. Idempotent."""
        if self._server is None or self._listening is None:
            return
        self._server.close()
        self._listening.close()
        self._server = self._listening = None
        for connection in self._connections:
            connection.cancel()
        if self._connections:
            await asyncio.wait(self._connections.values())

    def _news(self, role: Role) -> bytes:
        return codec.encode_notification("snapshot", visible(self._snapshot(), role))

    def _role(self, caller: Caller) -> Role:
        return role_of(caller, owner_uid=self._owner_uid(), group_gid=self._group_gid)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            caller = caller_of(writer.get_extra_info("socket"))
        except OSError as error:
            _log.warning("sent a client away: the kernel does not say who it is (%s)", error)
            writer.transport.abort()
            return
        if caller.uid != 0 and self._held[caller.uid] >= MAX_CONNECTIONS:
            _log.warning("sent a client away: uid %d holds %d", caller.uid, MAX_CONNECTIONS)
            writer.transport.abort()
            return
        connection = Connection(
            reader,
            writer,
            answer=partial(self._answer, caller),
            news=lambda: self._news(self._role(caller)),
        )
        self._callers[connection] = caller
        self._held[caller.uid] += 1
        task = asyncio.ensure_future(connection.serve())
        self._connections[connection] = task
        task.add_done_callback(partial(self._forget, connection, caller.uid))

    def _forget(self, connection: Connection, uid: int, task: asyncio.Task[None]) -> None:
        del self._connections[connection], self._callers[connection]
        self._held[uid] -= 1
        self._held += Counter()  # forgets the uids that hold none
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a connection ended with %s", type(error).__name__)

    async def _answer(self, caller: Caller, call: Call) -> Mapping[str, object]:
        role = self._permit(caller, call)
        match call.request:
            case Hello():
                return {"version": protocol.PROTOCOL_VERSION, "role": role.value}
            case Status():
                return visible(self._snapshot(), role)
            case Subscribe():
                return {}
            case request:
                return await self._dispatch(caller, request)

    def _permit(self, caller: Caller, call: Call) -> Role:
        owner_uid = self._owner_uid()
        role = role_of(caller, owner_uid=owner_uid, group_gid=self._group_gid)
        if not allows(call.method.row, role, is_owned=owner_uid is not None):
            raise DeniedError(refusal(call.name, call.method.row, role))
        return role
