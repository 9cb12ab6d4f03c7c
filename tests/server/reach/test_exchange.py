"""Probes of a real WireGuard server, with real packets."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import Self

import attrs
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tests.server.reach.conftest import Engines
from worldvpn_lab.map import NODES, PLACES, Node
from worldvpn_server.clock import SystemClock
from worldvpn_server.http.source import Address
from worldvpn_server.reach.echo import Echo
from worldvpn_server.reach.exchange import PROBE_S, Question, probe
from worldvpn_server.reach.values import Reason

pytestmark = [pytest.mark.anyio, pytest.mark.netns]

NODE = NODES[0]
_numbers = itertools.count(100)


def question(responder: bytes, *, six: bool = False) -> Question:
    number = next(_numbers)
    gateway = NODE.gateway6 if six else NODE.gateway
    echo = Echo(
        source=gateway.network[number],
        target=gateway.ip,
        identifier=number,
        nonce=secrets.token_bytes(32),
    )
    return Question(responder=responder, static=X25519PrivateKey.generate(), echo=echo)


def peer(asked: Question) -> bytes:
    return asked.static.public_key().public_bytes_raw()


async def run(engines: Engines, asked: Question, address: Address, port: int) -> Reason:
    return await probe(asked, address, port, SystemClock(), engines.dial)


@pytest.mark.parametrize("outer", [NODE.endpoint, NODE.endpoint6], ids=["v4", "v6"])
@pytest.mark.parametrize("six", [False, True], ids=["echo4", "echo6"])
async def test_node_that_admitted_the_prober_is_reached(
    engines: Engines, outer: Address, *, six: bool
) -> None:
    asked = question(engines.public(NODE), six=six)
    engines.admit(NODE, peer(asked), asked.echo.source)

    assert await run(engines, asked, outer, NODE.port) is Reason.REACHED


async def test_refusal_silence_garbage_and_strangers_are_one_reason_after_one_time(
    engines: Engines,
) -> None:
    public = engines.public(NODE)
    admitted = question(public)
    engines.admit(NODE, peer(admitted), admitted.echo.source)
    wrong_key = question(X25519PrivateKey.generate().public_key().public_bytes_raw())
    engines.admit(NODE, peer(wrong_key), wrong_key.echo.source)
    with Listener(engines, NODE, 7001) as silent, Garbage(engines, NODE, 7002) as garbage:
        tries = {
            "wrong key": run(engines, wrong_key, NODE.endpoint, NODE.port),
            "not admitted": run(engines, question(public), NODE.endpoint, NODE.port),
            "closed port": run(engines, admitted, NODE.endpoint, 7003),
            "silent": run(engines, question(public), NODE.endpoint, silent.port),
            "garbage": run(engines, question(public), NODE.endpoint, garbage.port),
            "no route": run(engines, question(public), ip_address("240.0.0.1"), 7003),
            "no machine": run(engines, question(public), PLACES.shared_space, 7003),
            "no key": run(engines, question(bytes(32)), NODE.endpoint, NODE.port),
        }
        found = dict(zip(tries, await asyncio.gather(*map(timed, tries.values())), strict=True))
        assert garbage.answered > 0
        assert silent.heard() == 3

    assert {name: reason for name, (reason, _) in found.items()} == dict.fromkeys(
        tries, Reason.NO_ANSWER
    )
    assert all(took_s >= PROBE_S - 0.05 for _, took_s in found.values()), found


async def test_handshake_without_an_echo_is_told_apart_after_the_same_time(
    engines: Engines,
) -> None:
    asked = question(engines.public(NODE))
    engines.admit(NODE, peer(asked), NODE.gateway.network[99])

    reason, took_s = await timed(run(engines, asked, NODE.endpoint, NODE.port))

    assert reason is Reason.NO_ECHO
    assert took_s >= PROBE_S - 0.05


async def timed(work: Awaitable[Reason]) -> tuple[Reason, float]:
    began_s = time.monotonic()
    return await work, time.monotonic() - began_s


@attrs.define
class Listener:
    """A port of a node that takes everything and says nothing."""

    engines: Engines
    node: Node
    port: int
    line: socket.socket = attrs.field(init=False)

    def __enter__(self) -> Self:
        self.line = self.engines.world.open_socket(
            self.node.role, socket.AF_INET, socket.SOCK_DGRAM
        )
        self.line.bind((str(self.node.endpoint), self.port))
        return self

    def __exit__(self, *_: object) -> None:
        self.line.close()

    def heard(self) -> int:
        """Return how many datagrams have come."""
        self.line.settimeout(0)
        count = 0
        try:
            while self.line.recv(2048):
                count += 1
        except BlockingIOError:
            return count
        return count


@attrs.define
class Garbage(Listener):
    """A port that answers everything with more than enough that means nothing."""

    answered: int = 0
    thread: threading.Thread = attrs.field(init=False)

    def __enter__(self) -> Self:
        Listener.__enter__(self)
        self.line.settimeout(PROBE_S + 2)
        self.thread = threading.Thread(target=self._answer)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.thread.join()
        self.line.close()

    def _answer(self) -> None:
        forms: tuple[Callable[[bytes], bytes], ...] = (
            lambda sent: sent,
            lambda _: b"\x02\0\0\0" + secrets.token_bytes(88),
            lambda sent: b"\x02\0\0\0" + bytes(4) + sent[4:8] + secrets.token_bytes(80),
            lambda sent: b"\x03\0\0\0" + sent[4:8] + secrets.token_bytes(56),
            lambda sent: b"\x04\0\0\0" + sent[4:8] + bytes(8) + secrets.token_bytes(64),
            lambda _: b"",
        )
        for _ in range(3):
            sent, source = self.line.recvfrom(2048)
            for form in forms * 20:
                self.line.sendto(form(sent), source)
                self.answered += 1
