"""What guests have done, in memory."""

from __future__ import annotations

from collections.abc import Mapping

from worldvpn_core.contracts import Watched
from worldvpn_core.credit.figures import Figures
from worldvpn_core.types import IpAddress


class FakeCounts:
    """Says ``figures`` and ``done`` of guests; raises ``untold`` instead while that is set."""

    def __init__(self) -> None:
        self.figures: dict[IpAddress, Figures] = {}
        self.done: dict[IpAddress, Watched] = {}
        self.untold: Exception | None = None

    async def carried(self) -> Mapping[IpAddress, Figures]:
        if self.untold is not None:
            raise self.untold
        return self.figures

    async def watched(self) -> Mapping[IpAddress, Watched]:
        return self.done
