"""Starts a program as a host does that limits no core dump, and ends with how that one ended.

    WATCHED=/path/to/program PLACE=/a/folder python watched.py [the program's arguments]

Exit status: as si_code in waitid(2), CLD_DUMPED above all. Dumps without a place of their own
come to lie in ``PLACE``. The program's name is not in the arguments: only its own has it.
"""

from __future__ import annotations

import os
import resource
import sys


def main() -> int:
    most = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))
    os.chdir(os.environ["PLACE"])
    program = os.environ["WATCHED"]
    pid = os.posix_spawn(program, [program, *sys.argv[1:]], os.environ)
    ended = os.waitid(os.P_PID, pid, os.WEXITED)
    return ended.si_code if ended is not None else -1


if __name__ == "__main__":
    sys.exit(main())
