"""The float: how far a node carries ahead of what its guest has answered for."""

from __future__ import annotations

from typing import Final

import attrs

#: What an honest guest gets in the end, however small it began.
MOST_GROWN_BYTES: Final = 64 * 1_048_576
GOOD_MS: Final = 60_000
#: An answer that takes longer is none of a good minute.
LATE_MS: Final = 10_000


@attrs.frozen(kw_only=True)
class Float:
    """``size_bytes`` now; ``base_bytes`` is the ticket's, ``since_ms`` when it last changed."""

    size_bytes: int
    base_bytes: int
    since_ms: int

    @classmethod
    def of(cls, base_bytes: int, now_ms: int) -> Float:
        """Return the float a ticket begins with."""
        return cls(size_bytes=base_bytes, base_bytes=base_bytes, since_ms=now_ms)

    @property
    def step_bytes(self) -> int:
        """So many bytes are worth a claim of their own."""
        return max(1, self.size_bytes // 4)

    def answered(self, now_ms: int, took_ms: int) -> Float:
        """Return the float after an answer that took ``took_ms``: twice as much a good minute."""
        if took_ms > LATE_MS:
            return self.lost(now_ms)
        if now_ms - self.since_ms < GOOD_MS:
            return self
        most = max(self.base_bytes, MOST_GROWN_BYTES)
        return attrs.evolve(self, size_bytes=min(most, 2 * self.size_bytes), since_ms=now_ms)

    def lost(self, now_ms: int) -> Float:
        """Return the float after the guest was out of reach: the ticket's again."""
        return Float.of(self.base_bytes, now_ms)

    def renewed(self, base_bytes: int, now_ms: int) -> Float:
        """Return the float under a ticket that says ``base_bytes``; less is the server's doubt."""
        if base_bytes < self.base_bytes:
            return Float.of(base_bytes, now_ms)
        return attrs.evolve(
            self, size_bytes=max(self.size_bytes, base_bytes), base_bytes=base_bytes
        )
