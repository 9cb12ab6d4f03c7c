"""A thread that lives in another network namespace and works there for us.

A namespace belongs to a thread, not to the process (setns(2)): what is opened or read
there (sockets, /proc/sys/net) is of that namespace, and serves any thread afterwards.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import errno
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, ParamSpec, Self, TypeVar

_CLONE_NEWNET: Final = 0x40000000
_MS_BIND: Final = 0x1000
_MNT_DETACH: Final = 2
_OWN: Final = "/proc/thread-self/ns/net"

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Inside:
    """One thread in the namespace whose name lies at ``path``."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="namespace")

    @classmethod
    async def of_new(cls, path: Path) -> Self:
        """Make a namespace and put its name at ``path``. Raises OSError."""
        return await cls._having(_make, path)

    @classmethod
    async def of(cls, path: Path) -> Self:
        """Enter the namespace at ``path``. Raises OSError when there is none."""
        return await cls._having(_enter, path)

    @classmethod
    async def _having(cls, begun: Callable[[Path], None], path: Path) -> Self:
        inside = cls()
        try:
            await inside.run(begun, path)
        except BaseException:
            inside.close()
            raise
        return inside

    async def run(
        self, function: Callable[_P, _T], /, *arguments: _P.args, **named: _P.kwargs
    ) -> _T:
        """Run ``function`` inside, as asyncio.to_thread does outside."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: function(*arguments, **named))

    def close(self) -> None:
        """Let the thread end once it has done what it was asked."""
        self._thread.shutdown(wait=False)


def forget(path: Path) -> None:
    """Take the name at ``path`` away; the namespace ends with its last process.

    Raises:
        OSError: it could not be unmounted or removed.
    """
    with contextlib.suppress(FileNotFoundError):
        try:
            _checked(_libc().umount2(str(path).encode(), _MNT_DETACH), path)
        except OSError as error:
            # A crash came between the file and the mount: there is only the file.
            if error.errno != errno.EINVAL:
                raise
        path.unlink()


def _make(path: Path) -> None:
    _checked(_libc().unshare(_CLONE_NEWNET), path)
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    path.touch(mode=0o444)
    mounted = _libc().mount(_OWN.encode(), str(path).encode(), None, _MS_BIND, None)
    _checked(mounted, path)


def _enter(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _checked(_libc().setns(descriptor, _CLONE_NEWNET), path)
    finally:
        os.close(descriptor)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int, path: Path) -> None:
    if result:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(path))
