"""Becomes PostgreSQL: as another account where asked, and never longer than its parent.

Run by path, so that it needs nothing but the standard library. Arguments: the parent's process,
then "uid:gid" or "-", then the program and what it is given.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # prctl(2)


def main() -> None:
    """Give up our rights, ask to be stopped in order when the parent is gone, and go on as it."""
    parent, account, *program = sys.argv[1:]
    if account != "-":
        uid, gid = (int(each) for each in account.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    # After setuid, which clears it.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
    if os.getppid() == int(parent):
        os.execv(program[0], program)  # noqa: S606 - there is no shell, which is the point


if __name__ == "__main__":
    main()
