"""How long ``worldvpn status`` takes against a live daemon, and what ``./worldvpn`` adds.

``python benchmarks/status.py`` builds a lab, connects, and asks by both commands in turns,
each a new process, as a person or a script would. Exit status 1 when a target of the
project is missed.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from bench import Bar, report, staged

_PAIRS: Final = 31
_ROOT: Final = Path(__file__).resolve().parent.parent
_COMMANDS: Final = (str(Path(sys.prefix, "bin", "worldvpn")), str(_ROOT / "worldvpn"))
_STATUS_MS: Final = 150.0
_ADDED_MS: Final = 100.0


def main() -> int:
    """Measure; return the exit status."""
    taken: tuple[list[float], list[float]] = ([], [])
    with staged() as stage:
        stage.daemon.connect(stage.profiles["node1"])
        for number in range(_PAIRS):
            for side in (0, 1) if number % 2 else (1, 0):
                taken[side].append(_status_ms(_COMMANDS[side], stage.daemon.socket_path))
    direct, started = taken
    added = [one - other for one, other in zip(started, direct, strict=True)]
    return report(
        f"status: {_PAIRS} interleaved pairs, medians",
        [
            Bar(
                name="worldvpn status",
                figure=statistics.median(direct),
                unit="ms",
                limit=_STATUS_MS,
            ),
            Bar(name="./worldvpn status", figure=statistics.median(started), unit="ms"),
            Bar(
                name="./worldvpn adds", figure=statistics.median(added), unit="ms", limit=_ADDED_MS
            ),
        ],
    )


def _status_ms(command: str, socket_path: Path) -> float:
    argv = [command, "status", "--socket", str(socket_path)]
    began_s = time.perf_counter()
    told = subprocess.run(argv, check=True, capture_output=True, text=True)
    taken_ms = (time.perf_counter() - began_s) * 1e3
    if "node1" not in told.stdout:
        raise SystemExit(f"{command} status did not show the connected profile: {told.stdout}")
    return taken_ms


if __name__ == "__main__":
    sys.exit(main())
