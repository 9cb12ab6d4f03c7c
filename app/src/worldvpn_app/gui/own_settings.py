"""The names under which the app keeps what is about this desktop alone."""

from __future__ import annotations

from typing import Final

#: What closing the window does: "tray" or "quit".
CLOSING: Final = "window/closing"
#: Whether a minimised window goes to the tray.
MINIMISING: Final = "window/minimising"
#: Whether the tray was explained.
EXPLAINED: Final = "tray/explained"
#: Whether changes are told outside the window, and whether they may name places.
NOTIFIES: Final = "notifications/on"
IS_PRIVATE: Final = "notifications/private"
#: Whether the first steps are over.
WELCOMED: Final = "welcome/done"
