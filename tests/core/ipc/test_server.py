"""The server answers each client by itself, whatever the others do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.core.ipc.wire import PATIENCE_S, RecordingDaemon, Wire, code_of, line, serving
from worldvpn_core.errors import BusyError
from worldvpn_core.ipc.connection import MAX_CALLS
from worldvpn_core.ipc.messages import (
    ProfilesImport,
    ProfilesList,
    Request,
    TunnelConnect,
    TunnelDisconnect,
)

pytestmark = pytest.mark.anyio

CONNECT = {"profile_id": "home"}


class Gate:
    """Holds requests to connect until it is opened."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.entered = asyncio.Event()
        self.passed = asyncio.Event()

    async def __call__(self, request: Request) -> Mapping[str, object]:
        if isinstance(request, TunnelConnect):
            self.entered.set()
            await self.opened.wait()
            self.passed.set()
        return {"done": type(request).__name__}


async def test_hello_says_version_and_what_the_caller_is(
    daemon: RecordingDaemon, path: Path
) -> None:
    async with serving(daemon, path):
        wire = await Wire.connect(path, greet=False)
        answer = await wire.ask("hello", {"version": 1})
        assert answer["result"]["version"] == 1
        assert answer["result"]["role"] in {"root", "owner"}
        await wire.close()


async def test_nothing_is_answered_before_hello(daemon: RecordingDaemon, path: Path) -> None:
    async with serving(daemon, path):
        wire = await Wire.connect(path, greet=False)
        assert code_of(await wire.ask("tunnel.disconnect")) == "rpc.hello"
        await wire.close()
    assert daemon.requests == []


async def test_client_of_another_version_is_told_and_not_served(
    daemon: RecordingDaemon, path: Path
) -> None:
    async with serving(daemon, path):
        wire = await Wire.connect(path, greet=False)
        assert code_of(await wire.ask("hello", {"version": 2})) == "rpc.version"
        assert code_of(await wire.ask("status")) == "rpc.hello"
        await wire.close()


async def test_permitted_request_reaches_the_daemon(daemon: RecordingDaemon, path: Path) -> None:
    async with serving(daemon, path):
        wire = await Wire.connect(path)
        assert await wire.ask("tunnel.disconnect") == {"jsonrpc": "2.0", "id": 1, "result": {}}
        await wire.close()
    assert daemon.requests == [TunnelDisconnect()]


async def test_status_is_the_snapshot(daemon: RecordingDaemon, path: Path) -> None:
    daemon.state = {"tunnel": {"state": "blocked"}}
    async with serving(daemon, path):
        wire = await Wire.connect(path)
        assert (await wire.ask("status"))["result"] == daemon.state
        await wire.close()


async def test_subscriber_gets_the_snapshot_at_once_and_then_each_change(
    daemon: RecordingDaemon, path: Path
) -> None:
    async with serving(daemon, path) as server:
        wire = await Wire.connect(path)
        assert (await wire.ask("subscribe"))["result"] == {}
        first = await wire.next()
        daemon.state = {"version": 2}
        server.publish()
        second = await wire.next()
        await wire.close()
    assert first == {"jsonrpc": "2.0", "method": "snapshot", "params": {"version": 1}}
    assert second["params"] == {"version": 2}


async def test_who_did_not_subscribe_gets_no_news(daemon: RecordingDaemon, path: Path) -> None:
    async with serving(daemon, path) as server:
        wire = await Wire.connect(path)
        server.publish()
        assert (await wire.ask("profiles.list"))["id"] == 1
        await wire.close()


async def test_slow_request_blocks_neither_its_own_client_nor_another(
    daemon: RecordingDaemon, path: Path
) -> None:
    gate = daemon.acts = Gate()
    async with serving(daemon, path):
        slow, other = await Wire.connect(path), await Wire.connect(path)
        slow.request("tunnel.connect", CONNECT, "slow")
        slow.request("profiles.list", None, "quick")
        answers = [await slow.next(), await other.ask("profiles.list")]
        gate.opened.set()
        answers.append(await slow.next())
        await slow.close()
        await other.close()
    assert [answer["id"] for answer in answers] == ["quick", 1, "slow"]


async def test_request_of_a_client_that_left_is_finished(
    daemon: RecordingDaemon, path: Path
) -> None:
    gate = daemon.acts = Gate()
    async with serving(daemon, path), asyncio.timeout(PATIENCE_S):
        wire = await Wire.connect(path)
        wire.request("tunnel.connect", CONNECT)
        await gate.entered.wait()
        await wire.close()
        gate.opened.set()
        await gate.passed.wait()


async def test_client_with_too_many_calls_is_told_to_wait(
    daemon: RecordingDaemon, path: Path
) -> None:
    gate = daemon.acts = Gate()
    async with serving(daemon, path):
        wire = await Wire.connect(path)
        wire.send(b"".join(line("tunnel.connect", CONNECT, n) for n in range(MAX_CALLS + 1)))
        refused = await wire.next()
        gate.opened.set()
        answered = [(await wire.next())["id"] for _ in range(MAX_CALLS)]
        await wire.close()
    assert (refused["id"], code_of(refused)) == (MAX_CALLS, "rpc.too_many")
    assert refused["error"]["data"]["retryable"] is True
    assert sorted(answered) == list(range(MAX_CALLS))


async def test_error_of_ours_keeps_its_code_and_sentence(
    daemon: RecordingDaemon, path: Path
) -> None:
    async def refuse(_request: Request) -> Mapping[str, object]:
        raise BusyError("already connecting to home: disconnect first")

    daemon.acts = refuse
    async with serving(daemon, path):
        wire = await Wire.connect(path)
        answer = await wire.ask("tunnel.connect", CONNECT)
        await wire.close()
    assert answer["error"] == {
        "code": -32_000,
        "message": "already connecting to home: disconnect first",
        "data": {"code": "busy", "retryable": False},
    }


async def test_unexpected_error_is_logged_by_place_and_told_without_words(
    daemon: RecordingDaemon, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(request: Request) -> Mapping[str, object]:
        raise RuntimeError(request.text if isinstance(request, ProfilesImport) else "")

    daemon.acts = fail
    async with serving(daemon, path):
        wire = await Wire.connect(path)
        answer = await wire.ask("profiles.import", {"name": "a", "text": "PrivateKey = canary"})
        still = await wire.ask("status")
        await wire.close()
    assert (answer["error"]["code"], code_of(answer)) == (-32_603, "internal")
    assert "canary" not in str(answer)
    assert "profiles.import failed with RuntimeError" in caplog.text
    assert "canary" not in caplog.text
    assert still["result"] == {"version": 1}


async def test_answer_that_json_cannot_say_is_an_internal_error(
    daemon: RecordingDaemon, path: Path
) -> None:
    async def answer_bytes(_request: Request) -> Mapping[str, object]:
        return {"raw": b"\x00"}

    daemon.acts = answer_bytes
    async with serving(daemon, path):
        wire = await Wire.connect(path)
        assert code_of(await wire.ask("profiles.list")) == "internal"
        await wire.close()


async def test_params_are_never_logged(
    daemon: RecordingDaemon, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving(daemon, path):
        wire = await Wire.connect(path)
        await wire.ask("profiles.import", {"name": "a", "text": "canary"})
        await wire.ask("profiles.import", {"name": "a", "text": "canary", "canary": 1})
        await wire.ask("canary", {"text": "canary"})
        await wire.close()
    assert "canary" not in caplog.text


async def test_closing_drops_clients_and_their_requests(
    daemon: RecordingDaemon, path: Path
) -> None:
    gate = daemon.acts = Gate()
    server = daemon.server(path)
    await server.start()
    wire = await Wire.connect(path)
    wire.request("tunnel.connect", CONNECT)
    await gate.entered.wait()
    await server.close()
    await server.close()
    assert await wire.rest() == b""
    assert not gate.passed.is_set()
    await wire.close()


async def test_two_clients_get_their_own_answers(daemon: RecordingDaemon, path: Path) -> None:
    async with serving(daemon, path):
        one, two = await Wire.connect(path), await Wire.connect(path)
        one.request("profiles.list", None, "one")
        two.request("profiles.list", None, "two")
        assert [(await one.next())["id"], (await two.next())["id"]] == ["one", "two"]
        await one.close()
        await two.close()
    assert daemon.requests == [ProfilesList(), ProfilesList()]
