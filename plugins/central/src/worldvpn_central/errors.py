"""What goes wrong inside this plugin, before it is put into core's words."""

from __future__ import annotations

from typing import Final

from worldvpn_core.errors import CentralOfflineError, CentralRefusedError

_MOST_CHARACTERS: Final = 300


class BrokenError(CentralOfflineError):
    """A connection ended amid something: what was asked may or may not have been done."""


class RefusalError(CentralRefusedError):
    """The server answered with an error; ``status`` is HTTP's."""

    def __init__(self, text: str, status: int, server_time_s: int | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.server_time_s = server_time_s


def printable(text: str, most: int = _MOST_CHARACTERS) -> str:
    """Return a stranger's ``text`` as one line that may be shown."""
    line = "".join(each if each.isprintable() else " " for each in text[: 4 * most])
    line = " ".join(line.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
