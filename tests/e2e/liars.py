"""Daemons that count falsely, a third count that nobody can lie to, and the server's books."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import attrs
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.e2e import lying_meter
from tests.e2e.town import Change, Town, wait_until
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_killswitch.meter import DOWN, TABLE, UP
from worldvpn_lab.daemon import Daemon, Start
from worldvpn_lab.map import PLACES
from worldvpn_lab.world import World
from worldvpn_server.database.making import dsn
from worldvpn_server.sessions.values import State

#: After the plugin whose counts it uses: of two that answer, the last by name does.
_NAME = "liar"
_PLUGINS = ("accounting", "dns", "host", "killswitch", _NAME, "wireguard")
#: Where tunnels end: packets as they come from the engine, and as they go to it.
_ONLOOKER = f"""
table inet onlooker {{
  counter page {{ }}
  counter every {{ }}
  chain came {{
    type filter hook prerouting priority -310
    iifname "wv*" counter name every
    iifname "wv*" ip saddr {PLACES.page} counter name page
  }}
  chain went {{
    type filter hook postrouting priority 310
    oifname "wv*" counter name every
    oifname "wv*" ip daddr {PLACES.page} counter name page
  }}
}}
"""
_SESSIONS = """
SELECT id::text, state, settled_bytes, final_up IS NOT NULL AS is_final,
    equivocations, node_equivocations,
    coalesce(node_up + node_down, 0) AS node_bytes,
    coalesce(guest_up + guest_down, 0) AS guest_bytes
FROM session WHERE payer = $1 AND state > 1 ORDER BY created_at
"""
#: Nothing has come for so long: what was under way has arrived.
_STILL_S = 0.4
#: A node waits five seconds for an answer that cannot come, then it hands in what it has.
_LAST_CLAIM_S = 7.0


def lying(folder: Path, percent: int) -> Change:
    """Return how a daemon is started whose meter tells ``percent`` of what it has counted.

    The plugin lies in ``folder`` as a distribution of its own, which daemon.toml enables. The
    daemon is the real one, and all the rest of it is.
    """
    module = Path(lying_meter.__file__)
    information = folder / "worldvpn_liar-1.0.dist-info"
    information.mkdir(parents=True, exist_ok=True)
    shutil.copy(module, folder)
    (information / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: worldvpn-liar\nVersion: 1\n"
    )
    (information / "entry_points.txt").write_text(f"[worldvpn.system]\n{_NAME} = {module.stem}\n")
    enabled = ", ".join(f'"{name}"' for name in _PLUGINS)

    def change(how: Start) -> Start:
        config = (
            f'system_plugins = [{enabled}]\n{how.config}[options]\nliar_percent = "{percent}"\n'
        )
        environment = {**how.environment, "PYTHONPATH": str(folder)}
        return attrs.evolve(how, config=config, environment=environment)

    return change


@attrs.frozen
class Onlooker:
    """Counts what tunnels on the client carry, whatever either end says."""

    _world: World

    @classmethod
    @contextmanager
    def watching(cls, world: World) -> Iterator[Onlooker]:
        world.run("client", ["nft", "-f", "-"], stdin=_ONLOOKER.encode()).checked()
        try:
            yield cls(world)
        finally:
            world.run("client", ["nft", "delete", "table", "inet", "onlooker"]).checked()

    def carried(self) -> int:
        """Return the inner bytes to and from the page, with their IP headers."""
        return self._counted("page")

    def passed(self) -> int:
        """Return all inner bytes, whatever they were for: nobody can have counted more."""
        return self._counted("every")

    def _counted(self, name: str) -> int:
        argv = ["nft", "list", "counter", "inet", "onlooker", name]
        return int(self._world.run("client", argv).checked().split("bytes")[1].split()[0])

    def until_still(self) -> int:
        """Return what was carried once nothing more is."""
        last = -1
        while last != (last := self.carried()):
            time.sleep(_STILL_S)
        return last


@contextmanager
def downloading(world: World, address: str | None = None) -> Iterator[None]:
    """Let the client load as much as it gets, from ``address`` if it has several."""
    own = () if address is None else ("-B", address)
    null = os.open(os.devnull, os.O_RDWR)
    stdio = (null, null, null)
    page = str(PLACES.page)
    try:
        with world.spawn("internet", ["iperf3", "-s", "-B", page], stdio=stdio):
            time.sleep(0.3)
            argv = ["iperf3", "-c", page, *own, "-R", "-t", "60"]
            with world.spawn("client", argv, stdio=stdio):
                yield
    finally:
        os.close(null)


@attrs.frozen(kw_only=True)
class Session:
    """A session by the server's books."""

    id: str
    state: State
    settled_bytes: int
    #: The guest has said its last word.
    is_final: bool
    node_bytes: int
    guest_bytes: int
    equivocations: int
    node_equivocations: int


def sessions_of(town: Town, user_id: str) -> tuple[Session, ...]:
    """Return the sessions that this account has opened, oldest first."""

    async def read() -> list[asyncpg.Record]:
        sql = await asyncpg.connect(dsn(town.house.data / "postgres", "worldvpn", "postgres"))
        try:
            return list(await sql.fetch(_SESSIONS, user_id))
        finally:
            await sql.close()

    return tuple(
        Session(**{**row, "state": State(row["state"])}) for row in map(dict, asyncio.run(read()))
    )


def until_final(town: Town, user_id: str) -> tuple[Session, ...]:
    """Return the account's sessions once it has said its last word on each of them."""
    wait_until(lambda: all(each.is_final for each in sessions_of(town, user_id)))
    return sessions_of(town, user_id)


def until_known(town: Town, user_id: str) -> tuple[Session, ...]:
    """Return them once its node, too, has said all that it will."""
    last: tuple[Session, ...] = ()
    while last != (last := until_final(town, user_id)):
        time.sleep(_LAST_CLAIM_S)
    return last


@attrs.frozen(kw_only=True)
class Signed:
    """What a daemon has kept of one session: both ends' receipts, the oldest first."""

    node: tuple[bytes, ...]
    guest: tuple[bytes, ...]

    @classmethod
    def of(cls, daemon: Daemon, session: str) -> Signed:
        every = daemon.call("receipts.show")["sessions"]
        (one,) = [each for each in every if each["session"] == session]
        ends = {end: tuple(map(base64.b64decode, one[end])) for end in ("node", "guest")}
        return cls(**ends)


def session_key(town: Town, role: str, session: str) -> Ed25519PrivateKey:
    """Return the key that a node has for one session: its owner can read it on the disk."""
    state_dir = town.nodes[role].started.state_dir
    kept = json.loads(town.world.path(role, f"{state_dir}/node.json").read_text("utf-8"))
    (one,) = [each for each in kept["sessions"] if each["session"] == session]
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(one["ed25519_private"]))


@contextmanager
def dropped(world: World, role: str) -> Iterator[None]:
    """Let all be lost that a node's guests say to it itself: their receipts."""
    inside = ["ip", "netns", "exec", "wvnode", "nft"]
    chain = "type filter hook input priority -300"
    table = f"table inet lost {{\n chain in {{\n {chain}\n iifname wvguests drop\n }}\n}}\n"
    world.run(role, [*inside, "-f", "-"], stdin=table.encode()).checked()
    try:
        yield
    finally:
        world.run(role, [*inside, "delete", "table", "inet", "lost"]).checked()


def begin_again(world: World, seen: Snapshot) -> None:
    """Let the counters of both ends begin at zero, as root could."""
    tunnel = seen["tunnel"]
    address, interface = str(tunnel["addresses"][0]).split("/")[0], tunnel["interface"]
    lines = [
        f"{verb} element inet {TABLE} {names[4]} {{ {address} }}"
        for verb in ("delete", "add")
        for names in (UP, DOWN)
    ]
    argv = ["ip", "netns", "exec", "wvnode", "nft", "-f", "-"]
    world.run("node2", argv, stdin="\n".join([*lines, ""]).encode()).checked()
    world.run("client", ["nft", "reset", "counters", "table", "inet", f"worldvpn_of_{interface}"])
