"""Where a standing lab is noted, so that another process finds it and none is fooled.

A process id alone may have passed on to another program: the note carries the start
time too (proc(5), field 22 of /proc/PID/stat).
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import tempfile
from pathlib import Path
from typing import Final

_NOTE: Final = "lab.json"
_DEATH_S: Final = 10.0


def default_directory() -> Path:
    """Return where ``worldvpn lab`` keeps its one lab: the user's run directory."""
    chosen = os.environ.get("WORLDVPN_LAB_DIR")
    if chosen:
        return Path(chosen)
    if os.geteuid() == 0:
        return Path("/run/worldvpn-lab")
    own = os.environ.get("XDG_RUNTIME_DIR")
    return Path(own or tempfile.gettempdir(), f"worldvpn-lab-{os.geteuid()}")


def write(directory: Path, launcher: int) -> None:
    """Note that the lab in ``directory`` lives as long as process ``launcher``."""
    note = {"pid": launcher, "started_ticks": _started(launcher)}
    (directory / _NOTE).write_text(json.dumps(note), encoding="utf-8")


def read(directory: Path) -> int | None:
    """Return the process on which the lab in ``directory`` hangs; None when it is gone."""
    try:
        note = json.loads((directory / _NOTE).read_text(encoding="utf-8"))
        pid, started = int(note["pid"]), int(note["started_ticks"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return pid if _started(pid) == started else None


def forget(directory: Path) -> None:
    """Remove what a lab left in ``directory``, and the directory if that was all."""
    for pattern in (_NOTE, "control.sock", "*.log", "profiles/*.conf"):
        for path in directory.glob(pattern):
            path.unlink()
    for empty in (directory / "profiles", directory):
        with contextlib.suppress(OSError):
            empty.rmdir()


def end(launcher: int) -> None:
    """Kill the process on which a lab hangs, and return when it is gone."""
    with contextlib.suppress(ProcessLookupError):
        process = os.pidfd_open(launcher)
        try:
            signal.pidfd_send_signal(process, signal.SIGKILL)
            select.select([process], [], [], _DEATH_S)
        finally:
            os.close(process)
    # It is our child only if this very process built the lab.
    with contextlib.suppress(ChildProcessError):
        os.waitpid(launcher, 0)


def _started(pid: int) -> int | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] == "Z" else int(fields[19])
