"""A client of somebody's own making: real calls and real WireGuard, and it signs what it likes."""

from __future__ import annotations

import asyncio
import base64
import socket
import time
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar
from uuid import uuid4

import attrs
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.e2e.town import PASSWORD, Town
from tests.plugins.central.desk import Desk, public
from worldvpn_central.client import HttpCentralClient
from worldvpn_core.central import calls, replies
from worldvpn_core.central.identity import DeviceKeys
from worldvpn_core.central.place import Place
from worldvpn_core.central.server import central_server
from worldvpn_core.contracts import SignedInAs
from worldvpn_core.credit.receipt import Receipt, Role
from worldvpn_core.credit.ticket import hash_of
from worldvpn_core.errors import CentralBusyError, OutOfCreditError
from worldvpn_core.types import Endpoint
from worldvpn_lab.device import Device, device
from worldvpn_lab.world import World

_ROLE = "client"
#: WireGuard's way to say that there is none.
_NO_SHARED_KEY = base64.b64encode(bytes(32)).decode()
_TRIES, _AGAIN_S = 30, 0.5
_R = TypeVar("_R")


@attrs.define(eq=False, kw_only=True)
class LabDesk(Desk):
    """A desk whose connections leave from a role of the lab."""

    world: World

    async def socket(self, endpoint: Endpoint) -> socket.socket:
        sock = self.world.open_socket(_ROLE, socket.AF_INET, socket.SOCK_STREAM)
        sock.setblocking(False)  # noqa: FBT003 - it takes no keyword
        await asyncio.get_running_loop().sock_connect(sock, (str(endpoint.host), endpoint.port))
        return sock


@attrs.frozen(kw_only=True)
class Seat:
    """A session that is open, and the guest's keys for it."""

    granted: replies.Granted
    keys: DeviceKeys

    @contextmanager
    def tunnel(self, world: World) -> Iterator[Device]:
        """Go through the node, by WireGuard alone: nobody counts here, and nobody answers."""
        granted = self.granted
        profile = "\n".join(
            (
                f"PrivateKey = {_text(self.keys.x25519)}",
                f"Address = {granted.assigned4}, {granted.assigned6}",
                f"PublicKey = {_text(granted.node_x25519)}",
                f"PresharedKey = {_NO_SHARED_KEY}",
                f"Endpoint = {granted.endpoint.host}:{granted.endpoint.port}",
            )
        )
        with device(world, _ROLE, profile) as made:
            yield made

    def word(self, total_bytes: int) -> bytes:
        """Return the guest's word that so much came down, whatever did."""
        receipt = Receipt(
            role=Role.GUEST,
            ticket=hash_of(self.granted.ticket),
            sequence=1,
            up_bytes=0,
            down_bytes=total_bytes,
            elapsed_ms=60_000,
        )
        return receipt.sign(Ed25519PrivateKey.from_private_bytes(self.keys.ed25519))


class Stranger:
    """Someone with an account. Nothing of its own goes on between two calls."""

    def __init__(self, runner: asyncio.Runner, client: HttpCentralClient, user_id: str) -> None:
        self._runner = runner
        self._client = client
        self.user_id = user_id

    @classmethod
    @contextmanager
    def registered(cls, town: Town, name: str) -> Iterator[Stranger]:
        """Come as somebody new."""
        with cls._entered(town, name, is_new=True) as stranger:
            yield stranger

    @classmethod
    @contextmanager
    def signed_in(cls, town: Town, name: str) -> Iterator[Stranger]:
        """Come as one of the town's, from another device."""
        with cls._entered(town, name, is_new=False) as stranger:
            yield stranger

    @classmethod
    @contextmanager
    def _entered(cls, town: Town, name: str, *, is_new: bool) -> Iterator[Stranger]:
        central = central_server(tomllib.loads(town.house.daemon_toml())["central"])
        desk = LabDesk(root_key=central.root_key, world=town.world)
        kind = calls.Register if is_new else calls.SignIn
        keys = public(desk.keys)
        call = kind(username=name, password=PASSWORD, device_name="own make", keys=keys)
        with asyncio.Runner() as runner:
            client = HttpCentralClient(central, desk)

            async def enter() -> tuple[replies.Entered, asyncio.Task[None]]:
                entered = await client.call(call)
                assert isinstance(entered, replies.Entered)
                account = SignedInAs(
                    user_id=entered.user_id,
                    username=entered.username,
                    device_id=entered.device_id,
                    refresh_token=entered.refresh_token,
                )
                running = asyncio.create_task(client.run(account, {}))
                await desk.is_online()
                return entered, running

            entered, running = runner.run(enter())
            try:
                yield cls(runner, client, entered.user_id)
            finally:
                running.cancel()
                runner.run(_closed(running, client))

    def call(self, call: calls.Call, kind: type[_R]) -> _R:
        """Ask the server; raises what it refuses."""
        reply = self._runner.run(self._client.call(call))
        assert isinstance(reply, kind)
        return reply

    def open(self, place: str) -> Seat:
        """Open a session; a node that has not let go of the one before is asked again."""
        for left in range(_TRIES, 0, -1):
            keys = DeviceKeys.fresh()
            call = calls.Open(
                place=Place.parse(place), protocol="WireGuard", keys=public(keys), key=uuid4().hex
            )
            try:
                return Seat(granted=self.call(call, replies.Granted), keys=keys)
            except CentralBusyError:
                if left == 1:
                    raise
                time.sleep(_AGAIN_S)
        raise AssertionError("it was never asked")

    def opened(self, place: str) -> Seat | None:
        """Open a session; None: no credit is left that could be held for it.

        Or the only node there has carried too much for this account that nobody signed for:
        its owner's nodes take it no more.
        """
        try:
            return self.open(place)
        except (OutOfCreditError, CentralBusyError):
            return None

    def hands_in(self, receipts: Sequence[bytes]) -> tuple[replies.Outcome, ...]:
        return self.call(calls.Submit(receipts=tuple(receipts)), replies.Submitted).outcomes

    def end(self, seat: Seat, word: bytes | None) -> None:
        self.call(calls.End(session_id=seat.granted.session_id, final_receipt=word), replies.Done)


async def _closed(running: asyncio.Task[None], client: HttpCentralClient) -> None:
    await asyncio.wait({running})
    await client.aclose()


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode()
