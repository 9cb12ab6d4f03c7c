"""Logs as JSON lines on stderr: what happened and in which request, never to whom."""

from __future__ import annotations

import contextvars
import functools
import logging
import sys
import time
import traceback
from typing import Final, TextIO

import msgspec

#: The request under way; set by ``http.edge``.
request_id: Final[contextvars.ContextVar[str]] = contextvars.ContextVar("request_id", default="")

_FIELDS: Final = "fields"
#: A library's own words may hold an address or SQL: only its warnings are taken, and cut.
_MOST_TEXT: Final = 500


def stamp(at_s: float) -> str:
    """Return a time since 1970 as RFC 3339 has it, in UTC to the millisecond. Pure."""
    whole = int(at_s)
    return f"{_second(whole)}.{int((at_s - whole) * 1000):03d}Z"


@functools.lru_cache(maxsize=4)
def _second(at_s: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at_s))


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, what, request, and the fields given."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": stamp(record.created),
            "level": record.levelname.lower(),
            "from": record.name,
            "pid": record.process,
            "what": record.getMessage()[:_MOST_TEXT],
        }
        if of := request_id.get():
            line["request"] = of
        line |= getattr(record, _FIELDS, {})
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = _places(record.exc_info[1])
        return msgspec.json.encode(line).decode()


def _places(error: BaseException) -> list[str]:
    """Return the kinds of an error's chain and where they were raised.

    Not their texts, and no values: those may quote a row, a name or an address.
    """
    found, seen = [], error
    while True:
        frames = traceback.extract_tb(seen.__traceback__)[-6:]
        where = " < ".join(f"{each.name}:{each.lineno}" for each in reversed(frames))
        code = getattr(seen, "sqlstate", None)
        found.append(f"{type(seen).__name__}{f' {code}' if code else ''} at {where}")
        cause = seen.__cause__ or seen.__context__
        if cause is None:
            return found
        seen = cause


def fields(**named: object) -> dict[str, dict[str, object]]:
    """Return ``extra`` for a log call: further keys of its line."""
    return {_FIELDS: named}


def fault(error: Exception) -> None:
    """Log an error that nobody expected."""
    logging.getLogger(__name__).critical("a fault of ours", exc_info=error)


def set_up(stream: TextIO = sys.stderr) -> None:
    """Send everything that is logged in this process to ``stream``."""
    output = logging.StreamHandler(stream)
    output.setFormatter(JsonLines())
    logging.basicConfig(handlers=[output], level=logging.WARNING, force=True)
    logging.getLogger("worldvpn_server").setLevel(logging.INFO)
    logging.getLogger("asyncpg").setLevel(logging.ERROR)  # what it warns of, database.pool says
    logging.captureWarnings(capture=True)
