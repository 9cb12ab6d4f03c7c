"""Argon2id in one thread of low priority on one core: signing in never slows what is running.

A hash takes about 64 MiB and 0.1 s by design. What comes faster than one core works waits in a
short line, and what finds the line full is turned away at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final, Protocol, TypeVar

import attrs
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from worldvpn_server.errors import UnavailableError

#: How many may wait or be at work: the last one waits about two seconds.
MOST_WAITING: Final = 16
_RETRY_AFTER_S: Final = 2
#: Of nice(1): behind everything that serves requests.
_NICENESS: Final = 10

#: The library's parameters (RFC 9106 section 4, second choice): raised with it, never lowered.
_ARGON2: Final = PasswordHasher()

Answer = TypeVar("Answer")


@attrs.frozen(kw_only=True)
class Verdict:
    """Whether a password was right; ``outgrown``: its hash has weaker parameters than ours."""

    holds: bool
    outgrown: bool = False


class Hasher(Protocol):
    """Turns passwords into hashes. Both raise UnavailableError when too many wait."""

    def check_room(self) -> None:
        """Raise UnavailableError when too many wait: before a request has cost anything."""

    async def hash(self, password: str) -> str:
        """Return the hash of a normalised password."""

    async def verify(self, stored: str | None, password: str) -> Verdict:
        """Compare; ``stored`` None is nobody's hash: it takes as long and never holds."""

    async def off_loop(self, work: Callable[[], Answer]) -> Answer:
        """Run ``work`` where hashes are made: for what is too slow for the event loop."""


@attrs.define(eq=False)
class Argon2Hasher:
    """The hasher of one process."""

    _threads: ThreadPoolExecutor
    _waiting: int = 0
    #: How many hashes were compared so far, known names or not.
    verifications: int = 0

    @classmethod
    @contextlib.contextmanager
    def started(cls) -> Iterator[Argon2Hasher]:
        """Start the thread, and let it end."""
        threads = ThreadPoolExecutor(1, thread_name_prefix="argon2", initializer=_step_back)
        threads.submit(_nobodys_hash)
        try:
            yield cls(threads)
        finally:
            threads.shutdown(cancel_futures=True)

    async def hash(self, password: str) -> str:
        return await self.off_loop(lambda: _ARGON2.hash(password))

    async def verify(self, stored: str | None, password: str) -> Verdict:
        self.verifications += 1
        return await self.off_loop(lambda: _verify(stored, password))

    def check_room(self) -> None:
        if self._waiting >= MOST_WAITING:
            raise UnavailableError(
                "too many people sign in at once: try again in a moment",
                retry_after_s=_RETRY_AFTER_S,
            )

    async def off_loop(self, work: Callable[[], Answer]) -> Answer:
        self.check_room()
        self._waiting += 1
        loop = asyncio.get_running_loop()
        under_way = loop.run_in_executor(self._threads, work)
        # A caller that gives up leaves its hash in the thread: the place is free when that ends.
        under_way.add_done_callback(self._leave)
        return await asyncio.shield(under_way)

    def _leave(self, ended: asyncio.Future[Answer]) -> None:
        self._waiting -= 1
        if not ended.cancelled():
            ended.exception()


def _verify(stored: str | None, password: str) -> Verdict:
    compared = _nobodys_hash() if stored is None else stored
    try:
        _ARGON2.verify(compared, password)
    except (VerificationError, InvalidHashError):
        return Verdict(holds=False)
    return Verdict(holds=stored is not None, outgrown=_ARGON2.check_needs_rehash(compared))


@cache
def _nobodys_hash() -> str:
    return _ARGON2.hash(os.urandom(32).hex())


def _step_back() -> None:
    """Put the calling thread, and those that argon2 starts for its lanes, behind the others.

    On Linux both are a thread's own and inherited by what it starts. All processes of a machine
    choose the same core, so that together they hash on no more than one.
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
