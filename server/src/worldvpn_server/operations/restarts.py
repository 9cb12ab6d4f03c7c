"""When to start again what died. Pure."""

from __future__ import annotations

from typing import Final

import attrs

_FIRST_S: Final = 0.1
_MOST_S: Final = 10.0
#: What ran this long died of something new.
_STEADY_S: Final = 30.0


@attrs.frozen(kw_only=True)
class Restarts:
    """How often something has died without having run for long."""

    deaths: int = 0

    def after(self, lived_s: float) -> Restarts:
        """Return the count once more has died, having lived ``lived_s``."""
        return Restarts(deaths=1 if lived_s >= _STEADY_S else self.deaths + 1)

    @property
    def wait_s(self) -> float:
        """How long to wait before the next start: doubling, from a tenth of a second to ten."""
        return min(_FIRST_S * 2.0 ** max(self.deaths - 1, 0), _MOST_S)
