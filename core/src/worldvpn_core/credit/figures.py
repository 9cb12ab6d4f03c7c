"""What a session has carried: two numbers, without what signs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from worldvpn_core.credit.lengths import is_uint64

if TYPE_CHECKING:
    from worldvpn_core.credit.receipt import Receipt


@attrs.frozen(kw_only=True)
class Figures:
    """Inner bytes of flows that the guest opened, cumulative over the session."""

    up_bytes: int = attrs.field(default=0, validator=is_uint64)
    down_bytes: int = attrs.field(default=0, validator=is_uint64)

    @classmethod
    def of(cls, receipt: Receipt | None) -> Figures:
        """Return what ``receipt`` says; nothing where there is none."""
        if receipt is None:
            return cls()
        return cls(up_bytes=receipt.up_bytes, down_bytes=receipt.down_bytes)

    @property
    def total_bytes(self) -> int:
        """Both directions."""
        return self.up_bytes + self.down_bytes

    def highest(self, other: Figures) -> Figures:
        """Return the higher figure of each direction."""
        return Figures(
            up_bytes=max(self.up_bytes, other.up_bytes),
            down_bytes=max(self.down_bytes, other.down_bytes),
        )

    def lowest(self, other: Figures) -> Figures:
        """Return the lower figure of each direction."""
        return Figures(
            up_bytes=min(self.up_bytes, other.up_bytes),
            down_bytes=min(self.down_bytes, other.down_bytes),
        )
