"""NetworkManager on a bus of its own, as far as the daemon asks it: is the network metered?

Run as ``metered_bus.py BUS FILE``; what it answers is the number in FILE (NMMetered).
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus


async def serve(bus: str, said: Path) -> None:
    """Answer until killed."""
    connection = await MessageBus(bus_address=f"unix:path={bus}").connect()

    def hear(message: Message) -> Message | None:
        if message.message_type is not MessageType.METHOD_CALL or message.member != "Get":
            return None
        metered = int(said.read_text("utf-8"))
        return Message.new_method_return(message, "v", [Variant("u", metered)])

    connection.add_message_handler(hear)
    await connection.request_name("org.freedesktop.NetworkManager")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], Path(sys.argv[2])))
