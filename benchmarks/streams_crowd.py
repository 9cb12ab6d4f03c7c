"""Ten thousand clients in one thread: sockets that wait for events, and when each event came."""

from __future__ import annotations

import contextlib
import re
import select
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Final, Self

import attrs

_AT_ONCE: Final = 100
_READ_BYTES: Final = 65_536
_NUMBER: Final = re.compile(rb'"n":(\d+)')
_PATIENCE_S: Final = 60.0
#: A source address has some 28,000 ports; spread, none is short of them.
_SOURCES: Final = 4


@attrs.define(eq=False)
class Crowd:
    """Open streams; ``came`` is (number of an event, when) for each client that got it."""

    host: str
    port: int
    sockets: dict[int, socket.socket] = attrs.field(factory=dict)
    came: list[tuple[int, float]] = attrs.field(factory=list)
    current: int = 0
    ended: int = 0
    _poll: select.epoll = attrs.field(factory=select.epoll)

    @classmethod
    @contextlib.contextmanager
    def gathered(cls, host: str, port: int, tokens: Sequence[str]) -> Iterator[Self]:
        """Open a stream for each of ``tokens``, and hear all of them in a thread until left."""
        crowd = cls(host, port)
        stop = threading.Event()
        hearing = threading.Thread(target=crowd._hear, args=(stop,))
        hearing.start()
        try:
            for begin in range(0, len(tokens), _AT_ONCE):
                part = tokens[begin : begin + _AT_ONCE]
                for number, token in enumerate(part):
                    crowd._open(token, number % _SOURCES)
                crowd._wait(begin + len(part))
            yield crowd
        finally:
            stop.set()
            hearing.join()
            for each in crowd.sockets.values():
                each.close()

    def _open(self, token: str, source: int) -> None:
        made = socket.socket()
        made.bind((f"127.0.0.{2 + source}", 0))
        made.connect((self.host, self.port))
        # What a client in Python sends: its library's headers take the server's memory too.
        made.sendall(
            f"GET /v1/events HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n"
            f"Authorization: Bearer {token}\r\nAccept: text/event-stream\r\n"
            "Accept-Encoding: gzip, deflate\r\nUser-Agent: worldvpn/0.1.0\r\n"
            "Connection: keep-alive\r\n\r\n".encode()
        )
        made.settimeout(0)
        self.sockets[made.fileno()] = made
        self._poll.register(made, select.EPOLLIN)

    def _wait(self, count: int) -> None:
        deadline_s = time.monotonic() + _PATIENCE_S
        while self.current < count:
            if time.monotonic() > deadline_s or self.ended:
                raise SystemExit(f"{self.current} of {count} streams opened, {self.ended} ended")
            time.sleep(0.005)

    def _hear(self, stop: threading.Event) -> None:
        while not stop.is_set():
            for descriptor, _ in self._poll.poll(0.1, 64):
                chunk = self.sockets[descriptor].recv(_READ_BYTES)
                now_s = time.perf_counter()
                if not chunk:
                    self.ended += 1
                    self._poll.unregister(descriptor)
                self.current += chunk.count(b"event: current")
                self.came += [(int(number), now_s) for number in _NUMBER.findall(chunk)]
