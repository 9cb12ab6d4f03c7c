"""The crowd as whoever measures has it: guests that come, carry and leave when they are told."""

from __future__ import annotations

import json
import os
import select
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final, Self

import attrs

from worldvpn_core.errors import EngineError
from worldvpn_core.types import IpAddress
from worldvpn_killswitch.meter import DOWN, TABLE, UP
from worldvpn_lab.central import ROLE
from worldvpn_lab.crowd.member import SESSIONS
from worldvpn_lab.crowd.plan import Plan
from worldvpn_lab.disturb.processes import NODE
from worldvpn_server.database.making import dsn, program

if TYPE_CHECKING:
    from worldvpn_lab.central import CentralHouse
    from worldvpn_lab.daemon import Daemon
    from worldvpn_lab.program import Program
    from worldvpn_lab.world import World

#: From then on a node is no newcomer.
_SERVED: Final = b"UPDATE node SET settled_sessions = 20 WHERE id = :'node';"
#: Each session holds half of what is left of its account's.
_CREDITS: Final = 50_000_000
_PATIENCE_S: Final = 600.0
_READ_BYTES: Final = 1 << 16


@attrs.frozen(kw_only=True)
class Carried:
    """What one guest says that it has carried, inner bytes of IP packets.

    ``signed_bytes`` is what both ends have signed for by now, in ``answered`` receipts.
    """

    address: IpAddress = attrs.field(converter=ip_address)
    up_bytes: int
    down_bytes: int
    signed_bytes: int
    answered: int
    stopped: str | None

    @property
    def total_bytes(self) -> int:
        """Both ways."""
        return self.up_bytes + self.down_bytes


@attrs.define(eq=False)
class Crowd:
    """Made by ``gathered``."""

    _program: Program
    _orders: int
    _answers: int
    _unread: bytes = b""

    @classmethod
    @contextmanager
    def gathered(
        cls, world: World, house: CentralHouse, role: str, node: Daemon, guests: int
    ) -> Iterator[Self]:
        """Have ``guests`` in ``role`` come to the node of ``node``, each on a ticket of ``house``.

        Raises:
            EngineError: they did not come.
        """
        accounts = tuple(f"crowd-{at}" for at in range(-(-guests // SESSIONS)))
        plan = Plan(
            central=tomllib.loads(house.daemon_toml())["central"],
            node_id=trusted_node(world, house, node),
            accounts=accounts,
            guests=guests,
        )
        told, to = os.pipe()
        of, say = os.pipe()
        argv = [sys.executable, "-m", __package__ or "", json.dumps(attrs.asdict(plan))]
        try:
            program = world.spawn(role, argv, stdio=(told, say, 2))
        finally:
            os.close(told)
            os.close(say)
        try:
            with program:
                crowd = cls(program, to, of)
                crowd._do("register")
                for name in accounts:
                    grant = [*house.program, "user", "grant", name, str(_CREDITS)]
                    world.run("internet", grant).checked()
                crowd._do("open")
                yield crowd
        finally:
            os.close(to)
            os.close(of)

    def carry(self, seconds: float) -> tuple[Carried, ...]:
        """Have all of them send and be answered for so long; return what was carried meanwhile.

        Raises:
            EngineError: the crowd has ended.
        """
        return _carried(self._do(f"carry {seconds}"))

    def leave(self) -> tuple[Carried, ...]:
        """Have all of them say their last word and end their sessions; return what they carried.

        Raises:
            EngineError: the crowd has ended.
        """
        return _carried(self._do("leave"))

    def _do(self, words: str) -> list[dict[str, Any]] | int:
        os.write(self._orders, f"{words}\n".encode())
        deadline_s = time.monotonic() + _PATIENCE_S + float((words.split()[1:] or ["0"])[0])
        while b"\n" not in self._unread:
            left_s = max(0.0, deadline_s - time.monotonic())
            if not select.select([self._answers], [], [], left_s)[0]:
                raise EngineError(f"the crowd did not {words} in time")
            if not (part := os.read(self._answers, _READ_BYTES)):
                raise EngineError(f"the crowd ended when it was told to {words}")
            self._unread += part
        line, _, self._unread = self._unread.partition(b"\n")
        said: list[dict[str, Any]] | int = json.loads(line)
        return said


def metered(world: World, role: str) -> dict[IpAddress, tuple[int, int]]:
    """Return what the node of ``role`` has counted of each address by now, up and down.

    How a flow began is left out of the difference of two: a node does not count what was sent
    before the first answer, and counts an answer that is lost on its last way.

    Raises:
        EngineError: there is no node.
    """
    found: dict[IpAddress, list[int]] = {}
    for at, names in enumerate((UP, DOWN)):
        for name in names.values():
            argv = ["ip", "netns", "exec", NODE, "nft", "-j", "list", "set", "inet", TABLE, name]
            listing = json.loads(world.run(role, argv).checked())["nftables"]
            for elem in (each["elem"] for each in listing[1]["set"].get("elem", ())):
                figures = found.setdefault(ip_address(elem["val"]), [0, 0])
                figures[at] = int(elem["counter"]["bytes"])
    return {address: (up, down) for address, (up, down) in found.items()}


def trusted_node(world: World, house: CentralHouse, node: Daemon) -> str:
    """Have the server take the node for one that has served: a new one has two guests at most.

    Returns its id.
    """
    path = world.path(node.started.role, f"{node.started.state_dir}/node.json")
    (named,) = json.loads(path.read_text("utf-8"))["nodes"]
    node_id = str(named["node_id"])
    where = dsn(house.data / "postgres", "worldvpn", "postgres")
    argv = [program("psql"), where, "--set", "ON_ERROR_STOP=1", "--set", f"node={node_id}"]
    world.run(ROLE, argv, stdin=_SERVED).checked()
    return node_id


def _carried(told: list[dict[str, Any]] | int) -> tuple[Carried, ...]:
    if isinstance(told, int):
        raise EngineError(f"the crowd only said {told}")
    return tuple(Carried(**each) for each in told)
