"""When to stop waiting for what was asked: decided from snapshots alone. Pure."""

from __future__ import annotations

import enum
from typing import Final

from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_app.cli.target import Target

_UNDER_WAY: Final = frozenset({"connecting", "switching", "disconnecting"})


class Outcome(enum.StrEnum):
    """How a connect ended."""

    CONNECTED = "connected"
    BLOCKED = "blocked"
    UNPROTECTED = "unprotected"
    #: Somebody asked for something else meanwhile.
    OVERTAKEN = "overtaken"


class ConnectWait:
    """Judges snapshots that follow a connect to ``target``.

    The state from before the request may be shown once more, so that one like it is
    no answer until the daemon has been seen at work, or ``settle`` is called because
    nothing has moved for a while.
    """

    def __init__(self, target: Target, before: Snapshot) -> None:
        self._target = target
        self._before = before["tunnel"]["state"]
        # By a profile it is clear whose tunnel that is; at a place it may be that of before.
        self._is_clear = target.place is None or not target.is_shown_by(before)
        self._has_begun = False

    def judge(self, snapshot: Snapshot) -> Outcome | None:
        """Return how it ended, or None to go on waiting."""
        tunnel = snapshot["tunnel"]
        if not tunnel["enforced"]:
            return Outcome.UNPROTECTED
        state = tunnel["state"]
        if state in _UNDER_WAY:
            self._has_begun = True
            return None
        if state == "connected":
            return self._connected(snapshot)
        if not self._has_begun and state == self._before:
            return None
        return self._settled(state)

    def settle(self, snapshot: Snapshot) -> Outcome | None:
        """Return how it ended, given that nothing has moved since ``snapshot``."""
        state = snapshot["tunnel"]["state"]
        if state in _UNDER_WAY:
            return None
        if state == "connected" and self._target.is_shown_by(snapshot):
            return Outcome.CONNECTED
        return self.judge(snapshot) or self._settled(state)

    def _connected(self, snapshot: Snapshot) -> Outcome | None:
        is_clear = self._has_begun or self._is_clear
        if is_clear and self._target.is_shown_by(snapshot):
            return Outcome.CONNECTED
        return Outcome.OVERTAKEN if self._has_begun else None

    def _settled(self, state: str) -> Outcome:
        return Outcome.BLOCKED if state == "blocked" else Outcome.OVERTAKEN
