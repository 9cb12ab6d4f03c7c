"""Every step of connecting, switching and disconnecting after which a daemon can die."""

from __future__ import annotations

from typing import Final

_OPEN: Final = (
    "open: remove the interface link",
    "open: engine started",
    "open: keys set",
    "open: set the MTU of link to 1420",
    "open: link takes no orders",
    "open: bring the interface link up",
    "open: keys set 2",
)
_CLOSE: Final = ("close: remove the interface link", "close: engine ended")
_RECORD: Final = ("record written", "record kept")

CONNECT: Final = (
    "connecting: begins",
    *(f"connecting: {what}" for what in _RECORD),
    "connecting: rules loaded",
    "connecting: src_valid_mark set",
    "connecting: arp_ignore set",
    "connecting: routing changed",
    "connecting: resolv.conf written",
    *_OPEN,
    "connected: begins",
    "connected: rules loaded",
    "connected: routing changed",
)
SWITCH: Final = (
    "switching: begins",
    *(f"switching: {what}" for what in _RECORD),
    "switching: rules loaded",
    *_OPEN,
    "moved: begins",
    "moved: routing changed",
    "moved: resolv.conf written",
    "connected: begins",
    "connected: rules loaded",
    "connected: routing changed",
    *_CLOSE,
)
DISCONNECT: Final = (
    "disconnecting: begins",
    "disconnecting: rules loaded",
    "disconnecting: routing changed",
    *_CLOSE,
    "disconnected: begins",
    "disconnected: rules loaded",
    "disconnected: routing changed",
    "disconnected: src_valid_mark set",
    "disconnected: arp_ignore set",
    "disconnected: resolv.conf written",
    "disconnected: record emptied",
)
#: How many there are in all: a step that comes or goes must be seen by a person.
COUNT: Final = 49


def up_to(steps: tuple[str, ...], last: str) -> frozenset[str]:
    """Return ``steps`` from the first to ``last``."""
    return frozenset(steps[: steps.index(last) + 1])


#: Killed after these, the host is open, and may be: no rule was loaded yet, or no more.
OPEN: Final = (
    up_to(CONNECT, "connecting: record kept")
    | frozenset(DISCONNECT) - up_to(DISCONNECT, "disconnected: begins")
)  # fmt: skip
#: Killed after these, nothing is wanted by what is on disk.
UNWANTED: Final = up_to(CONNECT, "connecting: record written") | {"disconnected: record emptied"}
#: Killed after these while switching, the first server is still the one wanted.
STILL_FIRST: Final = frozenset({"switching: begins"})
