"""An account of the central server whose sessions are guests, by the daemon's own client of it."""

from __future__ import annotations

import asyncio
import secrets
import socket
import time
from collections.abc import Callable
from typing import Final, Self
from uuid import uuid4

import attrs

from worldvpn_central.client import HttpCentralClient
from worldvpn_core.central import calls
from worldvpn_core.central.identity import DeviceKeys
from worldvpn_core.central.news import News, Reach, Reached
from worldvpn_core.central.place import Place, PlaceKind
from worldvpn_core.central.replies import Entered, Granted
from worldvpn_core.central.server import CentralServer
from worldvpn_core.central.statement import Statement
from worldvpn_core.contracts import SignedInAs
from worldvpn_core.credit.ticket import Ticket, read_ticket
from worldvpn_core.errors import CentralOfflineError, EngineError
from worldvpn_core.types import Endpoint

#: Sessions of an account at a time: of more, the last would be beyond what the server adds to the
#: pay of one pair a day.
SESSIONS: Final = 8
_PROTOCOL: Final = "wireguard"

SocketOf = Callable[[int, int], socket.socket]


@attrs.frozen
class _Desk:
    """What a daemon does for its client of the central server; nothing outlives the process."""

    root_key: bytes
    socket_of: SocketOf
    keys: DeviceKeys = attrs.field(factory=DeviceKeys.fresh)
    online: asyncio.Event = attrs.field(factory=asyncio.Event)

    async def socket(self, endpoint: Endpoint) -> socket.socket:
        family = socket.AF_INET if endpoint.host.version == 4 else socket.AF_INET6  # noqa: PLR2004 - IPv4
        sock = self.socket_of(family, socket.SOCK_STREAM)
        sock.settimeout(0)
        try:
            await asyncio.get_running_loop().sock_connect(sock, (str(endpoint.host), endpoint.port))
        except BaseException as error:
            sock.close()
            if isinstance(error, OSError):
                raise CentralOfflineError(f"nobody answers at {endpoint}") from error
            raise
        return sock

    async def sign(self, statement: Statement) -> bytes:
        return self.keys.sign(statement, self.root_key, time.time())

    async def keep_token(self, refresh_token: str) -> None:
        """Forget it: nobody signs in again."""

    async def keep_file(self, name: str, data: bytes) -> None:
        """Forget it: the server is asked again."""

    def tell(self, news: News) -> None:
        """Take note of the first connection; whatever else there is, nobody looks."""
        if news == Reached(reach=Reach.ONLINE):
            self.online.set()


@attrs.frozen(kw_only=True)
class Admission:
    """A session that a node has accepted, and its guest's keys."""

    granted: Granted
    keys: DeviceKeys
    ticket: Ticket


@attrs.frozen
class Member:
    """One account, signed in; ``_following`` hears its events."""

    _client: HttpCentralClient
    _following: asyncio.Task[None]

    @classmethod
    async def registered(
        cls, server: CentralServer, name: str, socket_of: SocketOf = socket.socket
    ) -> Self:
        """Make the account ``name``, and follow it. Raises CentralError.

        ``socket_of`` makes a socket of a family and a kind, where the server can be reached.
        """
        desk = _Desk(server.root_key, socket_of)
        client = HttpCentralClient(server, desk)
        entered = await client.call(
            calls.Register(
                username=name,
                password=secrets.token_urlsafe(24),
                device_name=name,
                keys=_public(desk.keys),
            )
        )
        if not isinstance(entered, Entered):
            raise EngineError(f"an account was answered with {type(entered).__name__}")
        account = SignedInAs(
            user_id=entered.user_id,
            username=entered.username,
            device_id=entered.device_id,
            refresh_token=entered.refresh_token,
        )
        following = asyncio.create_task(client.run(account, {}))
        await desk.online.wait()
        return cls(client, following)

    async def admitted(self, node_id: str) -> Admission:
        """Open a session at that node. Raises CentralError: it, or the server, refuses."""
        keys = DeviceKeys.fresh()
        granted = await self._client.call(
            calls.Open(
                key=str(uuid4()),
                place=Place(kind=PlaceKind.NODE, node=node_id),
                protocol=_PROTOCOL,
                keys=_public(keys),
            )
        )
        if not isinstance(granted, Granted):
            raise EngineError(f"a session was answered with {type(granted).__name__}")
        return Admission(granted=granted, keys=keys, ticket=read_ticket(granted.ticket))

    async def leave(self) -> None:
        """Follow the account no more."""
        self._following.cancel()
        await asyncio.wait({self._following})

    async def end(self, session_id: str, last_word: bytes | None) -> None:
        """End a session with its guest's last receipt. Raises CentralError."""
        await self._client.call(calls.End(session_id=session_id, final_receipt=last_word))


def _public(keys: DeviceKeys) -> calls.PublicKeys:
    return calls.PublicKeys(x25519=keys.x25519_public, ed25519=keys.ed25519_public)
