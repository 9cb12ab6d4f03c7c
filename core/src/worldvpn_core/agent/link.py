"""The daemon's link to worldvpn-agent: started confined, watched, started again.

Imports no parser of strangers' data: what comes over the pair is one of the small
values of ``messages``, or the agent is ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import ip_address
from typing import Final, TypeVar

from worldvpn_core.agent.launch import Life, abandon, launch
from worldvpn_core.agent.messages import (
    AskCentral,
    AskRouter,
    CentralAnswered,
    CentralServed,
    ProfileRead,
    ReadProfile,
    Resolve,
    Resolved,
    RouterAnswered,
    ServeCentral,
)
from worldvpn_core.agent.session import Session
from worldvpn_core.agent.sockets import Admit
from worldvpn_core.agent.spawn import open_text, sealed_text
from worldvpn_core.agent.spec import (
    CENTRAL_TIMEOUT_S,
    MAPPING_TIMEOUT_S,
    MOST_NAME_CHARACTERS,
    MOST_PROFILE_BYTES,
    READING_TIMEOUT_S,
    RESOLUTION_TIMEOUT_S,
    AgentFacts,
    AgentSpec,
    ByRouter,
    Central,
    Resolvers,
    SystemResolvers,
)
from worldvpn_core.central.calls import Call, SignedInAs
from worldvpn_core.central.replies import Reply
from worldvpn_core.errors import AgentError, ConfigError, ResolutionError
from worldvpn_core.reach.values import MapAnswer, MapPort
from worldvpn_core.types import IpAddress, Profile

_log = logging.getLogger(__name__)

#: How long a request waits for an agent that is being started again.
RESTART_WAIT_S: Final = 3.0
#: Added to what the agent allows itself: past that it hangs, and is ended.
GRACE_S: Final = 2.0
#: An agent that lived this long is started again at once; else ever later.
STABLE_S: Final = 10.0
FIRST_DELAY_S: Final = 0.25
LONGEST_DELAY_S: Final = 30.0

_T = TypeVar("_T")


class AgentLink:
    """One agent at a time. Made, started and stopped in one thread that outlives it.

    ``admit`` is asked before any socket is opened for it: None refuses it now.
    """

    def __init__(self, spec: AgentSpec, admit: Admit) -> None:
        self._spec = spec
        self._admit = admit
        self._life: Life | None = None
        self._up = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        #: Called when one is there, and when it has gone: ``pid`` and ``facts`` are others.
        self.on_change: Callable[[], None] = lambda: None

    @property
    def pid(self) -> int | None:
        """Its process id; None while it is being started again."""
        return self._life.child.pid if self._life else None

    @property
    def facts(self) -> AgentFacts | None:
        """Its confinement and what it reads; None while it is being started again."""
        return self._life.facts if self._life else None

    async def start(self) -> None:
        """Start the agent and return once it is confined and reads.

        Raises:
            AgentError: it did not start, with its own last words, or is not confined.
        """
        life = self._alive(await launch(self._spec, self._admit))
        self._keeper = asyncio.create_task(self._keep(life), name="worldvpn-agent")
        # A task that is cancelled before its first step never ends what it was given.
        await asyncio.sleep(0)

    async def stop(self) -> None:
        """End the agent and whatever is asked of it. Idempotent."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
            self._keeper = None

    async def read_profile(self, text: str, name: str) -> Profile:
        """Have ``text`` read as a profile called ``name``.

        Raises:
            ConfigError: it is no profile, with the line and what is wrong; or too long.
            PluginError: the reader is broken.
            AgentError: the agent was lost meanwhile.
        """
        if not (0 < len(name) <= MOST_NAME_CHARACTERS and name.isprintable()):
            raise ConfigError(
                f"a profile's name has 1 to {MOST_NAME_CHARACTERS} printable characters"
            )
        data = text.encode(errors="replace")
        if len(data) > MOST_PROFILE_BYTES:
            raise ConfigError(
                f"the profile has {len(data):,} bytes: at most {MOST_PROFILE_BYTES:,} are read"
            )
        life = await self._living()
        descriptor = sealed_text(data)
        try:
            asked = life.session.ask(
                ReadProfile(id=0, name=name), ProfileRead, descriptors=[descriptor]
            )
            profile = (await self._within(life, READING_TIMEOUT_S, asked)).profile
        finally:
            os.close(descriptor)
        # What else it makes up is the text's own affair; this would be another profile's.
        if profile.name != name.strip() or profile.known_hosts:
            raise AgentError("worldvpn-agent answered with a profile that nobody asked for")
        return profile

    async def resolve(self, name: str, via: Resolvers) -> tuple[IpAddress, ...]:
        """Return the addresses of ``name``: IPv4 first, each family as it was answered.

        An address is its own answer. At most ``spec.MOST_ADDRESSES`` of each family.

        Raises:
            ResolutionError: it has none, or nobody answered within 5 s.
            AgentError: the agent was lost meanwhile.
        """
        with contextlib.suppress(ValueError):
            return (ip_address(name),)
        life = await self._living()
        descriptors = _resolv_conf(via)
        try:
            asked = life.session.ask(
                Resolve(
                    id=0,
                    name=name,
                    resolvers=() if isinstance(via, SystemResolvers) else via.resolvers,
                ),
                Resolved,
                via=via,
                descriptors=descriptors,
            )
            return (await self._within(life, RESOLUTION_TIMEOUT_S, asked)).addresses
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    async def serve_central(
        self, via: Central, account: SignedInAs | None, files: Mapping[str, bytes]
    ) -> None:
        """Have the central server followed as ``account``; returns when another call takes over.

        Raises:
            ConfigError: this host belongs to no central server.
            PluginError, AgentError: the client failed, or the agent was lost.
        """
        life = await self._living()
        descriptor = sealed_text(b"".join(files.values()))
        try:
            request = ServeCentral(
                id=0,
                account=account,
                files=tuple((name, len(data)) for name, data in files.items()),
            )
            await life.session.ask(request, CentralServed, via=via, descriptors=[descriptor])
        finally:
            os.close(descriptor)

    async def ask_central(self, call: Call) -> Reply:
        """Return the central server's answer to ``call``.

        Raises:
            CentralError: it cannot be reached, or refused.
            ConfigError, PluginError: the call makes no sense, or the client is broken.
            AgentError: the agent was lost meanwhile.
        """
        life = await self._living()
        asked = life.session.ask(AskCentral(id=0, call=call), CentralAnswered)
        return (await self._within(life, CENTRAL_TIMEOUT_S, asked)).reply

    async def ask_router(self, wanted: MapPort) -> MapAnswer:
        """Return what the router answers. Raises PluginError, ConfigError, AgentError."""
        life = await self._living()
        request = AskRouter(id=0, wanted=wanted)
        asked = life.session.ask(request, RouterAnswered, via=ByRouter(wanted=wanted))
        return (await self._within(life, MAPPING_TIMEOUT_S, asked)).answer

    async def central_moved(self) -> None:
        """Let the path to the central server be taken anew."""
        if self._life is not None:
            await self._life.session.moved()

    async def session(self) -> Session:
        """Return the conversation with the agent that lives now. Raises AgentError."""
        return (await self._living()).session

    async def _living(self) -> Life:
        if self._life is not None and self._life.session.ended:
            # Gone this very moment: its keeper has not had its turn yet.
            self._fell()
        try:
            async with asyncio.timeout(RESTART_WAIT_S):
                await self._up.wait()
        except TimeoutError:
            raise AgentError("worldvpn-agent is being started again: try again") from None
        if self._life is None:
            raise AgentError("worldvpn-agent was not started")
        return self._life

    async def _within(self, life: Life, timeout_s: float, asked: Awaitable[_T]) -> _T:
        try:
            async with asyncio.timeout(timeout_s + GRACE_S):
                return await asked
        except TimeoutError:
            life.child.kill()
            life.session.ended = True
            raise AgentError(
                f"worldvpn-agent did not answer in {timeout_s + GRACE_S:g} s and is started again"
            ) from None

    async def _keep(self, life: Life | None) -> None:
        delay_s = FIRST_DELAY_S
        while True:
            if life is not None:
                await self._serve(life)
                if time.monotonic() - life.began_monotonic_s > STABLE_S:
                    delay_s = 0.0
            await asyncio.sleep(delay_s)
            delay_s = min(max(2 * delay_s, FIRST_DELAY_S), LONGEST_DELAY_S)
            try:
                life = self._alive(await launch(self._spec, self._admit))
            except AgentError as error:
                life = None
                _log.error("%s; trying again in %g s", error, delay_s)

    def _alive(self, life: Life) -> Life:
        self._life = life
        self._up.set()
        self.on_change()
        return life

    def _fell(self) -> None:
        self._life = None
        self._up.clear()
        self.on_change()

    async def _serve(self, life: Life) -> None:
        """Run ``life`` to its end, whichever side ends it."""
        running = asyncio.create_task(life.session.run())
        ended = asyncio.create_task(life.child.wait())
        try:
            await asyncio.wait({running, ended}, return_when=asyncio.FIRST_COMPLETED)
            if running.done() and running.exception() is None:
                # It closed the pair: it is ending by itself, and its status tells why.
                await asyncio.wait({ended}, timeout=GRACE_S)
        finally:
            self._fell()
            running.cancel()
            status = await abandon(life.child, life.session)
            broken, _ = await asyncio.gather(running, ended, return_exceptions=True)
        _log.warning(
            "worldvpn-agent (pid %d) ended with %s: %s",
            life.child.pid,
            status,
            broken or life.child.last_words or "it said nothing",
        )


def _resolv_conf(via: Resolvers) -> list[int]:
    if not isinstance(via, SystemResolvers):
        return []
    try:
        return [open_text(via.resolv_conf)]
    except OSError as error:
        raise ResolutionError(
            f"this host's resolvers are unknown: {via.resolv_conf}: {error.strerror}"
        ) from error
