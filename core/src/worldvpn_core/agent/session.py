"""One life of the agent, as the daemon sees it: requests out, answers and wishes in.

Whatever the agent says that was not asked for ends the session: it is either broken or
taken over, and a new process costs a quarter of a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, TypeVar

import attrs

from worldvpn_core.agent.codec import from_agent, packed
from worldvpn_core.agent.frame_messages import (
    FrameGiven,
    FrameRead,
    FramesOver,
    ReadFrames,
    StreamHung,
)
from worldvpn_core.agent.messages import (
    AgentMessage,
    AskCentral,
    AskRouter,
    CentralAnswered,
    CentralServed,
    CentralTold,
    DaemonMessage,
    Failed,
    FileGiven,
    Moved,
    ProfileRead,
    ReadProfile,
    Ready,
    Resolve,
    Resolved,
    RouterAnswered,
    ServeCentral,
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
from worldvpn_core.agent.pair import Pair
from worldvpn_core.agent.sockets import Admit, Sockets
from worldvpn_core.agent.spec import Central, CentralKeeper, Ears, Via, permits
from worldvpn_core.agent.standing import SOCKETS_A_MINUTE, Allowance, Parts
from worldvpn_core.errors import (
    AgentError,
    CatalogueError,
    CentralBusyError,
    CentralError,
    CentralOfflineError,
    CentralRefusedError,
    ConfigError,
    CreditProofError,
    DeniedError,
    OutOfCreditError,
    PluginError,
    ResolutionError,
    SignedOutError,
    VaultError,
    WorldVpnError,
)

#: What one name can need: 3 resolvers, twice, by UDP and twice by TCP, and search domains.
MOST_SOCKETS: Final = 64
_FAILURES: Final[dict[str, type[WorldVpnError]]] = {
    kind.code: kind
    for kind in (
        *(ConfigError, PluginError, ResolutionError, CreditProofError, CatalogueError),
        *(CentralError, CentralOfflineError, CentralRefusedError, CentralBusyError),
        *(SignedOutError, OutOfCreditError, DeniedError, VaultError),
    )
}

_Answer = ProfileRead | Resolved | CentralServed | CentralAnswered | RouterAnswered | FramesOver
_A = TypeVar(
    "_A", ProfileRead, Resolved, CentralServed, CentralAnswered, RouterAnswered, FramesOver
)


@attrs.define(kw_only=True)
class _Pending:
    """A request under way; one that nobody waits for any more is still answered."""

    expects: type[_Answer]
    via: Via | None
    answer: asyncio.Future[Any]
    sockets: int = 0
    central_sockets: Allowance = attrs.field(factory=lambda: Allowance("sockets", SOCKETS_A_MINUTE))
    signatures: Allowance = attrs.field(factory=lambda: Allowance("signatures"))
    parts: Parts = attrs.field(factory=Parts)


class Session:
    """Speaks with one agent over ``pair`` until either side breaks off. Owns ``pair``."""

    def __init__(self, pair: Pair, admit: Admit) -> None:
        self._pair = pair
        self._sockets = Sockets(admit)
        self._ids = itertools.count(1)
        self._pending: dict[int, _Pending] = {}
        self._answering: set[asyncio.Task[None]] = set()
        #: Whether either side has broken off.
        self.ended = False

    async def ready(self) -> tuple[str, ...]:
        """Return the formats it reads, once it is confined. Raises AgentError."""
        packet = await self._pair.receive()
        if packet is None:
            raise AgentError("worldvpn-agent ended before it was ready")
        message = from_agent(packet.data)
        if not isinstance(message, Ready):
            raise AgentError(f"worldvpn-agent began with {type(message).__name__}")
        return message.readers

    async def run(self) -> None:
        """Take what the agent says until it is gone; then fail what was asked of it.

        Raises:
            AgentError: it broke the protocol: end it.
        """
        try:
            while (packet := await self._pair.receive()) is not None:
                self._take(from_agent(packet.data))
        finally:
            await self.end()

    async def ask(
        self,
        request: ReadProfile | Resolve | ServeCentral | AskCentral | AskRouter | ReadFrames,
        expects: type[_A],
        *,
        via: Via | None = None,
        descriptors: Sequence[int] = (),
        begun: Callable[[int], None] = lambda _id: None,
    ) -> _A:
        """Return the agent's answer to ``request``, whose id is chosen here and told to ``begun``.

        Raises:
            ConfigError, PluginError, ResolutionError, CentralError: the agent's own word.
            AgentError: it is gone.
        """
        request = attrs.evolve(request, id=next(self._ids))
        answer: asyncio.Future[_A] = asyncio.get_running_loop().create_future()
        self._pending[request.id] = _Pending(expects=expects, via=via, answer=answer)
        try:
            await self._pair.send(packed(request), descriptors)
        except AgentError:
            self._pending.pop(request.id, None)
            self.ended = True
            raise
        begun(request.id)
        return await answer

    async def end(self) -> None:
        """Break off: what was asked fails, what is being opened is closed. Idempotent."""
        self.ended = True
        for task in self._answering:
            task.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)
        for pending in self._pending.values():
            if not pending.answer.done():
                pending.answer.set_exception(
                    AgentError("worldvpn-agent ended while it was asked: try again")
                )
        self._pending.clear()
        self._pair.close()

    def _take(self, message: AgentMessage) -> None:
        match message:
            case SocketAsked():
                self._asked(message)
            case SignatureAsked() | CentralTold() | TokenGiven() | FileGiven():
                self._for_central(message)
            case FrameRead():
                self._read(message)
            case Ready():
                raise AgentError("worldvpn-agent was ready twice")
            case _:
                self._answered(message)

    def _answered(self, message: _Answer | Failed) -> None:
        pending = self._pending.pop(message.id, None)
        if pending is None:
            raise AgentError("worldvpn-agent answered what nobody asked")
        if isinstance(message, Failed):
            if not pending.answer.done():
                kind = _FAILURES.get(message.code, AgentError)
                pending.answer.set_exception(kind(message.message))
            return
        if not isinstance(message, pending.expects):
            if not pending.answer.done():
                pending.answer.set_exception(AgentError("worldvpn-agent answered nonsense"))
            raise AgentError(f"worldvpn-agent answered with {type(message).__name__}")
        if not pending.answer.done():
            pending.answer.set_result(message)

    def _asked(self, asked: SocketAsked) -> None:
        pending = self._pending.get(asked.request)
        if pending is None or pending.via is None or not permits(pending.via, asked.wanted):
            raise AgentError(f"worldvpn-agent asked for {asked.wanted.endpoint} without need")
        if isinstance(pending.via, Central):
            pending.central_sockets.take()
        else:
            pending.sockets += 1
        if pending.sockets > MOST_SOCKETS:
            raise AgentError(f"worldvpn-agent asked for over {MOST_SOCKETS} sockets for one name")
        self._begin(self._open(asked))

    def _read(self, message: FrameRead) -> None:
        pending = self._pending.get(message.request)
        if pending is None or not isinstance(pending.via, Ears):
            raise AgentError("worldvpn-agent sent a frame without need")
        pending.via.heard(message.data)

    def _for_central(self, message: SignatureAsked | CentralTold | TokenGiven | FileGiven) -> None:
        pending = self._pending.get(message.request)
        if pending is None or not isinstance(pending.via, Central):
            raise AgentError(f"worldvpn-agent sent {type(message).__name__} without need")
        keeper = pending.via.keeper
        match message:
            case SignatureAsked():
                pending.signatures.take()
                self._begin(self._say(_signed(keeper, message)))
            case CentralTold(news=news):
                keeper.heard(news)
            case TokenGiven():
                self._begin(self._keep_token(keeper, message))
            case FileGiven():
                if (whole := pending.parts.add(message)) is not None:
                    keeper.keep_file(*whole)

    async def _keep_token(self, keeper: CentralKeeper, given: TokenGiven) -> None:
        try:
            await keeper.keep_token(given.refresh_token)
        except WorldVpnError as error:
            await self._say(TokenRefused(id=given.id, reason=str(error)))
        else:
            await self._say(TokenKept(id=given.id))

    async def moved(self) -> None:
        """Say that the way to the central server is another, and begin anew what connects."""
        self._sockets.moved()
        await self._say(Moved())

    async def tell(self, message: FrameGiven | StreamHung) -> None:
        """Say what needs no answer."""
        await self._say(message)

    def _begin(self, answering: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(answering)
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _open(self, asked: SocketAsked) -> None:
        try:
            sock = await self._sockets.opened(asked.wanted)
        except TimeoutError:
            await self._refuse(asked, "nobody answers there")
        except OSError as error:
            await self._refuse(asked, error.strerror or "it cannot be opened")
        else:
            if sock is None:
                await self._refuse(asked, "this is not let out in the present state")
                return
            with sock:
                await self._say(SocketGiven(id=asked.id), [sock.fileno()])

    async def _refuse(self, asked: SocketAsked, reason: str) -> None:
        await self._say(SocketRefused(id=asked.id, reason=reason))

    async def _say(
        self,
        message: DaemonMessage,
        descriptors: Sequence[int] = (),
    ) -> None:
        # An agent that is gone by now is noticed by ``run``.
        with contextlib.suppress(AgentError):
            await self._pair.send(packed(message), descriptors)


def _signed(keeper: CentralKeeper, asked: SignatureAsked) -> SignatureGiven | SignatureRefused:
    try:
        return SignatureGiven(id=asked.id, signature=keeper.sign(asked.statement))
    except DeniedError as error:
        return SignatureRefused(id=asked.id, reason=str(error))
