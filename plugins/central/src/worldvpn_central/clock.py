"""The time as the server has it, once it has said that ours is off."""

from __future__ import annotations

import time
from collections.abc import Callable

import attrs

from worldvpn_core.central.identity import MOST_SKEW_S


@attrs.define
class Clock:
    """Unix seconds: this host's, and what the server's are ahead."""

    now_s: Callable[[], float] = time.time
    _ahead_s: float = 0.0

    def server_s(self) -> float:
        """Return what the server's clock shows, as far as is known."""
        return self.now_s() + self._ahead_s

    def learn(self, server_time_s: int) -> None:
        """Take the server's word for it, as far as anything is signed by it.

        Not beyond: by a clock that it sets at will, an expired manifest would hold for ever.
        """
        ahead_s = server_time_s - self.now_s()
        self._ahead_s = max(-float(MOST_SKEW_S), min(ahead_s, float(MOST_SKEW_S)))
