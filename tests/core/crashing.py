"""A program that crashes, and whether the kernel made a dump of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

#: Would be dumped whole: it starts without any limit of its own.
_SCRIPT = """
import ctypes, os, resource, signal
hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
{then}
print(ctypes.CDLL(None).prctl(3), resource.getrlimit(resource.RLIMIT_CORE)[0], flush=True)
os.kill(os.getpid(), signal.SIGSEGV)
"""


def crashed(place: Path, then: str = "") -> tuple[str, int]:
    """Run Python, which does ``then`` and crashes in ``place``.

    Returns whether it was dumpable and its limit, as printed, and how it ended: CLD_DUMPED or
    CLD_KILLED (waitid(2)), whatever became of the dump.
    """
    argv = [sys.executable, "-c", _SCRIPT.format(then=then)]
    with subprocess.Popen(
        argv, cwd=place, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        return process.stdout.read().strip(), end_of(process.pid)


def end_of(pid: int) -> int:
    """Wait for a child to end and return how it did, leaving it to be waited for once more."""
    ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert ended is not None
    return ended.si_code
