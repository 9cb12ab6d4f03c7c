"""What the agent says of the central server, handed to who keeps it: the daemon's side."""

from __future__ import annotations

import base64
import binascii
from collections import deque
from time import monotonic
from typing import Final

import attrs

from worldvpn_core.agent.messages import FileGiven
from worldvpn_core.errors import AgentError

#: Signatures that one minute can need: a new connection each, and a retry.
MOST_A_MINUTE: Final = 64
#: Sockets, likewise: every change of the tunnel moves all connections to a new path, and whoever
#: tries places by hand, or has an uplink that comes and goes, changes it every few seconds.
SOCKETS_A_MINUTE: Final = 600
_MINUTE_S: Final = 60.0


@attrs.define
class Allowance:
    """How much of something was asked for in the last minute."""

    what: str
    most: int = MOST_A_MINUTE
    _taken: deque[float] = attrs.field(factory=deque, init=False)

    def take(self) -> None:
        """Count one more. Raises AgentError: it is more than can be needed."""
        now = monotonic()
        while self._taken and now - self._taken[0] > _MINUTE_S:
            self._taken.popleft()
        if len(self._taken) >= self.most:
            raise AgentError(f"worldvpn-agent asked for over {self.most} {self.what} in a minute")
        self._taken.append(now)


@attrs.define
class Parts:
    """A file that arrives in parts, one after the other."""

    _name: str = ""
    _parts: list[bytes] = attrs.field(factory=list)

    def add(self, given: FileGiven) -> tuple[str, bytes] | None:
        """Return name and content of a file once its last part is there.

        Raises:
            AgentError: the parts are out of order, or no base64.
        """
        if given.part == 0:
            self._name, self._parts = given.name, []
        if (given.name, given.part) != (self._name, len(self._parts)) or given.part >= given.parts:
            raise AgentError("worldvpn-agent gave a file out of order")
        try:
            self._parts.append(base64.b64decode(given.data, validate=True))
        except (binascii.Error, ValueError):
            raise AgentError("worldvpn-agent gave a file that is no base64") from None
        if len(self._parts) < given.parts:
            return None
        whole, self._parts = b"".join(self._parts), []
        return self._name, whole
