"""Hears of every change of nftables rules in its network namespace, whoever makes it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import weakref
from typing import Final

# linux/netlink.h and linux/netfilter/nfnetlink.h
_NETLINK_NETFILTER: Final = 12
_NFNLGRP_NFTABLES: Final = 7
_LONGEST: Final = 1 << 16


class Changes:
    """Listens from the moment it is made; a burst of changes is heard once."""

    def __init__(self) -> None:
        """Listen.

        Raises:
            OSError: this kernel has no netfilter, or we have no right to it.
        """
        self._kernel = socket.socket(
            socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, _NETLINK_NETFILTER
        )
        self._kernel.bind((0, 1 << (_NFNLGRP_NFTABLES - 1)))
        weakref.finalize(self, self._kernel.close)

    async def heard(self) -> None:
        """Return once something has changed since the last call."""
        loop = asyncio.get_running_loop()
        try:
            await loop.sock_recv(self._kernel, _LONGEST)
            with contextlib.suppress(BlockingIOError):
                while True:
                    self._kernel.recv(_LONGEST)
        except OSError as error:
            # More was told than the socket holds: so something has changed.
            if error.errno != errno.ENOBUFS:
                raise
