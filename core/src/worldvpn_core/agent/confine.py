"""Dropping every right of this process, for good, before it reads a byte.

Each step is one-way. What was reached is read from the kernel by the daemon, which
does not take this process's word for it.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import resource
import signal
from pathlib import Path
from typing import Final

from worldvpn_core import dumps
from worldvpn_core.agent.system_calls import system_call_filter
from worldvpn_core.errors import AgentError

# prctl(2), capabilities(7): names of <linux/prctl.h>.
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NAME: Final = 15
_PR_CAPBSET_DROP: Final = 24
_PR_SET_SECUREBITS: Final = 28
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_CAP_AMBIENT: Final = 47
_PR_CAP_AMBIENT_CLEAR_ALL: Final = 4
#: NOROOT, KEEP_CAPS off and NO_CAP_AMBIENT_RAISE, each locked: uid 0 is worth nothing.
_SECUREBITS: Final = 0x01 | 0x02 | 0x20 | 0x40 | 0x80
_CAPABILITY_VERSION_3: Final = 0x20080522
#: EINVAL: this user namespace does not map the uid; EPERM: we were not root to begin with.
_CANNOT_SWITCH: Final = (errno.EINVAL, errno.EPERM)

_MOST_MEMORY_BYTES: Final = 512 * 1024 * 1024

_libc: Final = ctypes.CDLL(None, use_errno=True)


def confine(*, uid: int | None, gid: int | None, daemon: int) -> None:
    """Take every right from this single-threaded process; ``daemon`` is its parent.

    Becomes ``uid`` where it can; holds no capability and can gain none; cannot be traced
    or dumped by its own uid; dies with the thread that started it; makes only the calls
    of ``system_calls``.

    Raises:
        AgentError: a step failed: the caller must end.
    """
    try:
        calls = system_call_filter()
        _limit()
        _prctl(_PR_SET_NAME, ctypes.c_char_p(b"worldvpn-agent"))
        _drop_bounding_set()
        if uid is not None and gid is not None:
            _become(uid, gid)
        _drop_capabilities()
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
        # After the change of uid, which undoes both.
        dumps.forbid()
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != daemon:
            raise AgentError("worldvpnd ended while worldvpn-agent was starting")
        calls.load()
    except ImportError as error:
        raise AgentError(f"libseccomp cannot be loaded: install libseccomp2 ({error})") from error
    except OSError as error:
        raise AgentError(f"worldvpn-agent cannot be confined: {error}") from error


def _limit() -> None:
    os.chdir("/")
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY_BYTES, _MOST_MEMORY_BYTES))


def _become(uid: int, gid: int) -> None:
    try:
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
    except OSError as error:
        if error.errno not in _CANNOT_SWITCH:
            raise


def _drop_bounding_set() -> None:
    """Drop it and lock uid 0's privileges away; needs CAP_SETPCAP, so it comes first.

    Who lacks that has no capability to regain either: no_new_privs sees to the rest.
    """
    with contextlib.suppress(PermissionError):
        for capability in range(_last_capability() + 1):
            _prctl(_PR_CAPBSET_DROP, capability)
        _prctl(_PR_SET_SECUREBITS, _SECUREBITS)


def _last_capability() -> int:
    return int(Path("/proc/sys/kernel/cap_last_cap").read_text(encoding="ascii"))


def _drop_capabilities() -> None:
    _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _check(_libc.capset(ctypes.byref(header), ctypes.byref(nothing)), "capset")


def _prctl(option: int, value: object) -> None:
    argument = ctypes.c_ulong(value) if isinstance(value, int) else value
    zero = ctypes.c_ulong(0)
    _check(_libc.prctl(option, argument, zero, zero, zero), f"prctl {option}")


def _check(result: int, call: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")
