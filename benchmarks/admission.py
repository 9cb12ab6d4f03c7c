"""How soon a guest can speak with its node, once it has its ticket.

``python benchmarks/admission.py`` builds a lab with a central server and a computer that shares,
and has guests come one after the other, each with keys of its own. The server's answer holds the
guest's ticket, and tells the node at the same moment; from then on the guest begins a handshake
every 2 ms until the first one is answered. It is WireGuard's own handshake, through the node's
router, engine and rules. ``--beside 190``: while so many others are there, each with an engine and
receipts of its own. Exit status 1 when a target of the project is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import secrets
import socket
import statistics
import sys
import tomllib
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

import attrs
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from bench import PATIENCE_S, Bar, report
from worldvpn_core.central.server import CentralServer, central_server
from worldvpn_lab.central import CentralHouse
from worldvpn_lab.crowd.gathered import Crowd, trusted_node
from worldvpn_lab.crowd.member import Admission, Member
from worldvpn_lab.demo import network
from worldvpn_lab.world import World
from worldvpn_server.reach.noise import Initiation, NoiseError, initiate

_GUESTS: Final = 50
_MOST: Final = 200
_NODE: Final = "node1"
_FROM: Final = "node2"
_ACCOUNT: Final = "crowd"
#: Each session holds half of what is left, until it is settled.
_CREDITS: Final = 50_000_000
_LISTED_S: Final = 40.0
_EVERY_S: Final = 0.002
#: The node takes no second handshake of a peer within 20 ms.
_PAUSE_S: Final = 0.03
_READ_BYTES: Final = 2_048


@attrs.frozen(kw_only=True)
class Taken:
    """Milliseconds of one guest.

    From its wish to its ticket, from there to the answered handshake, and a second handshake.
    """

    ticket_ms: float
    admission_ms: float
    handshake_ms: float


def main() -> int:
    """Measure; return the exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--guests", type=int, default=_GUESTS)
    parser.add_argument("--beside", type=int, default=0)
    chosen = parser.parse_args()
    guests: int = chosen.guests
    with (
        TemporaryDirectory(prefix="worldvpn-bench-") as parent,
        World.up(Path(parent, "lab")) as world,
        CentralHouse.open(world) as house,
        network.sharing_node(world, house, _NODE, share_guests=_MOST) as node,
        ExitStack() as crowd,
    ):
        node.until(network.is_listed, _LISTED_S)
        if chosen.beside:
            crowd.enter_context(Crowd.gathered(world, house, _FROM, node, chosen.beside))
        node_id = trusted_node(world, house, node)
        server = central_server(tomllib.loads(house.daemon_toml())["central"])

        def grant() -> None:
            argv = [*house.program, "user", "grant", _ACCOUNT, str(_CREDITS)]
            world.run("internet", argv).checked()

        dial = partial(world.open_socket, _FROM)
        taken = asyncio.run(_measured(server, dial, node_id, guests, grant))
    ticket = [each.ticket_ms for each in taken]
    admission = [each.admission_ms for each in taken]
    handshake = [each.handshake_ms for each in taken]
    return report(
        f"{guests} guests, one after the other, beside {chosen.beside}",
        [
            Bar(name="wish to ticket, median", figure=statistics.median(ticket), unit="ms"),
            Bar(
                name="ticket to handshake, median",
                figure=statistics.median(admission),
                unit="ms",
                limit=50,
            ),
            Bar(name="... p95", figure=_p95(admission), unit="ms"),
            Bar(name="... slowest", figure=max(admission), unit="ms"),
            Bar(
                name="a handshake of one who is in", figure=statistics.median(handshake), unit="ms"
            ),
        ],
    )


async def _measured(
    server: CentralServer,
    dial: Callable[[int, int], socket.socket],
    node_id: str,
    guests: int,
    grant: Callable[[], None],
) -> list[Taken]:
    member = await Member.registered(server, _ACCOUNT, dial)
    grant()
    try:
        return [await _one(member, dial, node_id) for _ in range(guests)]
    finally:
        await member.leave()


async def _one(member: Member, dial: Callable[[int, int], socket.socket], node_id: str) -> Taken:
    wished_s = perf_counter()
    admission = await member.admitted(node_id)
    granted_s = perf_counter()
    with dial(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.settimeout(0)
        endpoint = admission.granted.endpoint
        line.connect((str(endpoint.host), endpoint.port))
        await _shaken(line, admission)
        in_s = perf_counter()
        await asyncio.sleep(_PAUSE_S)
        again_s = perf_counter()
        await _shaken(line, admission)
        done_s = perf_counter()
    await member.end(admission.granted.session_id, None)
    return Taken(
        ticket_ms=(granted_s - wished_s) * 1e3,
        admission_ms=(in_s - granted_s) * 1e3,
        handshake_ms=(done_s - again_s) * 1e3,
    )


async def _shaken(line: socket.socket, admission: Admission) -> None:
    """Begin handshakes until one is answered. Raises SystemExit: none was."""
    loop = asyncio.get_running_loop()
    static = X25519PrivateKey.from_private_bytes(admission.keys.x25519)
    begun: list[Initiation] = []
    deadline_s = perf_counter() + PATIENCE_S
    while perf_counter() < deadline_s:
        index = secrets.randbits(32)
        begun.append(initiate(static, admission.granted.node_x25519, index, datetime.now(UTC)))
        line.send(begun[-1].message)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_EVERY_S):
                answer = await loop.sock_recv(line, _READ_BYTES)
                if any(_answers(each, answer) for each in begun):
                    return
    raise SystemExit(f"no handshake was answered in {PATIENCE_S:g} s")


def _answers(begun: Initiation, answer: bytes) -> bool:
    with contextlib.suppress(NoiseError):
        begun.finish(answer)
        return True
    return False


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


if __name__ == "__main__":
    sys.exit(main())
