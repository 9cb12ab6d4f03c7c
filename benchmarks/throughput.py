"""How much the tunnel carries, against the same engine brought up by wg-quick.

``python benchmarks/throughput.py`` builds a lab and sends one TCP stream (iperf3) from a
server through the node to the client, and one the other way, through our tunnel and
through wg-quick's in turns, by the same profile. Exit status 1 when our median ratio is
below its target or its 95 % interval does not reach 1.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import IO, Final

from bench import Bar, Stage, interval, report, staged
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_lab.map import PLACES

_PAIRS: Final = 15
_LASTING_S: Final = 2
_RATIO: Final = 0.95
_TRIES: Final = 5
_AGAIN_S: Final = 0.3
_SERVER: Final = ("iperf3", "--server", "--forceflush")
#: What iperf3 is told for each way.
_DIRECTIONS: Final[dict[str, tuple[str, ...]]] = {"down": ("--reverse",), "up": ()}

#: Ours and theirs, in Mbit/s, pair by pair.
Sides = tuple[list[float], list[float]]


def main() -> int:
    """Measure; return the exit status."""
    measured: dict[str, Sides] = {name: ([], []) for name in _DIRECTIONS}
    with staged() as stage, tempfile.TemporaryFile() as said:
        stdio = (said.fileno(),) * 3
        with stage.world.spawn("internet", [*_SERVER], stdio=stdio):
            _await(said)
            for number in range(_PAIRS):
                for side in (0, 1) if number % 2 else (1, 0):
                    with (_ours, _theirs)[side](stage):
                        for name, options in _DIRECTIONS.items():
                            measured[name][side].append(_mbps(stage, options))
    bars = [bar for name, (ours, theirs) in measured.items() for bar in _bars(name, ours, theirs)]
    title = f"throughput: one TCP stream of {_LASTING_S} s, {_PAIRS} interleaved pairs, medians"
    return report(title, bars)


@contextlib.contextmanager
def _ours(stage: Stage) -> Iterator[None]:
    stage.daemon.connect(stage.profiles["node1"])
    stage.daemon.until(_has_mtu)
    yield
    stage.disconnect()


@contextlib.contextmanager
def _theirs(stage: Stage) -> Iterator[None]:
    with stage.daemon_asleep():
        stage.quick("up")
        yield
        stage.quick("down")


def _has_mtu(seen: Snapshot) -> bool:
    """Say whether the tunnel's MTU has been found and set."""
    return seen["tunnel"]["mtu_bytes"] is not None


def _await(said: IO[bytes]) -> None:
    """Return once the server says that it listens."""
    while b"listening" not in os.pread(said.fileno(), 4096, 0):
        time.sleep(0.01)


def _mbps(stage: Stage, options: tuple[str, ...]) -> float:
    """Return what the receiver got, in Mbit/s."""
    argv = ["iperf3", "--client", str(PLACES.page), "--time", str(_LASTING_S), "--json", *options]
    for _ in range(_TRIES):
        told = json.loads(stage.world.run("client", argv).checked())
        if "error" not in told:
            return float(told["end"]["sum_received"]["bits_per_second"]) / 1e6
        # The server takes a moment after each test, in which it is busy or not listening.
        time.sleep(_AGAIN_S)
    raise SystemExit(f"iperf3 failed: {told['error']}")


def _bars(name: str, ours: list[float], theirs: list[float]) -> list[Bar]:
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    low, high = interval(ratios)
    return [
        Bar(name=f"{name}: WorldVPN", figure=statistics.median(ours), unit="Mbit/s"),
        Bar(name=f"{name}: wg-quick", figure=statistics.median(theirs), unit="Mbit/s"),
        Bar(
            name=f"{name}: ratio of pairs",
            figure=statistics.median(ratios),
            limit=_RATIO,
            at_least=True,
        ),
        Bar(name=f"{name}: 95 % interval from", figure=low),
        Bar(name=f"{name}: 95 % interval to", figure=high, limit=1.0, at_least=True),
    ]


if __name__ == "__main__":
    sys.exit(main())
