"""What an interface has carried, by the kernel's own 64-bit counters."""

from __future__ import annotations

import asyncio
from functools import cached_property
from pathlib import Path
from typing import Final

from worldvpn_core.contracts import Reading
from worldvpn_host.link_codec import ask_link, read_volume
from worldvpn_host.route_socket import RouteSocket

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE: Final = Path("/proc/thread-self/ns/net")


class KernelMeter:
    """Reads one link at a time, in a thread: the kernel may hold the links' lock for long.

    A link's index is given once in the life of its network namespace, so boot, namespace
    and index name one life of an interface.
    """

    def __init__(self, sock: RouteSocket) -> None:
        self._socket = sock

    async def read(self, interface: str) -> Reading | None:
        return await asyncio.to_thread(self._read, interface)

    def _read(self, interface: str) -> Reading | None:
        message = self._socket.ask(ask_link(interface))
        found = None if message is None else read_volume(message.body)
        if found is None:
            return None
        index, received_bytes, sent_bytes = found
        return Reading(
            source=f"{self._place}/{index}",
            received_bytes=received_bytes,
            sent_bytes=sent_bytes,
        )

    @cached_property
    def _place(self) -> str:
        return f"{_BOOT.read_text(encoding='ascii').strip()}/{_NAMESPACE.stat().st_ino}"
