"""The networks of this host, and those it had a moment ago."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Final

from worldvpn_core.types import IpNetwork

#: How long a network that is gone counts: an interface that was down, or waits for its
#: lease, has it again before anybody could say so.
KEPT_S: Final = 60.0


class Lately:
    """Networks by when they were last there."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen_monotonic_s: dict[IpNetwork, float] = {}

    def including(self, present: Iterable[IpNetwork]) -> frozenset[IpNetwork]:
        """Return what is ``present``, and all that was within the last ``KEPT_S``."""
        now_s = self._clock()
        self._seen_monotonic_s |= dict.fromkeys(present, now_s)
        self._seen_monotonic_s = {
            network: seen_s
            for network, seen_s in self._seen_monotonic_s.items()
            if now_s - seen_s <= KEPT_S
        }
        return frozenset(self._seen_monotonic_s)
