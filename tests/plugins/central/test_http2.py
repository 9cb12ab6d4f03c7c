"""HTTP/2, where the server speaks it: many questions on one connection."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded

from tests.plugins.central.desk import Device
from tests.plugins.central.test_hostile_server import certificate
from worldvpn_central.http import Question
from worldvpn_core.central.server import central_server

pytestmark = pytest.mark.anyio


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer every request with its own path."""
    spoken = H2Connection(H2Configuration(client_side=False, header_encoding=None))
    spoken.initiate_connection()
    paths: dict[int, str] = {}
    try:
        writer.write(spoken.data_to_send())
        while data := await reader.read(65_536):
            for event in spoken.receive_data(data):
                match event:
                    case RequestReceived(stream_id=stream, headers=headers):
                        assert stream is not None
                        paths[stream] = dict(headers or ())[b":path"].decode()
                    case DataReceived(stream_id=stream, flow_controlled_length=size):
                        spoken.acknowledge_received_data(size or 0, stream or 0)
                    case StreamEnded(stream_id=stream):
                        assert stream is not None
                        spoken.send_headers(stream, [(":status", "200")])
                        body = json.dumps({"path": paths[stream]}).encode()
                        spoken.send_data(stream, body, end_stream=True)
            writer.write(spoken.data_to_send())
            await writer.drain()
    except (OSError, ssl.SSLError):
        pass
    finally:
        writer.transport.abort()


@asynccontextmanager
async def listening(folder: Path) -> AsyncIterator[tuple[tuple[str, int], str]]:
    """Such a server: where it is, and its pin."""
    spki = certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    context.set_alpn_protocols(["h2"])
    async with await asyncio.start_server(echo, "127.0.0.1", 0, ssl=context) as made:
        host, port = made.sockets[0].getsockname()
        yield (host, port), spki


async def test_twenty_questions_at_once_share_one_connection(tmp_path: Path) -> None:
    async with listening(tmp_path) as ((host, port), spki):
        device = Device.made(
            central_server(
                {
                    "url": f"https://{host}:{port}",
                    "addresses": [f"{host}:{port}"],
                    "root_key": "00" * 32,
                    "spki_sha256": spki,
                }
            )
        )
        api = device.client._mine.api
        await api.ask(Question(method="GET", path="/first"))

        answers = await asyncio.gather(
            *(
                api.ask(Question(method="POST", path=f"/{at}", body={"long": "x" * 5_000}))
                for at in range(20)
            )
        )

        assert [each.text("path") for each in answers] == [f"/{at}" for at in range(20)]
        assert device.desk.opened == 1

        cancelled = asyncio.create_task(api.ask(Question(method="GET", path="/given-up")))
        await asyncio.sleep(0)
        cancelled.cancel()
        await asyncio.wait({cancelled})
        assert (await api.ask(Question(method="GET", path="/after"))).text("path") == "/after"
        await device.client.aclose()
