"""The central server as the daemon has it: who is signed in, what is kept, and what is told."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from ipaddress import IPv4Address
from typing import Final, TypeVar

import attrs

from worldvpn_core.agent.link import AgentLink
from worldvpn_core.agent.spec import Central
from worldvpn_core.central.calls import Call, SignedInAs
from worldvpn_core.central.identity import DeviceKeys
from worldvpn_core.central.news import News
from worldvpn_core.central.replies import Reply
from worldvpn_core.central.server import CentralServer
from worldvpn_core.central.shelf import Shelf
from worldvpn_core.central.statement import Purpose, Statement
from worldvpn_core.errors import ContractError, DeniedError, SignedOutError, WorldVpnError
from worldvpn_core.vault.contents import Secrets
from worldvpn_core.vault.vault import Vault

#: A client that failed, or an agent that is being started again, is asked again after this.
RETRY_S: Final = 1.0
#: How long a sign-in waits for the agent to act for it.
SETTLE_S: Final = 3.0

_ReplyT = TypeVar("_ReplyT", bound=Reply)

_log = logging.getLogger(__name__)


class CentralLink:
    """Keeps the agent speaking with ``server`` as whoever the vault has signed in.

    ``heard`` is called with all news. Nothing secret leaves but the refresh token, which
    the agent must send; statements are signed here.
    """

    def __init__(
        self,
        agent: AgentLink,
        server: CentralServer,
        vault: Vault,
        shelf: Shelf,
        heard: Callable[[News], None],
    ) -> None:
        self._agent = agent
        self._server = server
        self._vault = vault
        self._shelf = shelf
        self._heard = heard
        self._changed = asyncio.Event()
        self._settled = asyncio.Event()
        self._served: SignedInAs | None = None
        self._turn = asyncio.Lock()
        self._altering = asyncio.Lock()
        self._writing: set[asyncio.Task[None]] = set()
        #: Keys drawn for the call under way; None: there is no such call.
        self.drawn: DeviceKeys | None = None

    @property
    def url(self) -> str:
        """The server, as people know it."""
        return self._server.url

    @property
    def address(self) -> IPv4Address | None:
        """Its first pinned IPv4 address: routers that translate do so for IPv4."""
        hosts = (endpoint.host for endpoint in self._server.addresses)
        return next((host for host in hosts if isinstance(host, IPv4Address)), None)

    @property
    def root_key(self) -> bytes:
        """What vouches for every other key of the server's."""
        return self._server.root_key

    def kept(self, name: str) -> bytes | None:
        """Return a file that the server has signed, as it was kept; None: there is none."""
        return self._shelf.get(name)

    @property
    def secrets(self) -> Secrets | None:
        """What is kept of this server's account; None: locked, or nobody is signed in."""
        secrets = self._vault.secrets
        return secrets if secrets is not None and secrets.server == self._server.url else None

    async def ask(self, call: Call, expects: type[_ReplyT]) -> _ReplyT:
        """Ask the server. Raises as ``AgentLink.ask_central``, or ContractError."""
        reply = await self._agent.ask_central(call)
        if not isinstance(reply, expects):
            raise ContractError(
                f"the central server's client answered {type(call).__name__} "
                f"with {type(reply).__name__}: report it"
            )
        return reply

    def account_changed(self) -> None:
        """Take note that the vault was opened, locked, or holds another account."""
        account = self._account()
        # A token that the agent itself has brought is not another account.
        if _same(account, self._served):
            return
        self._settled.clear()
        self._changed.set()

    async def settled(self) -> None:
        """Return once the agent acts for whoever is signed in, or cannot be told so soon."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_S):
                await self._settled.wait()

    async def run(self) -> None:
        """Serve until cancelled, whoever is signed in and however often the agent dies."""
        via = Central(addresses=self._server.addresses, keeper=self)
        while True:
            self._changed.clear()
            account = self._served = self._account()
            files = await asyncio.to_thread(self._shelf.all)
            serving = asyncio.create_task(self._agent.serve_central(via, account, files))
            changed = asyncio.create_task(self._changed.wait())
            # Its first step sends the request: what is asked from now on comes after it.
            await asyncio.sleep(0)
            if not self._changed.is_set():
                self._settled.set()
            try:
                await asyncio.wait({serving, changed}, return_when=asyncio.FIRST_COMPLETED)
                if serving.done():
                    _tell_end(serving)
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._changed.wait(), RETRY_S)
            finally:
                serving.cancel()
                changed.cancel()
                await asyncio.gather(serving, changed, return_exceptions=True)

    def sign(self, statement: Statement) -> bytes:
        """Sign what a device says to its server. Raises DeniedError."""
        if statement.purpose is Purpose.REPLACE_KEYS and self.drawn is None:
            # Whoever gets that signature has the device: only while it was asked for here.
            raise DeniedError("nobody asked for new keys")
        is_refresh = statement.purpose is Purpose.REFRESH
        if statement.purpose is Purpose.SIGN_IN or (statement.by_new_keys and not is_refresh):
            keys = self.drawn
        else:
            secrets = self.secrets
            of = newest_keys if statement.by_new_keys else device_keys
            keys = None if secrets is None else of(secrets)
        if keys is None:
            raise DeniedError("there is no key to sign this with: nobody asked for it")
        return keys.sign(statement, self._server.root_key, time.time())

    async def keep_token(self, refresh_token: str) -> None:
        """Keep the token of whoever is signed in. Raises SignedOutError, VaultError."""
        served = self._served
        if served is None or not await self.alter(
            served.device_id, lambda latest: attrs.evolve(latest, refresh_token=refresh_token)
        ):
            raise SignedOutError("nobody is signed in whose token this could be")

    async def alter(self, device_id: str, change: Callable[[Secrets], Secrets]) -> bool:
        """Keep what ``change`` makes of the secrets; False: another device is signed in.

        One after the other: new keys must not bring back a token that was just used up, nor
        a new token the keys of before. Raises VaultError.
        """
        async with self._altering:
            secrets = self.secrets
            if secrets is None or secrets.device_id != device_id:
                return False
            await self._vault.store(change(secrets))
        return True

    def keep_file(self, name: str, data: bytes) -> None:
        """Keep what the server has signed, for a start without it."""
        writing = asyncio.create_task(self._keep(name, data))
        self._writing.add(writing)
        writing.add_done_callback(self._writing.discard)

    def heard(self, news: News) -> None:
        """Hand ``news`` on."""
        self._heard(news)

    async def _keep(self, name: str, data: bytes) -> None:
        # In the order in which they came: the last one is the newest.
        async with self._turn:
            await asyncio.to_thread(self._shelf.keep, name, data)

    def _account(self) -> SignedInAs | None:
        secrets = self.secrets
        if secrets is None:
            return None
        return SignedInAs(
            user_id=secrets.user_id,
            username=secrets.username,
            device_id=secrets.device_id,
            refresh_token=secrets.refresh_token,
        )


def device_keys(secrets: Secrets) -> DeviceKeys:
    """Return the device's keys as they are kept."""
    return DeviceKeys(x25519=secrets.x25519_private, ed25519=secrets.ed25519_private)


def newest_keys(secrets: Secrets) -> DeviceKeys:
    """Return those that were offered in place of the device's keys; without any, these."""
    offered = secrets.next_keys
    if offered is None:
        return device_keys(secrets)
    return DeviceKeys(x25519=offered.x25519_private, ed25519=offered.ed25519_private)


def _same(one: SignedInAs | None, other: SignedInAs | None) -> bool:
    if one is None or other is None:
        return one is other
    return (one.user_id, one.device_id) == (other.user_id, other.device_id)


def _tell_end(serving: asyncio.Task[None]) -> None:
    error = serving.exception()
    if isinstance(error, WorldVpnError):
        _log.warning("the central server is not followed: %s; trying again", error)
    elif error is not None:
        raise error
