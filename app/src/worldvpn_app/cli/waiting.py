"""When to stop waiting for what was asked: decided from snapshots alone. Pure."""

from __future__ import annotations

import enum
from typing import Final

from worldvpn_app.cli.snapshot import Snapshot

_UNDER_WAY: Final = frozenset({"connecting", "switching", "disconnecting"})


class Outcome(enum.StrEnum):
    """How a connect ended."""

    CONNECTED = "connected"
    BLOCKED = "blocked"
    UNPROTECTED = "unprotected"
    #: Somebody asked for something else meanwhile.
    OVERTAKEN = "overtaken"


class ConnectWait:
    """Judges snapshots that follow a connect to ``profile_id``.

    The state from before the request may be shown once more, so that one like it is
    no answer until the daemon has been seen at work, or ``settle`` is called because
    nothing has moved for a while.
    """

    def __init__(self, profile_id: str, before: Snapshot) -> None:
        self._profile_id = profile_id
        self._before = before["tunnel"]["state"]
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
        return self.judge(snapshot) or self._settled(state)

    def _connected(self, snapshot: Snapshot) -> Outcome | None:
        profile = snapshot["tunnel"]["profile"]
        if profile is not None and profile["id"] == self._profile_id:
            return Outcome.CONNECTED
        return Outcome.OVERTAKEN if self._has_begun else None

    def _settled(self, state: str) -> Outcome:
        return Outcome.BLOCKED if state == "blocked" else Outcome.OVERTAKEN
