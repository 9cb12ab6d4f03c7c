"""D-Bus as systemd-resolved speaks it: the only module that imports dbus-fast.

Imported when a host turns out to use resolved, for the library costs 4 MiB.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Self

from dbus_fast import BusType, DBusFastError, Message, MessageFlag, MessageType
from dbus_fast.aio import MessageBus

from worldvpn_core.errors import DnsError

_SERVICE: Final = "org.freedesktop.resolve1"
_OBJECT: Final = "/org/freedesktop/resolve1"
_MANAGER: Final = "org.freedesktop.resolve1.Manager"
_BUS: Final = "org.freedesktop.DBus"
_PROPERTIES: Final = "org.freedesktop.DBus.Properties"
_ANSWER_S: Final = 5.0
_RULES: Final = (
    f"type='signal',sender='{_SERVICE}',path='{_OBJECT}',interface='{_PROPERTIES}'",
    f"type='signal',sender='{_BUS}',member='NameOwnerChanged',arg0='{_SERVICE}'",
)


class ResolvedBus:
    """A connection to the system bus, on which resolved is asked and heard.

    Everything that fails is a DnsError; its text holds the bus's own error name.
    """

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus

    @classmethod
    async def connect(cls, address: str | None, on_news: Callable[[], None]) -> Self:
        """Connect, and call ``on_news`` whenever resolved changed, came or went."""
        try:
            bus = MessageBus(bus_address=address, bus_type=BusType.SYSTEM)
            async with asyncio.timeout(_ANSWER_S):
                await bus.connect()
        except (OSError, DBusFastError, TimeoutError, EOFError) as error:
            raise DnsError(f"the system bus cannot be reached: {error}") from error
        connection = cls(bus)

        def hear(message: Message) -> None:
            if message.message_type is MessageType.SIGNAL:
                on_news()

        bus.add_message_handler(hear)
        for rule in _RULES:
            await connection._ask(_to_bus("AddMatch", rule))
        return connection

    @property
    def is_open(self) -> bool:
        """Whether the connection still stands."""
        return self._bus.connected

    async def is_owned(self) -> bool:
        """Say whether resolved is running."""
        return await self._ask(_to_bus("NameHasOwner", _SERVICE)) == [True]

    async def call(self, member: str, signature: str = "", body: tuple[object, ...] = ()) -> None:
        """Call ``member`` of resolved's Manager (org.freedesktop.resolve1(5))."""
        await self._ask(_to_resolved(_MANAGER, member, signature, body))

    async def read(self, member: str) -> object:
        """Return property ``member`` of resolved's Manager, unpacked."""
        reply = await self._ask(_to_resolved(_PROPERTIES, "Get", "ss", (_MANAGER, member)))
        return getattr(reply[0], "value", None)

    def close(self) -> None:
        """Leave the bus."""
        if self._bus.connected:
            self._bus.disconnect()

    async def _ask(self, message: Message) -> list[object]:
        what = f"{message.interface}.{message.member}"
        try:
            async with asyncio.timeout(_ANSWER_S):
                reply = await self._bus.call(message)
        except (OSError, DBusFastError, TimeoutError, EOFError) as error:
            raise DnsError(f"{what} was not answered: {error}") from error
        if reply is None or reply.message_type is MessageType.ERROR:
            name, said = (reply.error_name, reply.body) if reply else ("no reply", [])
            raise DnsError(f"{what} failed: {name} {' '.join(map(str, said))}")
        return list(reply.body)


def _to_bus(member: str, argument: str) -> Message:
    return Message(
        destination=_BUS,
        path="/org/freedesktop/DBus",
        interface=_BUS,
        member=member,
        signature="s",
        body=[argument],
    )


def _to_resolved(interface: str, member: str, signature: str, body: tuple[object, ...]) -> Message:
    return Message(
        destination=_SERVICE,
        path=_OBJECT,
        interface=interface,
        member=member,
        signature=signature,
        body=list(body),
        # Asking must not start a resolver that the host does not run.
        flags=MessageFlag.NO_AUTOSTART,
    )
