"""One client of the local API, from its first line to its last answer."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

from worldvpn_core.errors import WorldVpnError
from worldvpn_core.ipc import codec, protocol
from worldvpn_core.ipc.codec import Call, Fault
from worldvpn_core.ipc.messages import Hello, Subscribe
from worldvpn_core.ipc.traffic import TrafficWatch

#: Answers one call, or raises a WorldVpnError; may take its time.
Answer = Callable[[Call], Awaitable[Mapping[str, object]]]

#: Calls one client may have under way; a person's program has one or two.
MAX_CALLS: Final = 8
#: Unreadable lines after which the client is sent away.
MAX_GARBAGE: Final = 3
#: What may wait for a slow reader, beyond the kernel's own buffer, before it is dropped.
MAX_BACKLOG_BYTES: Final = 262_144
#: How long a client that is sent away has to read why.
_FAREWELL_S: Final = 1.0

_log = logging.getLogger(__name__)


class Connection:
    """Reads calls, has each answered by its own task, and sends news once subscribed.

    ``news`` gives the newest snapshot as a line. The peer is dropped, never waited
    for: what it does not read in time it gets by subscribing again.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        answer: Answer,
        news: Callable[[], bytes],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._answer = answer
        self._news = news
        self._calls: set[asyncio.Task[Mapping[str, object]]] = set()
        self._has_greeted = False
        self._garbage = 0
        self.is_subscribed = False
        self.watches_traffic = False

    async def serve(self) -> None:
        """Serve until the client leaves or is sent away; its calls under way are finished."""
        try:
            while self._garbage < MAX_GARBAGE and not self._writer.is_closing():
                line = await self._next_line()
                if line is None:
                    break
                if line.strip():
                    self._take(line)
                # Lines already here are read without waiting: let the others have a turn.
                await asyncio.sleep(0)
        finally:
            self.is_subscribed = self.watches_traffic = False
            await self._leave()
        if self._calls:
            await asyncio.wait(self._calls)

    def cancel(self) -> None:
        """Drop the client and its calls under way: the daemon ends."""
        self._writer.transport.abort()
        for call in self._calls:
            call.cancel()

    def send(self, line: bytes) -> None:
        """Send ``line``, or drop a client that leaves too much unread."""
        transport = self._writer.transport
        if transport.is_closing():
            return
        if transport.get_write_buffer_size() > MAX_BACKLOG_BYTES:
            _log.warning("dropped a client that does not read")
            transport.abort()
            return
        self._writer.write(line)

    async def _next_line(self) -> bytes | None:
        try:
            return await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            self._refuse(codec.too_large("a line", protocol.MAX_LINE_BYTES))
        except (asyncio.IncompleteReadError, OSError):
            pass  # it left
        return None

    def _take(self, line: bytes) -> None:
        call = codec.decode(line)
        if isinstance(call, Fault):
            self._garbage += call.number in {protocol.PARSE_ERROR, protocol.INVALID_REQUEST}
            self._refuse(call)
        elif isinstance(call.request, Hello):
            self._greet(call, call.request.version)
        elif not self._has_greeted:
            self._refuse(_fault(call, protocol.CODE_HELLO, "say hello with your version first"))
        elif len(self._calls) >= MAX_CALLS:
            text = f"{MAX_CALLS} calls of yours are under way: wait for one of them"
            self._refuse(_fault(call, protocol.CODE_TOO_MANY, text, retryable=True))
        else:
            self._start(call)

    def _greet(self, call: Call, version: int) -> None:
        if version == protocol.PROTOCOL_VERSION:
            self._has_greeted = True
            self._start(call)
            return
        text = (
            f"the daemon speaks version {protocol.PROTOCOL_VERSION} and the client {version}:"
            " restart the older one after the update"
        )
        self._refuse(_fault(call, protocol.CODE_VERSION, text))

    def _start(self, call: Call) -> None:
        task = asyncio.ensure_future(self._answer(call))
        self._calls.add(task)
        task.add_done_callback(partial(self._finish, call))

    def _finish(self, call: Call, task: asyncio.Future[Mapping[str, object]]) -> None:
        self._calls.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            self.send(_result_line(call, task.result()))
            if isinstance(call.request, Subscribe):
                self.is_subscribed = True
                self.send(self._news())
            elif isinstance(call.request, TrafficWatch):
                self.watches_traffic = True
        elif isinstance(error, WorldVpnError):
            self._refuse(codec.fault_of(error, call.id))
        else:
            self._refuse(_internal(call, error))

    def _refuse(self, fault: Fault) -> None:
        self.send(codec.encode_fault(fault))

    async def _leave(self) -> None:
        self._writer.close()
        try:
            async with asyncio.timeout(_FAREWELL_S):
                await self._writer.wait_closed()
        except (TimeoutError, OSError):
            self._writer.transport.abort()


def _result_line(call: Call, result: Mapping[str, object]) -> bytes:
    try:
        return codec.encode_result(call.id, result)
    except (TypeError, ValueError) as error:
        return codec.encode_fault(_internal(call, error))


def _fault(call: Call, code: str, message: str, *, retryable: bool = False) -> Fault:
    return Fault(
        number=protocol.WORLDVPN_ERROR,
        code=code,
        message=message,
        id=call.id,
        retryable=retryable,
    )


def _internal(call: Call, error: BaseException) -> Fault:
    """Log where ``error`` was raised but not its words, which may hold what was asked."""
    where = "".join(traceback.format_tb(error.__traceback__))
    _log.error("%s failed with %s\n%s", call.name, type(error).__name__, where)
    return Fault(
        number=protocol.INTERNAL_ERROR,
        code=protocol.CODE_INTERNAL,
        message=f"{call.name} failed inside the daemon: see its log",
        id=call.id,
    )
