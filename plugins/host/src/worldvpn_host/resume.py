"""Notices that the host slept: CLOCK_BOOTTIME runs on in suspend, CLOCK_MONOTONIC does not.

A timer that is cancelled when the wall clock jumps (timerfd_create(2),
TFD_TIMER_CANCEL_ON_SET) wakes us at resume, so that nothing has to poll.
"""

from __future__ import annotations

import ctypes
import os
import time
from contextlib import suppress
from typing import Final

_TFD_TIMER_ABSTIME: Final = 1
_TFD_TIMER_CANCEL_ON_SET: Final = 2
_TFD_NONBLOCK_CLOEXEC: Final = os.O_NONBLOCK | os.O_CLOEXEC
#: Far enough that it never expires, near enough for every kernel.
_NEVER_S: Final = 1 << 40
#: The two clocks are read one after the other; a suspend lasts longer than that.
_SUSPEND_NS: Final = 200_000_000


class _TimerSpec(ctypes.Structure):
    """struct itimerspec: the interval, then the first expiry."""

    _fields_ = (
        ("interval_s", ctypes.c_int64),
        ("interval_ns", ctypes.c_int64),
        ("value_s", ctypes.c_int64),
        ("value_ns", ctypes.c_int64),
    )


def slept_ns() -> int:
    """Return how long this host has been suspended since it booted."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) - time.clock_gettime_ns(time.CLOCK_MONOTONIC)


def has_slept(before_ns: int, after_ns: int) -> bool:
    """Say whether a suspend lies between two readings of ``slept_ns``."""
    return after_ns - before_ns > _SUSPEND_NS


class ClockJumps:
    """A descriptor that turns readable whenever the wall clock jumps."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self.descriptor = self._checked(
            self._libc.timerfd_create(time.CLOCK_REALTIME, _TFD_NONBLOCK_CLOEXEC)
        )
        self._slept_ns = slept_ns()
        self.arm()

    def arm(self) -> None:
        """Wait for the next jump."""
        spec = _TimerSpec(value_s=_NEVER_S)
        flags = _TFD_TIMER_ABSTIME | _TFD_TIMER_CANCEL_ON_SET
        self._checked(self._libc.timerfd_settime(self.descriptor, flags, ctypes.byref(spec), None))

    def has_resumed(self) -> bool:
        """Take the news in; say whether it was a suspend, not merely a clock set anew."""
        # ECANCELED is the news itself.
        with suppress(OSError):
            os.read(self.descriptor, 8)
        self.arm()
        before_ns, self._slept_ns = self._slept_ns, slept_ns()
        return has_slept(before_ns, self._slept_ns)

    def close(self) -> None:
        """Stop waiting."""
        os.close(self.descriptor)

    @staticmethod
    def _checked(result: int) -> int:
        if result < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        return result
