"""``worldvpn`` as a program of its own, on pipes or on a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

WORLDVPN: Final = Path(sys.prefix, "bin", "worldvpn")
#: No test waits longer.
PATIENCE_S: Final = 20.0


def environment(**more: str) -> dict[str, str]:
    """Return a plain environment: only what is named, beside the search path."""
    return {"PATH": os.environ["PATH"], "TERM": "xterm", **more}


def run(
    *typed: str,
    env: Mapping[str, str] | None = None,
    stdin: str = "",
) -> subprocess.CompletedProcess[str]:
    """Run ``worldvpn`` on pipes."""
    return subprocess.run(
        [str(WORLDVPN), *typed],
        env=dict(env or environment()),
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )


def run_on_terminal(
    *typed: str,
    env: Mapping[str, str] | None = None,
    answer: str = "",
) -> tuple[int, str]:
    """Run ``worldvpn`` on a terminal of its own; return its exit code and all it showed."""
    ours, theirs = pty.openpty()
    os.write(ours, answer.encode())
    process = subprocess.Popen(
        [str(WORLDVPN), *typed],
        env=dict(env or environment()),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 65_536):
            shown += chunk
    except OSError:
        pass  # EIO: nobody holds the terminal's other end any more
    finally:
        os.close(ours)
    return process.wait(PATIENCE_S), shown.decode()


def until(holds: Callable[[], bool]) -> None:
    """Wait until ``holds``."""
    deadline_monotonic_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline_monotonic_s
        time.sleep(0.01)
