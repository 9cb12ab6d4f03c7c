"""No process that holds secrets leaves a copy of its memory behind when it dies."""

from __future__ import annotations

import ctypes
import os
import resource
from typing import Final

#: <linux/prctl.h>
_PR_SET_DUMPABLE: Final = 4
#: Best first. Zero is not heeded where dumps are piped to a program (core(5)), as Ubuntu's apport
#: and systemd have it. One byte is: it is the kernel's own sign for what must not be dumped
#: (fs/coredump.c), and shorter than any dump. Who may not raise its limit keeps zero.
_LIMITS_BYTES: Final = (1, 0)


def limit(*, for_good: bool) -> None:
    """Let neither this process nor what it starts be dumped; ``for_good``: nor allow it again.

    Raises:
        OSError: the system lets no limit be set.
    """
    most = resource.getrlimit(resource.RLIMIT_CORE)[1]
    refused: Exception | None = None
    for size in _LIMITS_BYTES:
        try:
            resource.setrlimit(resource.RLIMIT_CORE, (size, size if for_good else most))
        except (OSError, ValueError) as error:
            refused = error
        else:
            return
    raise OSError(f"the size of core dumps cannot be limited: {refused}")


def forbid() -> None:
    """Do so for good, and let nobody but root look into this process's memory (prctl(2)).

    What it executes can be looked into again, and a change of uid undoes that.

    Raises:
        OSError: the system refused.
    """
    limit(for_good=True)
    libc = ctypes.CDLL(None, use_errno=True)
    zero = ctypes.c_ulong(0)
    if libc.prctl(_PR_SET_DUMPABLE, zero, zero, zero, zero) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl {_PR_SET_DUMPABLE}: {os.strerror(number)}")
