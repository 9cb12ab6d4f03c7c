"""The agent's side of the central server: the plugin's client, and the desk it works at."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
from collections.abc import Awaitable, Callable
from typing import Final

from worldvpn_core.agent.messages import (
    MOST_FILE_PARTS,
    AgentMessage,
    AskCentral,
    CentralAnswered,
    CentralServed,
    CentralTold,
    FileGiven,
    ServeCentral,
)
from worldvpn_core.agent.spec import SocketKind, SocketWanted
from worldvpn_core.agent.wishes import Wishes, WishRefusedError
from worldvpn_core.central.news import News
from worldvpn_core.central.statement import Statement
from worldvpn_core.contracts import CentralClient
from worldvpn_core.errors import (
    AgentError,
    CentralOfflineError,
    ConfigError,
    DeniedError,
    PluginError,
    VaultError,
    WorldVpnError,
)
from worldvpn_core.types import Endpoint

Say = Callable[[AgentMessage], Awaitable[None]]

_PART_BYTES: Final = 65_536
#: How long the daemon may take to say whom it has signed in.
FIRST_S: Final = 3.0


class Desk:
    """``CentralDesk`` over the pair: whatever it asks for belongs to the request served now."""

    def __init__(self) -> None:
        self._wishes: Wishes | None = None
        self._say: Say | None = None
        self._request: int | None = None
        self._is_served = asyncio.Event()
        self._told: asyncio.Queue[News] = asyncio.Queue()

    def bind(self, wishes: Wishes, say: Say) -> None:
        """Work through these: the pair is there."""
        self._wishes, self._say = wishes, say

    async def serve(self, request: int) -> None:
        """Hand on what is told, in order, as news for ``request``; until cancelled."""
        self._request = request
        self._is_served.set()
        while True:
            news = await self._told.get()
            await self._said(CentralTold(request=request, news=news))

    async def socket(self, endpoint: Endpoint) -> socket.socket:
        """See ``CentralDesk``."""
        wanted = SocketWanted(kind=SocketKind.CENTRAL, endpoint=endpoint)
        wishes, request = await self._bound()
        try:
            return await wishes.socket(request, wanted)
        except WishRefusedError as error:
            raise CentralOfflineError(f"the central server at {endpoint}: {error}") from None

    async def sign(self, statement: Statement) -> bytes:
        """See ``CentralDesk``."""
        wishes, request = await self._bound()
        try:
            return await wishes.signature(request, statement)
        except WishRefusedError as error:
            raise DeniedError(str(error)) from None

    async def keep_token(self, refresh_token: str) -> None:
        """See ``CentralDesk``."""
        wishes, request = await self._bound()
        try:
            await wishes.token(request, refresh_token)
        except WishRefusedError as error:
            raise VaultError(str(error)) from None

    async def keep_file(self, name: str, data: bytes) -> None:
        """See ``CentralDesk``."""
        _, request = await self._bound()
        pieces = [data[at : at + _PART_BYTES] for at in range(0, len(data), _PART_BYTES)] or [b""]
        if len(pieces) > MOST_FILE_PARTS:
            raise ConfigError(f"{name} has {len(data):,} bytes: that is more than is kept")
        for part, piece in enumerate(pieces):
            await self._said(
                FileGiven(
                    request=request,
                    name=name,
                    part=part,
                    parts=len(pieces),
                    data=base64.b64encode(piece).decode(),
                )
            )

    def tell(self, news: News) -> None:
        """See ``CentralDesk``."""
        self._told.put_nowait(news)

    async def _bound(self) -> tuple[Wishes, int]:
        """Return what belongs to the request served now; the first may be on its way."""
        try:
            async with asyncio.timeout(FIRST_S):
                await self._is_served.wait()
        except TimeoutError:
            raise AgentError("the central server is not spoken with yet") from None
        if self._wishes is None or self._request is None:
            raise AgentError("the pair is not there yet")
        return self._wishes, self._request

    async def _said(self, message: AgentMessage) -> None:
        if self._say is not None:
            await self._say(message)


class CentralSide:
    """Runs the plugin's client for the daemon; ``client`` None: this host has no server."""

    def __init__(self, client: CentralClient | None, desk: Desk) -> None:
        self._client = client
        self._desk = desk
        self._serving: asyncio.Task[None] | None = None
        #: Whether whom to act for is known: what is asked meanwhile waits for it.
        self._begun = asyncio.Event()

    async def serve(self, request: ServeCentral, descriptor: int) -> CentralServed:
        """Follow the server until the next request of this kind takes over.

        Raises:
            PluginError: the client failed.
            ConfigError: there is none.
        """
        client = self._found()
        self._begun.clear()
        files, at = {}, 0
        for name, length in request.files:
            files[name] = os.pread(descriptor, length, at)
            at += length
        former, self._serving = self._serving, None
        if former is not None:
            former.cancel()
            await asyncio.wait({former})

        async def work() -> None:
            handing = asyncio.create_task(self._desk.serve(request.id))
            try:
                # The desk knows whom it serves before the client asks for anything.
                await asyncio.sleep(0)
                await client.run(request.account, files)
            finally:
                handing.cancel()

        serving = self._serving = asyncio.create_task(work())
        # Once for the desk, once for the client: it has taken the account by then.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        self._begun.set()
        await asyncio.wait({serving})
        if not serving.cancelled() and (error := serving.exception()) is not None:
            raise PluginError(f"the client of the central server failed ({_kind(error)})")
        return CentralServed(id=request.id)

    async def ask(self, request: AskCentral) -> CentralAnswered:
        """Have the client do what is asked. Raises what it raises, or PluginError."""
        client = self._found()
        try:
            async with asyncio.timeout(FIRST_S):
                await self._begun.wait()
        except TimeoutError:
            raise AgentError("the central server is not spoken with yet") from None
        try:
            return CentralAnswered(id=request.id, reply=await client.call(request.call))
        except WorldVpnError:
            raise
        except Exception as error:
            # Its text may quote what a stranger wrote, or a password: only its kind is told.
            raise PluginError(
                f"the client of the central server failed ({_kind(error)}): report it"
            ) from error

    def moved(self) -> None:
        """Let the client connect anew."""
        if self._client is not None:
            self._client.moved()

    def _found(self) -> CentralClient:
        if self._client is None:
            raise ConfigError(
                "this computer belongs to no central server: write [central] in daemon.toml"
            )
        return self._client


def _kind(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "" if trace is None else f" at {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}"
    return f"{type(error).__name__}{where}"
