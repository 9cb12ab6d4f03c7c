"""A program: the client under the agent's own confinement; its parent opens the sockets."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from uuid import uuid4

from worldvpn_central.client import HttpCentralClient
from worldvpn_core.agent.confine import confine
from worldvpn_core.central import calls, news, replies
from worldvpn_core.central.identity import DeviceKeys
from worldvpn_core.central.server import CentralServer, central_server
from worldvpn_core.central.statement import Statement
from worldvpn_core.contracts import SignedInAs
from worldvpn_core.errors import CentralOfflineError
from worldvpn_core.types import Endpoint


class ConfinedDesk:
    """Gets each socket over the pair; signs with keys that it has itself."""

    def __init__(self, pair: socket.socket, server: CentralServer) -> None:
        self._pair = pair
        self._server = server
        self.keys = DeviceKeys.fresh()
        self.tokens: list[str] = []
        self.online = asyncio.Event()

    async def socket(self, endpoint: Endpoint) -> socket.socket:
        self._pair.send(str(endpoint).encode())
        word, received, _, _ = socket.recv_fds(self._pair, 16, 1)
        if not received:
            raise CentralOfflineError(word.decode())
        sock = socket.socket(fileno=received[0])
        sock.setblocking(False)  # noqa: FBT003 - it takes no keyword
        return sock

    async def sign(self, statement: Statement) -> bytes:
        return self.keys.sign(statement, self._server.root_key, time.time())

    async def keep_token(self, refresh_token: str) -> None:
        self.tokens.append(refresh_token)

    async def keep_file(self, name: str, data: bytes) -> None:
        del name, data

    def tell(self, told: news.News) -> None:
        if isinstance(told, news.Reached) and told.reach is news.Reach.ONLINE:
            self.online.set()


async def live(client: HttpCentralClient, desk: ConfinedDesk) -> str:
    keys = calls.PublicKeys(x25519=desk.keys.x25519_public, ed25519=desk.keys.ed25519_public)
    made = await client.call(
        calls.Register(
            username=f"confined-{uuid4().hex[:8]}",
            password="a long enough secret 7",  # noqa: S106 - a test's own
            device_name="desk",
            keys=keys,
        )
    )
    assert isinstance(made, replies.Entered)
    account = SignedInAs(
        user_id=made.user_id,
        username=made.username,
        device_id=made.device_id,
        refresh_token=made.refresh_token,
    )
    running = asyncio.create_task(client.run(account, {}))
    await asyncio.wait_for(desk.online.wait(), 30)
    client._mine.tokens._access = None
    client.moved()
    looked = await client.call(calls.Look(subject=calls.Subject.WALLET))
    assert isinstance(looked, replies.Text)
    running.cancel()
    await asyncio.wait({running})
    await client.aclose()
    return f"{len(desk.tokens)} refreshed, {'credits' in looked.text}"


def main() -> None:
    pair = socket.socket(fileno=int(sys.argv[1]))
    host, port, root_key, known_by, value = sys.argv[2:7]
    server = central_server(
        {
            "url": f"https://{host}:{port}",
            "addresses": [f"{host}:{port}"],
            "root_key": root_key,
            known_by: value,
        }
    )
    desk = ConfinedDesk(pair, server)
    client = HttpCentralClient(server, desk)
    with asyncio.Runner() as runner:
        runner.get_loop()
        confine(uid=None, gid=None, daemon=os.getppid())
        try:
            said = runner.run(live(client, desk))
        except CentralOfflineError as error:
            said = str(error)
        os.write(1, said.encode())
    os._exit(0)


if __name__ == "__main__":
    main()
