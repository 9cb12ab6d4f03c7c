"""Our HTTP/2 against an independent implementation, and against noise."""

from __future__ import annotations

import h2.config
import h2.connection
import h2.events
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.agent.http2 import Exchange
from worldvpn_core.agent.wire import ServerFailedError

Bodies = dict[int, bytes]


class Server:
    """h2's server: collects requests, and answers each with its body reversed."""

    def __init__(self, *, largest_piece: int = 16_384) -> None:
        self.connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        self.connection.initiate_connection()
        self.headers: dict[int, dict[bytes, bytes]] = {}
        self.bodies: Bodies = {}
        self._largest_piece = largest_piece

    def feed(self, data: bytes) -> bytes:
        for event in self.connection.receive_data(data):
            if isinstance(event, h2.events.RequestReceived):
                self.headers[event.stream_id] = {
                    bytes(name): bytes(value) for name, value in event.headers
                }
                self.bodies[event.stream_id] = b""
            if isinstance(event, h2.events.DataReceived):
                self.bodies[event.stream_id] += event.data
            if isinstance(event, h2.events.StreamEnded):
                self._answer(event.stream_id)
        return self.connection.data_to_send()

    def _answer(self, stream: int) -> None:
        body = self.bodies[stream][::-1]
        self.connection.send_headers(stream, [(":status", "200"), ("server", "h2")])
        while len(body) > self._largest_piece:
            self.connection.send_data(stream, body[: self._largest_piece])
            body = body[self._largest_piece :]
        self.connection.send_data(stream, body, end_stream=True, pad_length=7)


def test_requests_are_what_rfc_8484_asks_for() -> None:
    server = Server()
    exchange = Exchange("dns.example", "/dns-query", [b"four", b"sixth"])

    server.feed(exchange.opening)

    assert server.bodies == {1: b"four", 3: b"sixth"}
    assert server.headers[3] == {
        b":method": b"POST",
        b":scheme": b"https",
        b":path": b"/dns-query",
        b":authority": b"dns.example",
        b"accept": b"application/dns-message",
        b"content-type": b"application/dns-message",
        b"content-length": b"5",
    }


@given(st.lists(st.binary(min_size=1, max_size=900), min_size=1, max_size=4), st.data())
def test_answers_are_collected_however_they_are_cut(
    bodies: list[bytes], data: st.DataObject
) -> None:
    server = Server(largest_piece=data.draw(st.integers(1, 900)))
    exchange = Exchange("dns.example", "/dns-query", bodies)
    arriving = server.feed(exchange.opening)
    # A ping and our settings are answered on the way: the server checks what it is sent.
    server.connection.ping(b"01234567")
    arriving += server.connection.data_to_send()

    while arriving:
        cut = data.draw(st.integers(1, len(arriving)))
        server.feed(exchange.feed(arriving[:cut]))
        arriving = arriving[cut:]

    assert exchange.answers == tuple(body[::-1] for body in bodies)


def test_nothing_is_answered_before_everything_is() -> None:
    server = Server()
    exchange = Exchange("dns.example", "/", [b"a", b"b"])
    arriving = server.feed(exchange.opening)

    exchange.feed(arriving[:-1])

    assert exchange.answers is None


def test_server_that_resets_a_request_has_refused() -> None:
    server = Server()
    exchange = Exchange("dns.example", "/", [b"a"])
    server.connection.receive_data(exchange.opening)
    server.connection.reset_stream(1)

    with pytest.raises(ServerFailedError, match="refused"):
        exchange.feed(server.connection.data_to_send())


def test_server_that_goes_away_has_refused() -> None:
    server = Server()
    server.connection.close_connection()

    with pytest.raises(ServerFailedError, match="refused"):
        Exchange("dns.example", "/", [b"a"]).feed(server.connection.data_to_send())


def test_server_that_speaks_an_older_http_is_recognised() -> None:
    with pytest.raises(ServerFailedError, match="does not speak HTTP/2"):
        Exchange("dns.example", "/", [b"a"]).feed(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def test_answer_without_end_is_cut_off() -> None:
    exchange = Exchange("dns.example", "/", [b"a"])
    frame = b"\x00\x40\x00" + b"\x00\x00" + b"\x00\x00\x00\x01" + b"x" * 16_384

    with pytest.raises(ServerFailedError, match="more than a DNS message"):
        exchange.feed(frame * 5)


FRAMES = st.builds(
    lambda kind, flags, stream, body: (
        len(body).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + body
    ),
    st.integers(0, 10),
    st.integers(0, 255),
    st.integers(0, 4),
    st.binary(max_size=20),
)


@given(st.lists(FRAMES | st.binary(max_size=60), max_size=12))
def test_any_frames_and_noise_are_answers_or_refused(pieces: list[bytes]) -> None:
    exchange = Exchange("dns.example", "/", [b"a", b"b"])
    try:
        for piece in pieces:
            exchange.feed(piece)
    except ServerFailedError:
        return
    assert exchange.answers is None or len(exchange.answers) == 2
