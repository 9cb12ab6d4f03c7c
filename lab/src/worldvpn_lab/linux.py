"""The few system calls that Python 3.11 does not offer, and nothing else.

Sources: setns(2), unshare(2), mount(2), the kernel's include/uapi/linux/{sched,mount}.h.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import Final

CLONE_NEWNS: Final = 0x00020000
CLONE_NEWNET: Final = 0x40000000

MS_RDONLY: Final = 1
MS_NOSUID: Final = 2
MS_NODEV: Final = 4
MS_NOEXEC: Final = 8
MS_REMOUNT: Final = 32
MS_NOATIME: Final = 1024
MS_NODIRATIME: Final = 2048
MS_BIND: Final = 4096
MS_REC: Final = 16384
MS_PRIVATE: Final = 1 << 18
MS_RELATIME: Final = 1 << 21

_ST_RELATIME: Final = 4096

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mount.argtypes = (
    ctypes.c_char_p,
    ctypes.c_char_p,
    ctypes.c_char_p,
    ctypes.c_ulong,
    ctypes.c_char_p,
)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def setns(descriptor: int, kind: int) -> None:
    """Move this thread into the namespace ``descriptor``; ``kind`` is a CLONE_NEW* flag."""
    _check(_libc.setns(descriptor, kind), f"setns({descriptor}, {kind:#x})")


def unshare(kinds: int) -> None:
    """Move this thread into fresh namespaces of ``kinds``, CLONE_NEW* flags."""
    _check(_libc.unshare(kinds), f"unshare({kinds:#x})")


def mount(source: str, target: Path, kind: str, flags: int, options: str = "") -> None:
    """Show ``source`` at ``target``; ``flags`` are MS_*."""
    result = _libc.mount(
        source.encode(), os.fsencode(target), kind.encode(), flags, options.encode() or None
    )
    _check(result, f"mount {source} on {target} ({kind or 'bind'}, {flags:#x})")


def bind(source: Path, target: Path) -> None:
    """Show ``source``, and what is mounted below it, at ``target`` too."""
    mount(str(source), target, "", MS_BIND | MS_REC)


def make_read_only(target: Path) -> None:
    """Make the bind mount ``target`` read-only, keeping the flags a user namespace may not drop."""
    held = os.statvfs(target).f_flag
    kept = held & (MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME)
    if held & _ST_RELATIME:
        kept |= MS_RELATIME
    mount("", target, "", MS_REMOUNT | MS_BIND | MS_RDONLY | kept)
