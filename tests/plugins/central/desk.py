"""An honest desk: real sockets on loopback, real signatures, and it remembers what it was told."""

from __future__ import annotations

import asyncio
import itertools
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import Final, TypeVar

import attrs

from tests.server.operations.process import PATIENCE_S, ServerProcess
from worldvpn_central.client import HttpCentralClient
from worldvpn_central.clock import Clock
from worldvpn_core.central import calls, news
from worldvpn_core.central.identity import DeviceKeys
from worldvpn_core.central.replies import Entered
from worldvpn_core.central.server import CentralServer, central_server
from worldvpn_core.central.statement import Purpose, Statement
from worldvpn_core.contracts import SignedInAs
from worldvpn_core.errors import CentralOfflineError, VaultError
from worldvpn_core.types import Carrier, Endpoint

PASSWORD: Final = "a long enough secret 7"  # noqa: S105 - a test's own
_NETWORKS: Final = itertools.count(1)
#: All that a test has made; they are closed after it.
CLIENTS: Final[list[HttpCentralClient]] = []
_N = TypeVar("_N")


def table(server: ServerProcess, address: str | None = None, **changes: object) -> CentralServer:
    """What root writes to daemon.toml; ``address`` stands for another way to the same server."""
    return central_server(
        {
            "url": server.url,
            "addresses": [address or server.url.removeprefix("https://")],
            "root_key": (server.data / "keys" / "root.pub").read_bytes().hex(),
            **(changes or {"ca_file": str(server.data / "tls" / "tls.crt")}),
        }
    )


def at(port: int) -> Endpoint:
    return Endpoint(host=ip_address("127.0.0.1"), port=port, carrier=Carrier.TCP)


@attrs.define(eq=False)
class Desk:
    """What the daemon does, done in the test."""

    root_key: bytes
    keys: DeviceKeys = attrs.field(factory=DeviceKeys.fresh)
    new_keys: DeviceKeys | None = None
    now_s: Callable[[], float] = time.time
    tokens: list[str] = attrs.field(factory=list, repr=False)
    files: dict[str, bytes] = attrs.field(factory=dict)
    told: list[news.News] = attrs.field(factory=list)
    signed: list[Statement] = attrs.field(factory=list)
    opened: int = 0
    is_full: bool = False
    #: Each of a network of its own: the server lets one network make three accounts a day.
    source: str = attrs.field(factory=lambda: f"127.{next(_NETWORKS)}.7.7")

    async def socket(self, endpoint: Endpoint) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setblocking(False)  # noqa: FBT003 - it takes no keyword
        try:
            sock.bind((self.source, 0))
            await asyncio.get_running_loop().sock_connect(sock, (str(endpoint.host), endpoint.port))
        except OSError as error:
            sock.close()
            raise CentralOfflineError(f"nobody answers at {endpoint}") from error
        except asyncio.CancelledError:
            sock.close()
            raise
        self.opened += 1
        return sock

    async def sign(self, statement: Statement) -> bytes:
        self.signed.append(statement)
        new = statement.purpose is Purpose.SIGN_IN or statement.by_new_keys
        keys = self.new_keys if new and self.new_keys is not None else self.keys
        return keys.sign(statement, self.root_key, self.now_s())

    async def keep_token(self, refresh_token: str) -> None:
        await asyncio.sleep(0)
        if self.is_full:
            raise VaultError("the disk is full")
        self.tokens.append(refresh_token)

    async def keep_file(self, name: str, data: bytes) -> None:
        self.files[name] = data

    def tell(self, news: news.News) -> None:
        self.told.append(news)

    def heard(self, kind: type[_N]) -> list[_N]:
        return [each for each in self.told if isinstance(each, kind)]

    async def hears(self, holds: Callable[[], bool]) -> None:
        """Wait until it has been told what makes ``holds`` true."""
        deadline_s = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < deadline_s, self.told
            await asyncio.sleep(0.02)

    async def is_online(self, since: int = 0) -> None:
        """Wait until it has been told so after the first ``since`` news."""
        online = news.Reached(reach=news.Reach.ONLINE)
        await self.hears(lambda: online in self.told[since:])


@attrs.define(eq=False)
class Device:
    """A client with its desk, as the daemon holds them."""

    central: CentralServer
    desk: Desk
    client: HttpCentralClient
    entered: Entered | None = None

    @classmethod
    def made(cls, central: CentralServer, ahead_s: float = 0.0) -> Device:
        def now_s() -> float:
            return time.time() + ahead_s

        desk = Desk(central.root_key, now_s=now_s)
        return cls(central, desk, _client(central, desk))

    @property
    def keys(self) -> calls.PublicKeys:
        return public(self.desk.keys)

    async def register(self, username: str) -> Entered:
        made = await self.client.call(
            calls.Register(username=username, password=PASSWORD, device_name="desk", keys=self.keys)
        )
        assert isinstance(made, Entered)
        self.entered = made
        return made

    async def sign_in(self, username: str, password: str = PASSWORD) -> Entered:
        made = await self.client.call(
            calls.SignIn(username=username, password=password, device_name="lap", keys=self.keys)
        )
        assert isinstance(made, Entered)
        self.entered = made
        return made

    def account(self) -> SignedInAs:
        """Whom the vault has signed in."""
        assert self.entered is not None
        return SignedInAs(
            user_id=self.entered.user_id,
            username=self.entered.username,
            device_id=self.entered.device_id,
            refresh_token=(self.desk.tokens or [self.entered.refresh_token])[-1],
        )

    def again(self, central: CentralServer | None = None) -> Device:
        """The same device after its agent was started anew; ``central``: by another way."""
        where = central or self.central
        return Device(where, self.desk, _client(where, self.desk), self.entered)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Device]:
        """Follow the account's events meanwhile."""
        since = len(self.desk.told)
        task = asyncio.create_task(self.client.run(self.account(), self.desk.files))
        try:
            await self.desk.is_online(since)
            yield self
        finally:
            task.cancel()
            await asyncio.wait({task})


def _client(central: CentralServer, desk: Desk) -> HttpCentralClient:
    CLIENTS.append(HttpCentralClient(central, desk, clock=Clock(desk.now_s)))
    return CLIENTS[-1]


def public(keys: DeviceKeys) -> calls.PublicKeys:
    return calls.PublicKeys(x25519=keys.x25519_public, ed25519=keys.ed25519_public)
