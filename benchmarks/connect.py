"""How long from a wish to the first byte through the tunnel, against ``wg-quick up``.

``python benchmarks/connect.py`` builds a lab, and lets the daemon (kill switch, routes
and resolver included) and wg-quick connect by the same profile and the same engine, in
turns. The clock starts when the request is sent to the local API, or wg-quick is let go,
and stops at the first answer to a question that a server saw coming from the node, asked
when the daemon says it is connected, or wg-quick has ended. Exit status 1 when a target
of the project is missed.

The daemon is the one that users run, with a watch held to three of its calls.
"""

from __future__ import annotations

import contextlib
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import IO, Final, ParamSpec, TypeVar
from unittest.mock import patch

from bench import PATIENCE_S, SETTLE_S, Bar, FirstByte, Stage, report, staged
from worldvpn_core import daemon
from worldvpn_core.enforce import Enforcer
from worldvpn_lab.daemon import Start, is_connected
from worldvpn_lab.map import NODES
from worldvpn_wireguard.transport import WireGuardTransport
from worldvpn_wireguard.userspace import UserspaceEngine

_PAIRS: Final = 21
_RATIO: Final = 0.5
_INSIDE: Final = "--daemon"
_TAKEN: Final = "/run/worldvpn/taken.jsonl"
#: What the watches are held to, as they name it.
_CONNECTING: Final = "enter Connecting"
_CONNECTED: Final = "enter Connected"
_OPEN: Final = "open TunnelPlan"
_START: Final = "make str"

P = ParamSpec("P")
T = TypeVar("T")


def main() -> int:
    """Measure; return the exit status."""
    if _INSIDE in sys.argv:
        return _daemon()
    how = Start(program=(sys.executable, str(Path(__file__).resolve()), _INSIDE))
    with staged(how) as stage:
        _ours(stage)
        taken = stage.world.path("client", _TAKEN)
        taken.write_text("")
        ours: list[float] = []
        theirs: list[float] = []
        for number in range(_PAIRS):
            for side in (0, 1) if number % 2 else (1, 0):
                (ours, theirs)[side].append((_ours, _theirs)[side](stage))
        parts = [json.loads(line) for line in taken.read_text().splitlines()]
    return _report(ours, theirs, parts)


def _ours(stage: Stage) -> float:
    time.sleep(SETTLE_S)
    waiting = FirstByte(stage.world, NODES[0].endpoint)
    with contextlib.closing(stage.daemon.client()) as client, contextlib.closing(waiting):
        client.call("subscribe")
        began_s = time.perf_counter()
        client.call("tunnel.connect", profile_id=stage.profiles["node1"])
        while (seen := client.next_snapshot(PATIENCE_S)) is None or not is_connected(seen):
            continue
        waiting.wait()
        taken_ms = (time.perf_counter() - began_s) * 1e3
    time.sleep(SETTLE_S)
    stage.disconnect()
    return taken_ms


def _theirs(stage: Stage) -> float:
    waiting = FirstByte(stage.world, NODES[0].endpoint)
    with stage.daemon_asleep(), contextlib.closing(waiting):
        time.sleep(SETTLE_S)
        with stage.quick_held("up") as (begin, wait):
            began_s = time.perf_counter()
            begin()
            wait()
            waiting.wait()
            taken_ms = (time.perf_counter() - began_s) * 1e3
        time.sleep(SETTLE_S)
        stage.quick("down")
    return taken_ms


def _report(ours: list[float], theirs: list[float], parts: list[tuple[str, float]]) -> int:
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    part_ms = {
        name: statistics.median(taken_ms for each, taken_ms in parts if each == name)
        for name in (_CONNECTING, _CONNECTED, _OPEN, _START)
    }
    median = statistics.median
    return report(
        f"connect: request to first byte, {len(ours)} interleaved pairs, medians",
        [
            Bar(name="WorldVPN, kill switch included", figure=median(ours), unit="ms"),
            Bar(name="  enforcing Connecting", figure=part_ms[_CONNECTING], unit="ms"),
            Bar(name="  opening the tunnel (engine)", figure=part_ms[_OPEN], unit="ms"),
            Bar(name="    of it starting wireguard-go", figure=part_ms[_START], unit="ms"),
            Bar(name="  enforcing Connected", figure=part_ms[_CONNECTED], unit="ms"),
            Bar(name="wg-quick up", figure=median(theirs), unit="ms"),
            Bar(name="ratio of pairs", figure=median(ratios), limit=_RATIO),
            Bar(name="engine's share of ours", figure=part_ms[_OPEN] / median(ours)),
        ],
    )


def _daemon() -> int:
    """Be worldvpnd, and note how long three of its calls take."""
    with contextlib.ExitStack() as watched, Path(_TAKEN).open("a", encoding="utf-8") as notes:
        for kind, call in (
            (Enforcer, "enter"),
            (WireGuardTransport, "open"),
            (UserspaceEngine, "make"),
        ):
            timed = _timed(getattr(kind, call), notes)
            watched.enter_context(patch.object(kind, call, timed))
        return daemon.main([word for word in sys.argv[1:] if word != _INSIDE])


def _timed(call: Callable[P, Awaitable[T]], notes: IO[str]) -> Callable[P, Awaitable[T]]:
    async def timed(*args: P.args, **kwargs: P.kwargs) -> T:
        began_s = time.perf_counter()
        answer = await call(*args, **kwargs)
        taken_ms = (time.perf_counter() - began_s) * 1e3
        name = f"{call.__name__} {type(args[1]).__name__}"
        notes.write(json.dumps([name, taken_ms]) + "\n")
        notes.flush()
        return answer

    return timed


if __name__ == "__main__":
    sys.exit(main())
