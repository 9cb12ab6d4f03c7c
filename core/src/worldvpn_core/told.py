"""The last lines of the log, without what is anybody's: for diagnostics over the local API.

Only the words of our own source are kept. Of what is put into them, numbers and the names of
states and errors stay; names, addresses, ids, keys and paths are left out, whatever they look
like. What slipped into the words themselves (a plugin's, say) is looked for by its form.
"""

from __future__ import annotations

import builtins
import functools
import logging
import re
from collections import deque
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

import attrs

from worldvpn_core import errors
from worldvpn_core.errors import WorldVpnError
from worldvpn_core.share import states as share_states
from worldvpn_core.tunnel import states as tunnel_states

MOST_LINES: Final = 500
_LONGEST: Final = 200
_GAP: Final = "…"
#: Names of our own classes, and of Python's errors: they say what happened and nothing of whom.
_CLASSES: Final = frozenset(
    name
    for module in (tunnel_states, share_states, errors, builtins)
    for name, value in vars(module).items()
    if isinstance(value, type)
)
#: What our own messages are put together from.
_WORDS: Final = frozenset({"", "not "})
_FIELD: Final = re.compile(r"%(?:%|[-+ #0]*[0-9.]*[a-zA-Z])")
_PRIVATE: Final = re.compile(
    r"""
    \b[0-9]{1,3}(?:\.[0-9]{1,3}){3}\b (?:[:/][0-9]+)?           # IPv4
    | (?<![0-9a-z])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![0-9a-z])  # IPv6, MAC
    | \b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b           # ids
    | [A-Za-z0-9+/_=-]{32,}                                     # keys, tokens
    | \b[a-z]+://\S+                                            # addresses of the web
    | \S+@\S+
    | (?<![\w.])/\S+/\S+                                        # paths
    | \b(?:[a-z0-9-]+\.)+[a-z]{2,}\b                            # names of hosts
    | '[^']*' | "[^"]*"
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SUBJECTS: Final = {
    "tunnel": "tunnel",
    "runner": "tunnel",
    "control": "tunnel",
    "share": "sharing",
    "receipts": "sharing",
    "central": "server",
    "agent": "agent",
    "vault": "vault",
    "enforce": "firewall",
    "worldvpn_killswitch": "firewall",
    "worldvpn_dns": "names",
    "worldvpn_wireguard": "tunnel",
    "worldvpn_host": "host",
}


@attrs.frozen(kw_only=True)
class Line:
    """One line; ``number`` grows by one a line and is never used twice."""

    number: int
    at_utc: str
    level: str
    subject: str
    text: str


def redacted(record: logging.LogRecord) -> str:
    """Return what ``record`` says, without what is anybody's. Pure."""
    args = iter(record.args if isinstance(record.args, tuple) else ())
    kind = record.exc_info[0] if record.exc_info else None
    words = _FIELD.split(str(record.msg))
    fields = [*_FIELD.findall(str(record.msg)), ""]
    line = " ".join(
        "".join(
            f"{_PRIVATE.sub(_GAP, each)}{_shown(field, args) if field else ''}"
            for each, field in zip(words, fields, strict=True)
        ).split()
    )
    told = f"{line} ({kind.__name__})" if kind is not None and kind.__name__ in _CLASSES else line
    return told if len(told) <= _LONGEST else f"{told[: _LONGEST - 1]}{_GAP}"


class Told(logging.Handler):
    """Keeps the last lines of our own loggers."""

    def __init__(self) -> None:
        super().__init__(level=logging.INFO)
        self._lines: deque[Line] = deque(maxlen=MOST_LINES)
        self._count = 0

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith("worldvpn"):
            return
        self._count += 1
        at = datetime.fromtimestamp(record.created, UTC)
        self._lines.append(
            Line(
                number=self._count,
                at_utc=at.isoformat(timespec="milliseconds"),
                level="info" if record.levelno < logging.WARNING else "trouble",
                subject=_subject(record.name),
                text=redacted(record),
            )
        )

    def after(self, number: int) -> Mapping[str, object]:
        """Return what is kept of the lines after ``number``, the oldest first."""
        kept = [each for each in self._lines if each.number > number]
        return {"lines": [attrs.asdict(each) for each in kept], "last": self._count}


@functools.cache
def attached() -> Told:
    """Return the one of this process, which hears of every line from now on."""
    told = Told()
    logging.getLogger().addHandler(told)
    return told


def _shown(field: str, args: Iterator[object]) -> str:
    if field == "%%":
        return "%"
    value = next(args, None)
    if isinstance(value, bool | int | float):
        return str(value) if not isinstance(value, float) else f"{value:g}"
    if isinstance(value, WorldVpnError):
        return value.code
    if isinstance(value, BaseException):
        return type(value).__name__
    return value if isinstance(value, str) and value in _CLASSES | _WORDS else _GAP


def _subject(logger: str) -> str:
    package, *parts = logger.split(".")
    known = [_SUBJECTS[each] for each in (*parts[:1], package) if each in _SUBJECTS]
    return known[0] if known else "daemon"
