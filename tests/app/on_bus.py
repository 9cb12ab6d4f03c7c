"""A service on a message bus for tests, which answers from a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import Any, Self, TypeVar

from dbus_fast import Message
from dbus_fast.aio import MessageBus

from tests.app.programs import PATIENCE_S

Answer = TypeVar("Answer")


class OnBus(ABC):
    """Is on the bus at ``address`` as ``names`` while it is entered."""

    def __init__(self, address: str, *names: str) -> None:
        self.address = address
        self._names = names
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._bus: MessageBus | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._join())
        return self

    def __exit__(self, *_error: object) -> None:
        self._do(self._leave())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @abstractmethod
    def _answer(self, asked: Message) -> Message | bool:
        """Return the answer to what came; False: it is not for this service."""

    @property
    def _on(self) -> MessageBus:
        assert self._bus is not None
        return self._bus

    async def _join(self) -> None:
        self._bus = await MessageBus(self.address).connect()
        self._bus.add_message_handler(self._answer)
        for name in self._names:
            await self._bus.request_name(name)

    async def _leave(self) -> None:
        self._on.disconnect()

    async def _send(self, message: Message) -> None:
        await self._on.send(message)

    def _do(self, what: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(PATIENCE_S)
