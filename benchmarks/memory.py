"""What the daemon and its agent cost while nothing happens, and whether anything piles up.

``python benchmarks/memory.py`` builds a lab, looks at both processes disconnected and
connected for 30 s each, then connects and disconnects 1,000 times (``--cycles N``). A
wakeup is a voluntary context switch of any of their threads: an idle process has been
woken as often as it went to sleep. Exit status 1 when a target of the project is missed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import attrs

from bench import Bar, Stage, report, staged
from worldvpn_lab.daemon import Part
from worldvpn_lab.disturb.processes import running

_IDLE_S: Final = 30.0
#: After a change of state, what follows from it (the path's MTU, say) is over by then.
_CALM_S: Final = 15.0
_MIB: Final = 1 << 20
_LIMIT_MIB: Final = {"daemon": 55.0, "agent": 40.0}
_WAKEUPS: Final = 1.0
_SAMPLES: Final = 20
#: Of the samples, those during which caches, the allocator and the pool of threads fill up.
_WARM: Final = 10
_GROWTH_KIB: Final = 0.5


@attrs.frozen(kw_only=True)
class Holdings:
    """What a process holds, and what of the network beside it is not as at first."""

    rss_bytes: int
    descriptors: int
    threads: int
    rules: int
    routes: int
    links: int


def main() -> int:
    """Measure; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=1_000)
    cycles: int = parser.parse_args().cycles
    with staged() as stage:
        pids = _pids(stage)
        bars = _idle("disconnected", pids)
        stage.daemon.connect(stage.profiles["node1"])
        bars += _idle("connected", pids)
        stage.disconnect()
        bars += _cycled(stage, pids["daemon"], cycles)
    return report("memory and wakeups", bars)


def _pids(stage: Stage) -> Mapping[str, int]:
    agents = running(stage.world, "client", Part.AGENT)
    for agent in agents:
        os.close(agent.pidfd)
    return {"daemon": stage.daemon.program.pid, "agent": agents[0].pid}


def _idle(state: str, pids: Mapping[str, int]) -> list[Bar]:
    time.sleep(_CALM_S)
    before = {name: _wakeups(pid) for name, pid in pids.items()}
    time.sleep(_IDLE_S)
    bars: list[Bar] = []
    for name, pid in pids.items():
        rate = (_wakeups(pid) - before[name]) / _IDLE_S
        rss, pss = _memory_mib(pid)
        who = f"{name}, {state}"
        bars += [
            Bar(name=f"{who}: RSS", figure=rss, unit="MiB", limit=_LIMIT_MIB[name]),
            Bar(name=f"{who}: PSS", figure=pss, unit="MiB"),
            Bar(name=f"{who}: wakeups", figure=rate, unit="/s", limit=_WAKEUPS),
        ]
    return bars


def _cycled(stage: Stage, pid: int, cycles: int) -> list[Bar]:
    """Connect and disconnect; return what that left behind."""
    profile_id = stage.profiles["node1"]
    step = max(1, cycles // _SAMPLES)
    held: list[Holdings] = []
    taken_ms: list[float] = []
    for number in range(cycles):
        began_s = time.perf_counter()
        stage.daemon.connect(profile_id)
        taken_ms.append((time.perf_counter() - began_s) * 1e3)
        stage.disconnect()
        if number % step == step - 1:
            time.sleep(0.2)
            held.append(_holdings(stage, pid))
    first, last = held[_WARM - 1], held[-1]
    grown = _slope([each.rss_bytes / 1024 for each in held[_WARM:]]) / step
    quarter = max(1, cycles // 4)
    early, late = statistics.median(taken_ms[:quarter]), statistics.median(taken_ms[-quarter:])
    name = f"after {cycles} reconnects"
    return [
        Bar(name=f"{name}: RSS", figure=last.rss_bytes / _MIB, unit="MiB"),
        Bar(name=f"{name}: RSS grows", figure=grown, unit="KiB each", limit=_GROWTH_KIB),
        *(
            Bar(
                name=f"{name}: {what} more",
                figure=getattr(last, what) - getattr(first, what),
                limit=0,
            )
            for what in ("descriptors", "threads", "rules", "routes", "links")
        ),
        Bar(name="connect, first quarter, median", figure=early, unit="ms"),
        Bar(name="connect, last quarter, median", figure=late, unit="ms"),
    ]


def _slope(values: list[float]) -> float:
    """Return the least-squares slope of ``values``, per step."""
    return statistics.linear_regression(range(len(values)), values).slope


def _holdings(stage: Stage, pid: int) -> Holdings:
    return Holdings(
        rss_bytes=round(_memory_mib(pid)[0] * _MIB),
        descriptors=len(list(Path(f"/proc/{pid}/fd").iterdir())),
        threads=len(list(Path(f"/proc/{pid}/task").iterdir())),
        rules=_lines(stage, "rule"),
        routes=_lines(stage, "route", "show", "table", "all"),
        links=_lines(stage, "link"),
    )


def _lines(stage: Stage, *words: str) -> int:
    """Return how many lines ip(8) says, both families counted."""
    return sum(
        len(stage.world.run("client", ["ip", "-o", family, *words]).checked().splitlines())
        for family in ("-4", "-6")
    )


def _memory_mib(pid: int) -> tuple[float, float]:
    """Return RSS and PSS (proc(5), smaps_rollup)."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    fields = {line.split(":")[0]: line.split() for line in text.splitlines()[1:]}
    return int(fields["Rss"][1]) / 1024, int(fields["Pss"][1]) / 1024


def _wakeups(pid: int) -> int:
    """Return how often its threads have gone to sleep so far."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            text = (task / "status").read_text(encoding="ascii")
            total += int(text.partition("voluntary_ctxt_switches:")[2].split()[0])
    return total


if __name__ == "__main__":
    sys.exit(main())
