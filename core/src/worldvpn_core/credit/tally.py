"""A count that never goes back, of counters that may begin again."""

from __future__ import annotations

import attrs

from worldvpn_core.credit.figures import Figures


@attrs.frozen(kw_only=True)
class Tally:
    """``total`` over the session; ``read`` is what the counters showed last.

    An interface that is made anew, rules that are loaded again, a process that starts: each begins
    its counters at zero. What they had counted since they were read last is lost, and nothing is
    counted twice.
    """

    total: Figures = attrs.field(factory=Figures)
    read: Figures = attrs.field(factory=Figures)

    @classmethod
    def resumed(cls, total: Figures) -> Tally:
        """Return the tally of a session that goes on, with counters that begin at zero."""
        return cls(total=total)

    def counted(self, read: Figures) -> Tally:
        """Return the tally after the counters showed ``read``."""
        return Tally(
            total=Figures(
                up_bytes=self.total.up_bytes + _more(read.up_bytes, self.read.up_bytes),
                down_bytes=self.total.down_bytes + _more(read.down_bytes, self.read.down_bytes),
            ),
            read=read,
        )


def _more(now: int, before: int) -> int:
    return now - before if now >= before else now
