"""The client of the central server, hosted by worldvpn-agent, and what it is given."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Protocol

from worldvpn_core.central.calls import Call, SignedInAs
from worldvpn_core.central.news import News
from worldvpn_core.central.replies import Reply
from worldvpn_core.central.statement import Statement
from worldvpn_core.types import Endpoint


class CentralDesk(Protocol):
    """What the daemon does for the client of the central server."""

    async def socket(self, endpoint: Endpoint) -> socket.socket:
        """Return a socket connected to ``endpoint``, one of the server's; the caller closes it.

        Raises:
            CentralOfflineError: it cannot be reached, or not in the present state.
        """

    async def sign(self, statement: Statement) -> bytes:
        """Return the device's signature. Raises DeniedError."""

    async def keep_token(self, refresh_token: str) -> None:
        """Keep the token; returns once it is on disk: only then may it be used.

        Raises:
            VaultError: it cannot be kept.
        """

    async def keep_file(self, name: str, data: bytes) -> None:
        """Keep a file that the server has signed, for a start without it; b"" forgets it."""

    def tell(self, news: News) -> None:
        """Let the daemon know."""


class CentralClient(Protocol):
    """Speaks with one central server. It has no key, no disk, and no socket of its own."""

    async def run(self, account: SignedInAs | None, files: Mapping[str, bytes]) -> None:
        """Keep the directory fresh and, signed in, follow the account's events, until cancelled.

        Called anew whenever who is signed in changes. Loss of the server is news, and no
        error: it is tried again, ever later, and at once after ``moved``. ``files`` is what
        ``keep_file`` has kept.
        """

    async def call(self, call: Call) -> Reply:
        """Do ``call``, as whoever ``run`` was given.

        Raises:
            CentralOfflineError: the server cannot be reached.
            CentralRefusedError: it refused, with its own sentence.
            SignedOutError: nobody is signed in, or no more.
            OutOfCreditError: too little can be spent.
            ConfigError: the call makes no sense.
        """

    def moved(self) -> None:
        """Take note that the path to the server is another one: connect anew."""
