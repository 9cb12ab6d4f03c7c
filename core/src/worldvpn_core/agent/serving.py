"""The agent's side of the conversation: requests in, answers and wishes out."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl

import attrs

from worldvpn_core import plugins
from worldvpn_core.agent import lookup, resolv_conf
from worldvpn_core.agent.central import CentralSide, Desk
from worldvpn_core.agent.codec import from_daemon, packed
from worldvpn_core.agent.frame_messages import FrameGiven, ReadFrames, StreamHung
from worldvpn_core.agent.frames import FramesSide
from worldvpn_core.agent.limits import refuse_beyond_limits
from worldvpn_core.agent.messages import (
    MOST_SENTENCE_CHARACTERS,
    AgentMessage,
    AskCentral,
    AskRouter,
    DaemonMessage,
    Failed,
    Moved,
    ProfileRead,
    ReadProfile,
    Ready,
    Resolve,
    Resolved,
    RouterAnswered,
    ServeCentral,
    SocketGiven,
)
from worldvpn_core.agent.pair import MOST_PACKET_BYTES, Packet, Pair, close_all
from worldvpn_core.agent.spec import MOST_PROFILE_BYTES, SocketKind, SocketWanted
from worldvpn_core.agent.wire import ServerFailedError
from worldvpn_core.agent.wishes import Wishes, WishRefusedError
from worldvpn_core.contracts import PortMapper, ProfileReader
from worldvpn_core.errors import AgentError, ConfigError, WorldVpnError
from worldvpn_core.types import Endpoint, IpAddress

Request = ReadProfile | Resolve | ServeCentral | AskCentral | AskRouter | ReadFrames


@attrs.frozen(kw_only=True)
class Offered:
    """What plugins offer beside the client of the central server."""

    readers: tuple[ProfileReader, ...] = ()
    mapper: PortMapper | None = None


class Agent:
    """Answers the daemon until it closes its end of ``pair``."""

    def __init__(
        self,
        pair: Pair,
        offered: Offered,
        context: ssl.SSLContext,
        central: CentralSide,
        desk: Desk,
    ) -> None:
        self._pair = pair
        self._readers = offered.readers
        self._context = context
        self._central = central
        self._mapper = offered.mapper
        self._wishes = Wishes(self._say)
        self._frames = FramesSide(self._say)
        desk.bind(self._wishes, self._say)

    async def run(self) -> None:
        """Say that it is ready, then answer.

        Raises:
            AgentError: the daemon sent what it never sends: the caller must end.
        """
        await self._say(Ready(readers=tuple(each.name for each in self._readers)))
        async with asyncio.TaskGroup() as answering:
            while (packet := await self._pair.receive()) is not None:
                message = from_daemon(packet.data)
                if len(packet.descriptors) != _descriptors_of(message):
                    close_all(packet.descriptors)
                    raise AgentError(f"{type(message).__name__} came with wrong descriptors")
                match message:
                    case ReadProfile() | Resolve() | ServeCentral() | AskCentral() | AskRouter():
                        answering.create_task(self._answer(message, packet))
                    case ReadFrames():
                        self._frames.begin(message)
                        answering.create_task(self._answer(message, packet))
                    case FrameGiven():
                        self._frames.give(message)
                    case StreamHung():
                        self._frames.hang(message)
                    case Moved():
                        self._central.moved()
                    case _:
                        self._wishes.take(message, packet)
            # Nobody waits for what is still under way.
            raise AgentError("worldvpnd is gone")

    async def _answer(self, request: Request, packet: Packet) -> None:
        answer: AgentMessage
        try:
            try:
                answer = await self._answered(request, packet.descriptors)
            finally:
                close_all(packet.descriptors)
        except WorldVpnError as error:
            answer = Failed(id=request.id, code=error.code, message=_sentence(error))
        await self._say(answer)

    async def _answered(self, request: Request, descriptors: tuple[int, ...]) -> AgentMessage:
        match request:
            case ReadProfile():
                return self._read(request, descriptors[0])
            case Resolve():
                return await self._resolve(request, descriptors)
            case ServeCentral():
                return await self._central.serve(request, descriptors[0])
            case AskCentral():
                return await self._central.ask(request)
            case ReadFrames():
                return await self._frames.serve(request, descriptors[0])
            case AskRouter():
                return await self._ask_router(request)

    async def _ask_router(self, request: AskRouter) -> RouterAnswered:
        async def open_socket(endpoint: Endpoint) -> socket.socket:
            wanted = SocketWanted(kind=SocketKind.ROUTER, endpoint=endpoint)
            try:
                return await self._wishes.socket(request.id, wanted)
            except WishRefusedError as error:
                raise ConnectionError(str(error)) from None

        if self._mapper is None:
            raise ConfigError("no plugin here asks routers: enable reach in daemon.toml")
        answer = await self._mapper.ask(request.wanted, open_socket)
        return RouterAnswered(id=request.id, answer=answer)

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
            try:
                return await self._wishes.socket(request.id, wanted)
            except WishRefusedError as error:
                raise ServerFailedError(f"cannot be asked: {error}") from None

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

    async def _say(self, message: AgentMessage) -> None:
        await self._pair.send(packed(message))


def _descriptors_of(message: DaemonMessage) -> int:
    match message:
        case ReadProfile() | SocketGiven() | ServeCentral() | ReadFrames():
            return 1
        case Resolve(resolvers=resolvers):
            return 0 if resolvers else 1
        case _:
            return 0


def _sentence(error: WorldVpnError) -> str:
    text = "".join(letter if letter.isprintable() else "?" for letter in str(error))
    return text[:MOST_SENTENCE_CHARACTERS]
