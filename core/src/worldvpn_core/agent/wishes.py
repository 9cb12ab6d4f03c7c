"""What the agent waits for the daemon to give: one answer a wish."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import Awaitable, Callable
from typing import Any, Final, cast

import attrs

from worldvpn_core.agent.messages import (
    SignatureAsked,
    SignatureGiven,
    SignatureRefused,
    SocketAsked,
    SocketGiven,
    SocketRefused,
    TokenGiven,
    TokenKept,
    TokenRefused,
)
from worldvpn_core.agent.pair import Packet, close_all
from worldvpn_core.agent.spec import SocketWanted
from worldvpn_core.central.statement import Statement
from worldvpn_core.errors import AgentError

Asking = SocketAsked | SignatureAsked | TokenGiven
Given = SocketGiven | SocketRefused | SignatureGiven | SignatureRefused | TokenKept | TokenRefused

#: Which answers a wish of each kind can have.
_FITTING: Final[dict[type[Asking], tuple[type[Given], ...]]] = {
    SocketAsked: (SocketGiven, SocketRefused),
    SignatureAsked: (SignatureGiven, SignatureRefused),
    TokenGiven: (TokenKept, TokenRefused),
}


class WishRefusedError(Exception):
    """The daemon will not, or cannot; the message is its reason."""


@attrs.frozen
class _Wish:
    fitting: tuple[type[Given], ...]
    answer: asyncio.Future[Any]


class Wishes:
    """Wishes under way; ``say`` sends one to the daemon."""

    def __init__(self, say: Callable[[Asking], Awaitable[None]]) -> None:
        self._say = say
        self._ids = itertools.count(1)
        self._open: dict[int, _Wish] = {}

    async def socket(self, request: int, wanted: SocketWanted) -> socket.socket:
        """Have ``wanted`` opened; the caller closes it. Raises WishRefusedError."""
        asked = SocketAsked(id=next(self._ids), request=request, wanted=wanted)
        return cast("socket.socket", await self._wait(asked))

    async def signature(self, request: int, statement: Statement) -> bytes:
        """Have ``statement`` signed. Raises WishRefusedError."""
        asked = SignatureAsked(id=next(self._ids), request=request, statement=statement)
        return cast("bytes", await self._wait(asked))

    async def token(self, request: int, refresh_token: str) -> None:
        """Have the token kept; returns once it is on disk. Raises WishRefusedError."""
        given = TokenGiven(id=next(self._ids), request=request, refresh_token=refresh_token)
        await self._wait(given)

    def take(self, given: Given, packet: Packet) -> None:
        """Take the daemon's answer. Raises AgentError: nobody asked for it."""
        wish = self._open.pop(given.id, None)
        if wish is None or not isinstance(given, wish.fitting):
            close_all(packet.descriptors)
            raise AgentError(f"{type(given).__name__} came that nobody asked for")
        if wish.answer.cancelled():
            close_all(packet.descriptors)
            return
        match given:
            case SocketGiven():
                wish.answer.set_result(socket.socket(fileno=packet.descriptors[0]))
            case SignatureGiven(signature=signature):
                wish.answer.set_result(signature)
            case TokenKept():
                wish.answer.set_result(None)
            case SocketRefused() | SignatureRefused() | TokenRefused():
                wish.answer.set_exception(WishRefusedError(given.reason))

    async def _wait(self, asked: Asking) -> object:
        answer: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._open[asked.id] = _Wish(_FITTING[type(asked)], answer)
        try:
            await self._say(asked)
            return await answer
        except asyncio.CancelledError:
            if answer.done() and isinstance(sock := _result(answer), socket.socket):
                sock.close()  # it came in the same turn; nobody else will ever have it
            raise


def _result(answer: asyncio.Future[object]) -> object:
    return None if answer.cancelled() or answer.exception() else answer.result()
