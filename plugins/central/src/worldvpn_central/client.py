"""The client of the central server: each call goes to the part that knows it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from worldvpn_central.account import Account
from worldvpn_central.api import Api
from worldvpn_central.backend import DeskBackend
from worldvpn_central.chooser import Chooser
from worldvpn_central.clock import Clock
from worldvpn_central.directory.desk import DirectoryDesk
from worldvpn_central.errors import RefusalError
from worldvpn_central.following import Following
from worldvpn_central.http import Http
from worldvpn_central.keys import Keys
from worldvpn_central.nodes import Nodes
from worldvpn_central.proofs import Proofs
from worldvpn_central.receipts import Receipts
from worldvpn_central.sessions import Sessions, Tickets
from worldvpn_central.signed_in import SignedIn
from worldvpn_central.trust import Trust
from worldvpn_core.central import calls, node_calls
from worldvpn_core.central.replies import Reply
from worldvpn_core.central.server import CentralServer
from worldvpn_core.contracts import CentralDesk, SignedInAs
from worldvpn_core.errors import CentralBusyError, ConfigError

#: Too often, and not now (RFC 6585 section 4, RFC 9110 section 15.6.4).
_LATER: Final = frozenset({429, 503})


class HttpCentralClient:
    """Implements ``CentralClient``. Opens every file that it needs when it is made."""

    def __init__(
        self,
        server: CentralServer,
        desk: CentralDesk,
        *,
        chooser: Chooser | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._desk = desk
        clock = clock or Clock()
        trust = Trust(server)
        self._http = Http(server.url, DeskBackend(server, desk, trust))
        self._keys = Keys(server.root_key, clock, trust)
        api = Api(self._http)
        proofs = Proofs(api, desk, clock)
        self._mine = SignedIn(api, proofs)
        self._moved = asyncio.Event()
        tickets = Tickets(api, desk, self._keys, clock)
        self._directory = DirectoryDesk(api, desk, self._keys, clock)
        chooser = chooser or self._directory
        account = Account(self._mine, proofs)
        sessions = Sessions(self._mine, tickets, chooser, server)
        nodes = Nodes(self._mine, tickets)
        self._parts: Mapping[type, Callable[[Any], Awaitable[Reply]]] = {
            calls.Register: account.register,
            calls.SignIn: account.sign_in,
            calls.Recover: account.recover,
            calls.ChangePassword: account.change_password,
            calls.SignOut: account.sign_out,
            calls.RevokeDevice: account.revoke,
            calls.ReplaceKeys: account.replace_keys,
            calls.Look: account.look,
            calls.Find: chooser.find,
            calls.Open: sessions.open,
            calls.More: sessions.more,
            calls.End: sessions.end,
            calls.Submit: Receipts(self._mine).submit,
            calls.Announce: nodes.announce,
            calls.Answer: nodes.answer,
            node_calls.Probed: nodes.probed,
            node_calls.SendAway: nodes.send_away,
            node_calls.LetBack: nodes.let_back,
            node_calls.LastClaim: nodes.claim_last,
            calls.Withdraw: nodes.withdraw,
        }

    async def run(self, account: SignedInAs | None, files: Mapping[str, bytes]) -> None:
        self._mine.become(account)
        self._keys.remember(files)
        self._directory.load(files)
        following = Following(
            self._http, self._mine, self._keys, self._desk, self._moved, self._directory.heard
        )
        async with asyncio.TaskGroup() as parts:
            parts.create_task(self._directory.keep_fresh())
            if account is not None:
                await following.follow()
            await following.keep_keys()

    async def call(self, call: calls.Call) -> Reply:
        part = self._parts.get(type(call))
        if part is None:
            raise ConfigError("the central server's client does not know this call")
        try:
            return await part(call)
        except RefusalError as error:
            if error.status in _LATER:
                raise CentralBusyError(str(error)) from None
            raise

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    def moved(self) -> None:
        self._http.renew()
        self._moved.set()
        self._directory.hurry()
