"""What was begun for an account that is left meanwhile, and may not go on. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from worldvpn_core.central import causes
from worldvpn_core.errors import SignedOutError
from worldvpn_core.types import Cause


@attrs.define
class Left:
    """``is_leaving``: the account is being left now; nothing is begun for it."""

    is_leaving: bool = False
    _times: int = 0
    _cause: Cause = causes.SIGNED_OUT
    _forsaken: set[int] = attrs.field(factory=set)

    def mark(self) -> int:
        """Return what ``since`` takes, for what begins now. Raises SignedOutError."""
        if self.is_leaving:
            raise SignedOutError(causes.SIGNED_OUT.detail)
        return self._times

    def since(self, mark: int) -> Cause | None:
        """Return why an account was left since ``mark``; None: none was."""
        return self._cause if mark != self._times else None

    def forsake(self, attempts: Iterable[int], cause: Cause) -> None:
        """Take note that the account is left, and that ``attempts`` do not stand yet."""
        self._times += 1
        self._cause = cause
        self._forsaken.update(attempts)

    def why_not(self, attempt: int) -> Cause | None:
        """Return why the tunnel of ``attempt``, which stands now, must fall; None: it need not."""
        return self._cause if attempt in self._forsaken else None
