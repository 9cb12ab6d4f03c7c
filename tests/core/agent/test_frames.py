"""Streams of strangers are read in the agent: whole frames come out, or the stream is over."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import attrs
import pytest

from tests.core.agent.stand_in import StandIn, standing_in
from worldvpn_core.agent.frame_messages import (
    FrameGiven,
    FrameRead,
    FramesOver,
    ReadFrames,
    StreamHung,
)
from worldvpn_core.agent.frames import FRAMES_A_MINUTE, FramesSide
from worldvpn_core.agent.spec import Ears
from worldvpn_core.agent.stream import Stream
from worldvpn_core.credit.frames import Bye, Hello, Over, Reason, Welcome, written
from worldvpn_core.errors import AgentError

pytestmark = pytest.mark.anyio

HELLO = written(Hello(bytes(32)))
REQUEST = ReadFrames(id=7, is_nodes=True)


@attrs.define(eq=False)
class Line:
    """The agent's side of one stream, and the stranger at its other end."""

    side: FramesSide
    ours: socket.socket
    stranger: socket.socket
    said: asyncio.Queue[bytes]
    serving: asyncio.Task[FramesOver] = attrs.field(init=False)

    async def over(self) -> FramesOver:
        return await asyncio.wait_for(self.serving, 5)

    async def gets(self) -> bytes:
        return await asyncio.get_running_loop().sock_recv(self.stranger, 4_096)


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    ours, stranger = socket.socketpair()
    said: asyncio.Queue[bytes] = asyncio.Queue()

    async def say(frame: FrameRead) -> None:
        said.put_nowait(frame.data)

    with ours, stranger:
        stranger.settimeout(0)
        made = Line(FramesSide(say), ours, stranger, said)
        made.side.begin(REQUEST)
        made.serving = asyncio.create_task(made.side.serve(REQUEST, ours.fileno()))
        await asyncio.sleep(0)
        ours.close()
        yield made
        made.serving.cancel()
        await asyncio.gather(made.serving, return_exceptions=True)


async def test_frame_in_pieces_comes_out_whole(line: Line) -> None:
    for piece in (HELLO[:1], HELLO[1:40], HELLO[40:] + written(Bye())):
        line.stranger.send(piece)
        await asyncio.sleep(0.01)
    async with asyncio.timeout(5):
        assert [await line.said.get() for _ in range(2)] == [HELLO, written(Bye())]


@pytest.mark.parametrize("data", [b"\x00", b"GET / HTTP/1.1\r\n", written(Over(Reason.LEFT))])
async def test_what_no_guest_says_ends_the_stream(line: Line, data: bytes) -> None:
    line.stranger.send(data)
    assert await line.over() == FramesOver(id=7)
    assert line.said.empty()


async def test_stream_that_the_stranger_closes_is_over(line: Line) -> None:
    line.stranger.send(HELLO)
    line.stranger.close()
    assert await line.over() == FramesOver(id=7)
    assert line.said.get_nowait() == HELLO


async def test_what_the_daemon_says_is_sent_before_it_hangs_up(line: Line) -> None:
    welcome = written(Welcome(None))
    line.side.give(FrameGiven(request=7, data=welcome))
    line.side.hang(StreamHung(request=7))
    await line.over()
    assert await line.gets() == welcome
    assert await line.gets() == b""


async def test_what_is_said_before_the_stream_is_served_is_sent(line: Line) -> None:
    ours, stranger = socket.socketpair()
    with ours, stranger:
        stranger.settimeout(0)
        other = ReadFrames(id=8, is_nodes=False)
        line.side.begin(other)
        line.side.give(FrameGiven(request=8, data=HELLO))
        serving = asyncio.create_task(line.side.serve(other, ours.fileno()))
        assert await asyncio.get_running_loop().sock_recv(stranger, 4_096) == HELLO
        stranger.close()
        await asyncio.wait_for(serving, 5)


async def test_flood_of_frames_ends_the_stream(line: Line) -> None:
    line.stranger.send(HELLO + written(Bye()) * 200)
    sending = asyncio.create_task(
        asyncio.get_running_loop().sock_sendall(line.stranger, written(Bye()) * FRAMES_A_MINUTE)
    )
    await line.over()
    assert line.said.qsize() == FRAMES_A_MINUTE
    await asyncio.gather(sending, return_exceptions=True)


async def test_what_is_said_on_a_stream_that_is_gone_is_nobodys(line: Line) -> None:
    line.stranger.close()
    await line.over()
    line.side.give(FrameGiven(request=7, data=HELLO))
    line.side.hang(StreamHung(request=7))


@attrs.define(eq=False)
class Exchange:
    """The daemon's side of a stream."""

    stand_in: StandIn
    heard: list[bytes]
    asking: asyncio.Task[FramesOver]
    request: int
    stream: Stream
    reading: asyncio.Task[None]


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    async with standing_in() as stand_in:
        heard: list[bytes] = []
        begun: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        with socket.socket() as sock:
            asking = asyncio.create_task(
                stand_in.session.ask(
                    REQUEST,
                    FramesOver,
                    via=Ears(heard=heard.append),
                    descriptors=[sock.fileno()],
                    begun=begun.set_result,
                )
            )
            request = await begun
        await stand_in.hear()
        reading = asyncio.create_task(stand_in.session.run())
        yield Exchange(stand_in, heard, asking, request, Stream(stand_in.session, request), reading)
        asking.cancel()
        reading.cancel()
        await asyncio.gather(asking, reading, return_exceptions=True)


async def test_daemon_hears_the_frames_of_its_stream_until_it_ends(exchange: Exchange) -> None:
    exchange.stand_in.say(FrameRead(request=exchange.request, data=HELLO))
    exchange.stand_in.say(FramesOver(id=exchange.request))
    assert (await exchange.asking).id == exchange.request
    assert exchange.heard == [HELLO]


async def test_daemon_speaks_on_its_stream_and_hangs_up(exchange: Exchange) -> None:
    await exchange.stream.send(HELLO)
    await exchange.stream.hang()
    said = [await exchange.stand_in.hear() for _ in range(2)]
    assert [HELLO.hex().encode() in said[0], b"StreamHung" in said[1]] == [True, True]


@pytest.mark.parametrize("request_id", [0, 99])
async def test_frame_of_no_stream_ends_the_agent(exchange: Exchange, request_id: int) -> None:
    exchange.stand_in.say(FrameRead(request=request_id, data=HELLO))
    with pytest.raises(AgentError, match="without need"):
        await exchange.reading
