"""Through users' nodes: how soon a connect reaches a server, and another node takes over.

``python benchmarks/through_nodes.py`` builds a lab with a central server and two computers
that share, and connects to one of them by its country: the server is asked, the node accepts,
a ticket is signed, and the tunnel opens. A connect by a profile of the same lab, which asks
nobody, takes its turn beside it. Then the node that is used loses power, again and again, under
traffic. Exit status 1 when a target of the project is missed.
"""

from __future__ import annotations

import contextlib
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import attrs

from bench import Bar, FirstByte, report, staged
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_lab.central import CentralHouse
from worldvpn_lab.daemon import Daemon, Part, is_connected, is_in
from worldvpn_lab.demo import network
from worldvpn_lab.disturb.processes import running
from worldvpn_lab.map import NODES
from worldvpn_lab.world import World

_CONNECTS: Final = 20
_FALLS: Final = 5
_VISITOR: Final = "visitor"
#: Each session holds half of what is left until it is settled.
_CREDITS: Final = 50_000_000
_SETTLE_S: Final = 0.5
_PATIENCE_S: Final = 40.0
_MIB: Final = 1 << 20


@attrs.frozen(kw_only=True)
class Town:
    """Who is there."""

    world: World
    house: CentralHouse
    client: Daemon
    profile_id: str
    sharing: dict[str, Daemon]


def main() -> int:
    """Measure; return the exit status."""
    with contextlib.ExitStack() as stack:
        town = _built(stack)
        brokered: list[float] = []
        plain: list[float] = []
        for number in range(_CONNECTS):
            turns: list[tuple[list[float], dict[str, str]]] = [
                (brokered, {"place": "DE"}),
                (plain, {"profile_id": town.profile_id}),
            ]
            for taken_ms, target in turns if number % 2 else reversed(turns):
                taken_ms.append(_connect(town, target))
        memory = _memory(town)
        falls = [_fall(town) for _ in range(_FALLS)]
    return report(
        f"{_CONNECTS} connects through a user's node, {_FALLS} of which lost power",
        [
            Bar(
                name="connect, the server asked, median",
                figure=statistics.median(brokered),
                unit="ms",
                limit=300,
            ),
            Bar(
                name="connect, the server asked, p95", figure=_p95(brokered), unit="ms", limit=1_000
            ),
            Bar(name="connect by a profile, median", figure=statistics.median(plain), unit="ms"),
            Bar(name="another node after, median", figure=statistics.median(falls), unit="ms"),
            Bar(name="another node after, slowest", figure=max(falls), unit="ms", limit=5_000),
            Bar(name="daemon, signed in, RSS", figure=memory["daemon"], unit="MiB", limit=60),
            Bar(
                name="agent, account and events, RSS", figure=memory["agent"], unit="MiB", limit=70
            ),
        ],
    )


def _built(stack: contextlib.ExitStack) -> Town:
    stage = stack.enter_context(staged())
    world = stage.world
    stage.daemon.stop()
    house = stack.enter_context(CentralHouse.open(world))
    how = attrs.evolve(stage.daemon.started, config=house.daemon_toml())
    client = stack.enter_context(Daemon.start(world, how))
    sharing = {
        role: stack.enter_context(network.sharing_node(world, house, role))
        for role in network.COUNTRIES
    }
    for daemon in sharing.values():
        daemon.until(network.is_listed, _PATIENCE_S)
    network.sign_in(client, _VISITOR)
    network.listed(client, len(sharing))
    world.run("internet", [*house.program, "user", "grant", _VISITOR, str(_CREDITS)]).checked()
    profile_id = client.import_profile("node1")
    return Town(world=world, house=house, client=client, profile_id=profile_id, sharing=sharing)


def _connect(town: Town, target: dict[str, str]) -> float:
    time.sleep(_SETTLE_S)
    waiting = FirstByte(town.world, NODES[0].endpoint)
    with contextlib.closing(town.client.client()) as client, contextlib.closing(waiting):
        client.call("subscribe")
        began_s = time.perf_counter()
        client.call("tunnel.connect", **target)
        _await(client.next_snapshot, is_connected)
        waiting.wait()
        taken_ms = (time.perf_counter() - began_s) * 1e3
    town.client.call("tunnel.disconnect")
    town.client.until(is_in("disconnected"))
    return taken_ms


def _fall(town: Town) -> float:
    """Let the node that is used lose power; return how long until another one is used, in ms."""
    town.client.call("tunnel.connect", place="fastest")
    before = town.client.until(is_connected)
    country = _country(before)
    (used,) = (role for role, there in network.COUNTRIES.items() if there == country)
    argv = [sys.executable, "-c", network.USER]
    with contextlib.closing(town.world.spawn("client", argv)):
        time.sleep(2 * _SETTLE_S)
        began_s = time.perf_counter()
        town.sharing[used].vanish()
        town.client.until(
            lambda seen: is_connected(seen) and _country(seen) not in {None, country}, _PATIENCE_S
        )
        taken_ms = (time.perf_counter() - began_s) * 1e3
    town.client.call("tunnel.disconnect")
    town.client.until(is_in("disconnected"))
    town.sharing[used] = Daemon.start(town.world, town.sharing[used].started)
    town.sharing[used].until(network.is_listed, _PATIENCE_S)
    # A node that has just failed is not taken for two minutes: the other one is, meanwhile.
    return taken_ms


def _country(seen: Snapshot) -> str | None:
    session = seen.get("session")
    return None if session is None else str(session["country"])


def _await(
    following: Callable[[float], Snapshot | None], holds: Callable[[Snapshot], bool]
) -> None:
    while (seen := following(_PATIENCE_S)) is None or not holds(seen):
        continue


def _memory(town: Town) -> dict[str, float]:
    found = {}
    for name, part in (("daemon", Part.DAEMON), ("agent", Part.AGENT)):
        for each in running(town.world, "client", part):
            with contextlib.suppress(OSError):
                pages = int(Path(f"/proc/{each.pid}/statm").read_text().split()[1])
                found[name] = pages * 4_096 / _MIB
    return found


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


if __name__ == "__main__":
    sys.exit(main())
