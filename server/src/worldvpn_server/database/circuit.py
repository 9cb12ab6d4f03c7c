"""Keeps requests from piling up on a database that is away: they are told at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import attrs

from worldvpn_server.errors import UnavailableError

#: How long nobody tries after a failure; then one does, and the others wait for what it finds.
REST_S: Final = 0.5


@attrs.define(eq=False)
class Circuit:
    """Open after a failure, until one try succeeds."""

    _now_s: Callable[[], float] = time.monotonic
    _closed_from_s: float | None = attrs.field(default=None, init=False)

    def check(self) -> None:
        """Let a try through.

        Raises:
            UnavailableError: the last one failed, and the next is not due.
        """
        if self._closed_from_s is None:
            return
        now_s = self._now_s()
        if now_s < self._closed_from_s:
            raise UnavailableError("the database is away: try again in a moment")
        self._closed_from_s = now_s + REST_S  # this one tries; who comes meanwhile does not

    def failed(self) -> None:
        """Take note that a try failed."""
        self._closed_from_s = self._now_s() + REST_S

    def succeeded(self) -> None:
        """Take note that it is there."""
        self._closed_from_s = None
