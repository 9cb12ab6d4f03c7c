"""The central server as the daemon has it: who is signed in, what is kept, and what is told."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import Final

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
from worldvpn_core.errors import DeniedError, SignedOutError, WorldVpnError
from worldvpn_core.vault.contents import Secrets
from worldvpn_core.vault.vault import Vault

#: A client that failed, or an agent that is being started again, is asked again after this.
RETRY_S: Final = 1.0

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
        self._served: SignedInAs | None = None
        self._turn = asyncio.Lock()
        self._writing: set[asyncio.Task[None]] = set()
        #: Keys drawn for the call under way; None: there is no such call.
        self.drawn: DeviceKeys | None = None

    @property
    def url(self) -> str:
        """The server, as people know it."""
        return self._server.url

    @property
    def secrets(self) -> Secrets | None:
        """What is kept of this server's account; None: locked, or nobody is signed in."""
        secrets = self._vault.secrets
        return secrets if secrets is not None and secrets.server == self._server.url else None

    async def call(self, call: Call) -> Reply:
        """Ask the server. Raises as ``AgentLink.ask_central``."""
        return await self._agent.ask_central(call)

    def account_changed(self) -> None:
        """Take note that the vault was opened, locked, or holds another account."""
        account = self._account()
        # A token that the agent itself has brought is not another account.
        if _same(account, self._served):
            return
        self._changed.set()

    async def run(self) -> None:
        """Serve until cancelled, whoever is signed in and however often the agent dies."""
        via = Central(addresses=self._server.addresses, keeper=self)
        while True:
            self._changed.clear()
            account = self._served = self._account()
            files = await asyncio.to_thread(self._shelf.all)
            serving = asyncio.create_task(self._agent.serve_central(via, account, files))
            changed = asyncio.create_task(self._changed.wait())
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
        needs_new = statement.purpose is Purpose.SIGN_IN or statement.by_new_keys
        if needs_new:
            keys = self.drawn
        else:
            secrets = self.secrets
            keys = None if secrets is None else device_keys(secrets)
        if keys is None:
            raise DeniedError("there is no key to sign this with: nobody asked for it")
        return keys.sign(statement, self._server.root_key, time.time())

    async def keep_token(self, refresh_token: str) -> None:
        """Keep the token of whoever is signed in. Raises SignedOutError, VaultError."""
        secrets = self.secrets
        if secrets is None or self._served is None or secrets.user_id != self._served.user_id:
            raise SignedOutError("nobody is signed in whose token this could be")
        self._served = attrs.evolve(self._served, refresh_token=refresh_token)
        await self._vault.store(attrs.evolve(secrets, refresh_token=refresh_token))

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
