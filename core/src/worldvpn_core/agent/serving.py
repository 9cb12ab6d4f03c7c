"""The agent's side of the conversation: requests in, answers and wishes out."""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import ssl
from collections.abc import Collection

from worldvpn_core import plugins
from worldvpn_core.agent import lookup, resolv_conf
from worldvpn_core.agent.limits import refuse_beyond_limits
from worldvpn_core.agent.messages import (
    MOST_SENTENCE_CHARACTERS,
    DaemonMessage,
    Failed,
    ProfileRead,
    ReadProfile,
    Ready,
    Resolve,
    Resolved,
    SignatureGiven,
    SignatureRefused,
    SocketAsked,
    SocketGiven,
    SocketRefused,
    from_daemon,
    packed,
)
from worldvpn_core.agent.pair import MOST_PACKET_BYTES, Packet, Pair, close_all
from worldvpn_core.agent.spec import MOST_PROFILE_BYTES, SocketWanted
from worldvpn_core.agent.wire import ServerFailedError
from worldvpn_core.contracts import ProfileReader
from worldvpn_core.errors import AgentError, ConfigError, WorldVpnError
from worldvpn_core.types import IpAddress


class Agent:
    """Answers the daemon until it closes its end of ``pair``."""

    def __init__(
        self, pair: Pair, readers: Collection[ProfileReader], context: ssl.SSLContext
    ) -> None:
        self._pair = pair
        self._readers = readers
        self._context = context
        self._ids = itertools.count(1)
        self._wishes: dict[int, asyncio.Future[socket.socket]] = {}

    async def run(self) -> None:
        """Say that it is ready, then answer.

        Raises:
            AgentError: the daemon sent what it never sends: the caller must end.
        """
        await self._pair.send(packed(Ready(readers=tuple(each.name for each in self._readers))))
        async with asyncio.TaskGroup() as answering:
            while (packet := await self._pair.receive()) is not None:
                message = from_daemon(packet.data)
                if len(packet.descriptors) != _descriptors_of(message):
                    close_all(packet.descriptors)
                    raise AgentError(f"{type(message).__name__} came with wrong descriptors")
                if isinstance(message, ReadProfile | Resolve):
                    answering.create_task(self._answer(message, packet))
                elif isinstance(message, SignatureGiven | SignatureRefused):
                    raise AgentError("a signature came that nobody asked for")
                else:
                    self._take_socket(message, packet)
            # Nobody waits for what is still under way.
            raise AgentError("worldvpnd is gone")

    async def _answer(self, request: ReadProfile | Resolve, packet: Packet) -> None:
        answer: ProfileRead | Resolved | Failed
        try:
            try:
                if isinstance(request, ReadProfile):
                    answer = self._read(request, packet.descriptors[0])
                else:
                    answer = await self._resolve(request, packet.descriptors)
            finally:
                close_all(packet.descriptors)
        except WorldVpnError as error:
            answer = Failed(id=request.id, code=error.code, message=_sentence(error))
        await self._pair.send(packed(answer))

    def _read(self, request: ReadProfile, descriptor: int) -> ProfileRead:
        data = os.pread(descriptor, MOST_PROFILE_BYTES, 0)
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ConfigError(f"{request.name!r} is no text (byte {error.start})") from None
        profile = plugins.read_profile(self._readers, text, request.name)
        refuse_beyond_limits(profile)
        answer = ProfileRead(id=request.id, profile=profile)
        if len(packed(answer)) > MOST_PACKET_BYTES:
            raise ConfigError(f"{request.name!r} holds more than a profile can need")
        return answer

    async def _resolve(self, request: Resolve, descriptors: tuple[int, ...]) -> Resolved:
        async def open_socket(wanted: SocketWanted) -> socket.socket:
            return await self._wish(request.id, wanted)

        found: tuple[IpAddress, ...]
        if request.resolvers:
            found = await lookup.by_https(
                request.name, request.resolvers, open_socket, self._context
            )
        else:
            text = os.read(descriptors[0], MOST_PROFILE_BYTES).decode(errors="replace")
            conf = resolv_conf.parse(text)
            found = await lookup.by_system(request.name, conf, open_socket)
        return Resolved(id=request.id, addresses=found)

    async def _wish(self, request: int, wanted: SocketWanted) -> socket.socket:
        """Have the daemon open ``wanted``. Raises ServerFailedError when it does not."""
        wish = next(self._ids)
        answer: asyncio.Future[socket.socket] = asyncio.get_running_loop().create_future()
        self._wishes[wish] = answer
        await self._pair.send(packed(SocketAsked(id=wish, request=request, wanted=wanted)))
        return await answer

    def _take_socket(self, message: SocketGiven | SocketRefused, packet: Packet) -> None:
        wish = self._wishes.pop(message.id, None)
        if wish is None:
            close_all(packet.descriptors)
            raise AgentError("a socket came that nobody asked for")
        if wish.cancelled():
            close_all(packet.descriptors)
        elif isinstance(message, SocketGiven):
            wish.set_result(socket.socket(fileno=packet.descriptors[0]))
        else:
            wish.set_exception(ServerFailedError(f"cannot be asked: {message.reason}"))


def _descriptors_of(message: DaemonMessage) -> int:
    match message:
        case ReadProfile() | SocketGiven():
            return 1
        case Resolve(resolvers=resolvers):
            return 0 if resolvers else 1
        case SocketRefused() | SignatureGiven() | SignatureRefused():
            return 0


def _sentence(error: WorldVpnError) -> str:
    text = "".join(letter if letter.isprintable() else "?" for letter in str(error))
    return text[:MOST_SENTENCE_CHARACTERS]
