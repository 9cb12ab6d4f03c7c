"""Notices changes of a file, of what it links to, and of what stands there instead."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from worldvpn_core.errors import DnsError

# inotify(7), <sys/inotify.h>
_ATTRIB: Final = 0x004
_CLOSE_WRITE: Final = 0x008
_MOVED: Final = 0x040 | 0x080
_CREATE: Final = 0x100
_DELETE: Final = 0x200
_SELF: Final = 0x400 | 0x800
_EVENT: Final = struct.Struct("iIII")
_READ_BYTES: Final = 65_536

# Not IN_MODIFY: what someone is still writing is not yet what they mean.
_FOLDER_MASK: Final = _CLOSE_WRITE | _MOVED | _CREATE | _DELETE
_FILE_MASK: Final = _CLOSE_WRITE | _ATTRIB | _SELF


@contextlib.contextmanager
def watched(path: Path, news: asyncio.Event) -> Iterator[None]:
    """Set ``news`` whenever ``path``, or the file it leads to, may have changed.

    Armed on entry, in the running loop. The link is followed once: enter again
    after news. The folders' other files wake nobody.

    Raises:
        DnsError: the kernel grants no further watch.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    if descriptor < 0:
        raise DnsError(
            f"cannot watch {path}: {os.strerror(ctypes.get_errno())};"
            " raise fs.inotify.max_user_instances"
        )
    real = Path(os.path.realpath(path))
    names = {path.name, real.name}
    loop = asyncio.get_running_loop()
    try:
        for target, mask in (
            (path.parent, _FOLDER_MASK),
            (real.parent, _FOLDER_MASK),
            (real, _FILE_MASK),
        ):
            # What is missing is not watched: its folder tells when it comes.
            libc.inotify_add_watch(descriptor, os.fsencode(target), mask)
        loop.add_reader(descriptor, _hear, descriptor, names, news)
        try:
            yield
        finally:
            loop.remove_reader(descriptor)
    finally:
        os.close(descriptor)


def _hear(descriptor: int, names: set[str], news: asyncio.Event) -> None:
    with contextlib.suppress(BlockingIOError):
        if concerns(os.read(descriptor, _READ_BYTES), names):
            news.set()


def concerns(events: bytes, names: set[str]) -> bool:
    """Say whether inotify's ``events`` tell of one of ``names``, or of a watched file itself."""
    offset = 0
    while offset < len(events):
        _watch, _mask, _cookie, length = _EVENT.unpack_from(events, offset)
        offset += _EVENT.size
        name = os.fsdecode(events[offset : offset + length].rstrip(b"\0"))
        offset += length
        if not name or name in names:
            return True
    return False
