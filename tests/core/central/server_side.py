"""A central server as its client in the agent tells of it, kept in memory; and who is signed in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import attrs

from tests.core.vault.samples import KEY, vault_in
from worldvpn_core.agent.link import AgentLink
from worldvpn_core.agent.spec import AgentSpec, Central
from worldvpn_core.central.calls import (
    Call,
    End,
    Find,
    Look,
    More,
    Open,
    Recover,
    Register,
    SignedInAs,
    SignIn,
)
from worldvpn_core.central.identity import DeviceKeys
from worldvpn_core.central.link import CentralLink
from worldvpn_core.central.news import News
from worldvpn_core.central.replies import Done, Entered, Granted, NewCode, NextTicket, Reply, Text
from worldvpn_core.central.server import CentralServer
from worldvpn_core.central.shelf import Shelf
from worldvpn_core.errors import CentralBusyError, CentralOfflineError
from worldvpn_core.types import Carrier, Endpoint
from worldvpn_core.vault.contents import Secrets
from worldvpn_core.vault.vault import Vault

ROOT_KEY = b"r" * 32
SERVER = CentralServer(
    url="https://central.example",
    addresses=(Endpoint(host=ip_address("192.0.2.1"), port=443, carrier=Carrier.TCP),),
    root_key=ROOT_KEY,
    spki_sha256=bytes(32),
)
CallT = TypeVar("CallT")

#: What every ticket of the fake server lasts and carries.
TICKET_S, TICKET_BYTES = 600, 100_000_000
USER, DEVICE = str(UUID(int=0xACE)), str(UUID(int=0xD0E))


def node(number: int) -> str:
    """Return the id of one of several nodes."""
    return str(UUID(int=(1 << 64) + number))


class FakeAgent(AgentLink):
    """Answers as the server would through its client, and remembers what was asked.

    ``fails`` raises for a kind of call what is there, as often as it is there; ``offline`` for
    every one. ``lost`` are kinds of calls that are done, but whose answer never arrives.
    """

    def __init__(self) -> None:
        super().__init__(AgentSpec(run_dir=Path("/nonexistent")), admit=lambda _wanted: None)
        self.asked: list[Call] = []
        self.fails: dict[type[Call], list[Exception]] = {}
        self.replies: dict[type[Call], Reply] = {}
        self.offline = False
        self.lost: set[type[Call]] = set()
        #: Called with every call before it is answered.
        self.meanwhile: Callable[[Call], Awaitable[None]] = _nothing
        #: Cleared, no call is answered.
        self.answers = asyncio.Event()
        self.answers.set()
        #: Nodes, the best first, and their keys.
        self.nodes = {node(number): bytes([number]) * 32 for number in (1, 2, 3)}
        self.open: dict[str, str] = {}
        self.ticket_s, self.ticket_bytes = TICKET_S, TICKET_BYTES
        self.served: list[SignedInAs | None] = []
        self.files: Mapping[str, bytes] = {}
        self.via: Central | None = None
        self.turns = asyncio.Event()
        self.failure: Exception | None = None
        self.moves = 0
        self._sessions = 0

    async def serve_central(
        self, via: Central, account: SignedInAs | None, files: Mapping[str, bytes]
    ) -> None:
        self.via, self.files = via, files
        self.served.append(account)
        self.turns.set()
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure
        await asyncio.Event().wait()

    async def central_moved(self) -> None:
        self.moves += 1

    async def ask_central(self, call: Call) -> Reply:
        self.asked.append(call)
        self.turns.set()
        await self.answers.wait()
        await self.meanwhile(call)
        if self.offline:
            raise CentralOfflineError("central.example does not answer")
        if waiting := self.fails.get(type(call)):
            raise waiting.pop(0)
        reply = self.replies.get(type(call)) or self._answered(call)
        if type(call) in self.lost:
            raise CentralOfflineError("the answer did not arrive")
        return reply

    def of(self, kind: type[CallT]) -> list[CallT]:
        """Return the calls of one kind, the oldest first."""
        return [call for call in self.asked if isinstance(call, kind)]

    async def served_times(self, times: int) -> None:
        """Wait until the server has been followed this often."""
        async with asyncio.timeout(5):
            while len(self.served) < times:
                self.turns.clear()
                await self.turns.wait()

    async def asked_times(self, kind: type[Call], times: int) -> None:
        """Wait until calls of one kind have been asked this often."""
        async with asyncio.timeout(5):
            while len(self.of(kind)) < times:
                self.turns.clear()
                await self.turns.wait()

    def _answered(self, call: Call) -> Reply:
        reply: Reply = Done()
        match call:
            case Open():
                reply = self._granted(call)
            case More(session_id=session):
                reply = NextTicket(
                    session_id=session,
                    ticket=b"next",
                    cap_bytes=self.ticket_bytes,
                    expires_s=int(time.time()) + self.ticket_s,
                )
            case End(session_id=session):
                self.open.pop(session, None)
            case Register(username=name):
                reply = attrs.evolve(_entered(name), recovery_code="once-and-for-all")
            case SignIn(username=name):
                reply = _entered(name)
            case Recover():
                reply = NewCode(recovery_code="next-time")
            case Look() | Find():
                reply = Text(text='{"of": "the server"}')
        return reply

    def _granted(self, call: Open) -> Granted:
        free = [each for each in self.nodes if each not in call.avoided]
        if call.place.node is None and not free:
            raise CentralBusyError("no other node than those to be avoided")
        self._sessions += 1
        session = str(UUID(int=self._sessions))
        chosen = call.place.node or free[0]
        self.open.pop(call.replaces or "", None)
        self.open[session] = chosen
        return Granted(
            session_id=session,
            node_id=chosen,
            country="DE",
            endpoint=Endpoint(host=ip_address("203.0.113.7"), port=51_820),
            node_x25519=self.nodes[chosen],
            assigned4=ip_address("10.99.0.2"),
            assigned6=ip_address("fd99::2"),
            dns=(),
            allowed=(ip_network("0.0.0.0/0"), ip_network("::/0")),
            mtu_bytes=1_420,
            ticket=b"ticket",
            cap_bytes=self.ticket_bytes,
            expires_s=int(time.time()) + self.ticket_s,
        )


async def _nothing(_call: Call) -> None:
    """Nothing happens before an answer."""


def _entered(username: str) -> Entered:
    return Entered(
        user_id=USER,
        username=username,
        device_id=DEVICE,
        refresh_token="token-1",  # noqa: S106 - opens nothing
    )


def signed_in(made_utc: datetime | None = None) -> Secrets:
    """Return what is kept of somebody who is signed in at ``SERVER``."""
    keys = DeviceKeys.fresh()
    return Secrets(
        server=SERVER.url,
        user_id=USER,
        username="ada",
        device_id=DEVICE,
        x25519_private=keys.x25519,
        ed25519_private=keys.ed25519,
        refresh_token="token-1",  # noqa: S106 - opens nothing
        device_keys_made_utc=made_utc or datetime.now(UTC),
    )


async def open_vault(folder: Path, secrets: Secrets | None) -> Vault:
    """Return an open vault that keeps ``secrets``."""
    folder.joinpath("vault").mkdir()
    vault = vault_in(folder / "vault")
    await vault.create(KEY)
    if secrets is not None:
        await vault.store(secrets)
    return vault


def linked(
    agent: AgentLink, vault: Vault, folder: Path, heard: Callable[[News], None] | None = None
) -> CentralLink:
    """Return a link to ``SERVER``; the vault tells it of changes as the daemon's does."""
    shelf = Shelf(folder / "central")
    link = CentralLink(agent, SERVER, vault, shelf, heard or (lambda _news: None))
    vault.on_change = link.account_changed
    return link
