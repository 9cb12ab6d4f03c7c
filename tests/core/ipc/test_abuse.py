"""Clients that send nonsense, or too much, or do not read: sent away, and nobody else notices."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.core.ipc.wire import RecordingDaemon, Wire, code_of, line, serving, until
from worldvpn_core.ipc.connection import MAX_GARBAGE
from worldvpn_core.ipc.protocol import MAX_LINE_BYTES

pytestmark = pytest.mark.anyio

LITTLE_BYTES = 65_536


async def test_one_line_of_garbage_is_answered_and_forgiven(
    daemon: RecordingDaemon, path: Path
) -> None:
    async with serving(daemon, path):
        wire = await Wire.connect(path)
        wire.send(b"\x00\xff garbage\n")
        assert code_of(await wire.next()) == "rpc.parse"
        assert (await wire.ask("status"))["result"] == {"version": 1}
        await wire.close()


async def test_repeated_garbage_ends_the_connection(daemon: RecordingDaemon, path: Path) -> None:
    async with serving(daemon, path):
        wire = await Wire.connect(path)
        wire.send(b"garbage\n" * (MAX_GARBAGE + 5))
        answers = (await wire.rest()).splitlines()
        await wire.close()
    assert [code_of(json.loads(each)) for each in answers] == ["rpc.parse"] * MAX_GARBAGE


async def test_unknown_methods_and_fields_do_not_end_the_connection(
    daemon: RecordingDaemon, path: Path
) -> None:
    async with serving(daemon, path):
        wire = await Wire.connect(path)
        codes = [code_of(await wire.ask("tunnel.open")) for _ in range(MAX_GARBAGE)]
        codes += [code_of(await wire.ask("status", {"x": 1})) for _ in range(MAX_GARBAGE)]
        assert (await wire.ask("status"))["result"] == {"version": 1}
        await wire.close()
    assert codes == ["rpc.method"] * MAX_GARBAGE + ["rpc.params"] * MAX_GARBAGE


async def test_blank_lines_are_no_garbage(daemon: RecordingDaemon, path: Path) -> None:
    async with serving(daemon, path):
        wire = await Wire.connect(path)
        wire.send(b"\n\r\n \n\n")
        assert (await wire.ask("status"))["result"] == {"version": 1}
        await wire.close()


@pytest.mark.parametrize("ending", [b"", b"\n"])
async def test_oversized_line_is_answered_and_ends_the_connection(
    daemon: RecordingDaemon, path: Path, ending: bytes
) -> None:
    async with serving(daemon, path):
        wire = await Wire.connect(path)
        wire.send(b"x" * (MAX_LINE_BYTES + 1) + ending)
        (answer,) = (await wire.rest()).splitlines()
        await wire.close()
    assert code_of(json.loads(answer)) == "rpc.too_large"


async def test_line_too_long_for_its_method_is_answered_and_forgiven(
    daemon: RecordingDaemon, path: Path
) -> None:
    async with serving(daemon, path):
        wire = await Wire.connect(path)
        wire.send(b" " * 100_000 + line("status"))
        assert code_of(await wire.next()) == "rpc.too_large"
        assert (await wire.ask("status"))["result"] == {"version": 1}
        await wire.close()


async def test_half_a_line_at_the_end_is_not_carried_out(
    daemon: RecordingDaemon, path: Path
) -> None:
    async with serving(daemon, path):
        wire = await Wire.connect(path)
        wire.send(line("tunnel.disconnect").rstrip())
        await wire.close()
        other = await Wire.connect(path)
        await other.ask("status")
        await other.close()
    assert daemon.requests == []


async def test_subscriber_that_does_not_read_is_dropped_and_the_others_are_not(
    daemon: RecordingDaemon, path: Path
) -> None:
    async with serving(daemon, path) as server:
        slow = await Wire.connect(path, limit_bytes=LITTLE_BYTES)
        quick = await Wire.connect(path)
        for wire in (slow, quick):
            await wire.ask("subscribe")
            await wire.next()
        daemon.state = {"padding": "x" * 200_000}
        for _ in range(40):
            server.publish()
            assert (await quick.next())["params"] == daemon.state
        unread = await slow.rest()
        await slow.close()
        await quick.close()
    assert len(unread) < 40 * 200_000


async def test_client_that_asks_and_does_not_read_is_dropped(
    daemon: RecordingDaemon, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    daemon.state = {"padding": "x" * 100_000}
    async with serving(daemon, path):
        greedy = await Wire.connect(path, limit_bytes=LITTLE_BYTES)
        other = await Wire.connect(path)
        greedy.send(b"".join(line("status", None, n) for n in range(100)))
        await until(lambda: "dropped a client that does not read" in caplog.text)
        unread = await greedy.rest()
        assert (await other.ask("status"))["result"] == daemon.state
        assert len(unread) < 100 * 100_000
        await greedy.close()
        await other.close()


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.binary(max_size=200) | st.just(line("status")), max_size=8))
def test_arbitrary_bytes_never_hurt_the_next_client(tmp_path: Path, lines: list[bytes]) -> None:
    async def scenario() -> dict[str, object]:
        daemon, path = RecordingDaemon(), tmp_path / "fuzz.sock"
        async with serving(daemon, path):
            wire = await Wire.connect(path, greet=False)
            wire.send(b"\n".join(lines))
            await wire.close()
            other = await Wire.connect(path)
            answer = await other.ask("status")
            await other.close()
        return answer

    assert asyncio.run(scenario())["result"] == {"version": 1}
