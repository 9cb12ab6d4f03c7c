"""The daemon's vault and rotation, this client, a real server: no cut signs anybody out."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

from tests.core.vault.samples import KEY, vault_in
from tests.plugins.central.desk import CLIENTS, PASSWORD, Desk, public
from worldvpn_central.client import HttpCentralClient
from worldvpn_core.agent.link import AgentLink
from worldvpn_core.agent.spec import AgentSpec, Central
from worldvpn_core.central.calls import Call, Look, Register, ReplaceKeys, SignedInAs, Subject
from worldvpn_core.central.identity import DeviceKeys
from worldvpn_core.central.link import CentralLink, device_keys
from worldvpn_core.central.news import News, SignedOut
from worldvpn_core.central.replies import Entered, Reply, Text
from worldvpn_core.central.rotation import LIFE, Rotation
from worldvpn_core.central.server import CentralServer
from worldvpn_core.central.shelf import Shelf
from worldvpn_core.central.statement import Statement
from worldvpn_core.errors import CentralOfflineError
from worldvpn_core.vault.contents import Secrets
from worldvpn_core.vault.vault import Vault

pytestmark = pytest.mark.anyio

_MADE = datetime.now(UTC)
_DUE = _MADE + LIFE + timedelta(days=1)


class DaemonsDesk(Desk):
    """Signs and keeps as the daemon does; its sockets are those of the other tests."""

    link: CentralLink

    async def sign(self, statement: Statement) -> bytes:
        return self.link.sign(statement)

    async def keep_token(self, refresh_token: str) -> None:
        await self.link.keep_token(refresh_token)

    async def keep_file(self, name: str, data: bytes) -> None:
        self.link.keep_file(name, data)

    def tell(self, news: News) -> None:
        super().tell(news)
        self.link.heard(news)


class NearAgent(AgentLink):
    """The client in this process. ``loses``: what of the request for new keys is lost."""

    def __init__(self, client: HttpCentralClient, loses: str) -> None:
        super().__init__(AgentSpec(run_dir=Path("/nonexistent")), admit=lambda _wanted: None)
        self._client = client
        self._loses = loses

    async def serve_central(
        self, via: Central, account: SignedInAs | None, files: Mapping[str, bytes]
    ) -> None:
        del via
        await self._client.run(account, files)

    async def central_moved(self) -> None:
        self._client.moved()

    async def ask_central(self, call: Call) -> Reply:
        if not isinstance(call, ReplaceKeys) or self._loses == "nothing":
            return await self._client.call(call)
        if self._loses == "answer":
            await self._client.call(call)
        raise CentralOfflineError("the line is cut")


@attrs.frozen
class Daemon:
    """One run of the daemon."""

    link: CentralLink
    vault: Vault
    desk: DaemonsDesk

    @property
    def kept(self) -> Secrets:
        assert self.vault.secrets is not None
        return self.vault.secrets

    async def look(self, subject: Subject) -> dict[str, Any]:
        shown: dict[str, Any] = json.loads((await self.link.ask(Look(subject=subject), Text)).text)
        return shown

    async def rotates(self) -> bool:
        return await Rotation(self.link, now_utc=lambda: _DUE).rotate()


@asynccontextmanager
async def daemon(
    central: CentralServer, folder: Path, *, loses: str = "nothing"
) -> AsyncIterator[Daemon]:
    desk = DaemonsDesk(central.root_key)
    client = HttpCentralClient(central, desk)
    CLIENTS.append(client)
    vault = vault_in(folder)
    if (await vault.standing()).exists:
        await vault.unlock(KEY)
    else:
        await vault.create(KEY)
    shelf = Shelf(folder / "central")
    link = CentralLink(NearAgent(client, loses), central, vault, shelf, lambda _news: None)
    vault.on_change, desk.link = link.account_changed, link
    running = asyncio.create_task(link.run())
    await link.settled()
    try:
        yield Daemon(link, vault, desk)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def register(made: Daemon, username: str) -> None:
    keys = made.link.drawn = DeviceKeys.fresh()
    call = Register(username=username, password=PASSWORD, device_name="lap", keys=public(keys))
    entered = await made.link.ask(call, Entered)
    made.link.drawn = None
    await made.vault.store(
        Secrets(
            server=made.link.url,
            user_id=entered.user_id,
            username=entered.username,
            device_id=entered.device_id,
            x25519_private=keys.x25519,
            ed25519_private=keys.ed25519,
            refresh_token=entered.refresh_token,
            device_keys_made_utc=_MADE,
        )
    )
    await made.link.settled()


@pytest.mark.parametrize("loses", ["nothing", "answer", "request"])
async def test_device_is_signed_in_and_has_the_servers_keys_after_a_cut(
    central: CentralServer, tmp_path: Path, loses: str
) -> None:
    async with daemon(central, tmp_path, loses=loses) as first:
        await register(first, f"cut-{loses}")
        before = device_keys(first.kept)
        with contextlib.suppress(CentralOfflineError):
            await first.rotates()
    async with daemon(central, tmp_path) as second:
        seen = await second.look(Subject.WALLET)
        await second.rotates()
        (device,) = (await second.look(Subject.DEVICES))["devices"]
        kept = device_keys(second.kept)

        assert seen["credits"] == 100
        assert second.kept.next_keys is None
        assert base64.b64decode(device["ed25519"]) == kept.ed25519_public != before.ed25519_public
        assert second.desk.heard(SignedOut) == []
    async with daemon(central, tmp_path) as third:
        assert (await third.look(Subject.WALLET))["credits"] == 100
