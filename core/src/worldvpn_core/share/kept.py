"""What the owner's terms must remember through a restart: the day's volume, a pause, bans."""

from __future__ import annotations

import json
import logging
from datetime import date, datetime
from pathlib import Path
from typing import Final

import attrs

from worldvpn_core import exact
from worldvpn_core.settings import write_atomically
from worldvpn_core.share.banned import Ban, Bans
from worldvpn_core.share.daily import Daily
from worldvpn_core.share.terms import Pause

VERSION: Final = 1

_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class _Line:
    alias: str
    reason: str
    detail: str
    until: str
    session: str | None = None


@attrs.frozen(kw_only=True)
class _File:
    """Days and times in ISO 8601, times with their offset."""

    version: int
    day: str
    carried_bytes: int
    quarters: tuple[int, ...] = ()
    paused: bool = False
    paused_until: str | None = None
    drains_until: str | None = None
    banned: tuple[_Line, ...] = ()


@attrs.frozen(kw_only=True)
class Kept:
    """What is remembered."""

    daily: Daily
    pause: Pause | None = None
    bans: Bans = attrs.field(factory=Bans)


class TermsFile:
    """``Kept`` in one file of root's own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._saved: Kept | None = None

    def load(self, today: date) -> Kept:
        """Return what is kept; a file that cannot be read is set aside as ``NAME.broken``."""
        try:
            raw = json.loads(self._path.read_text(encoding="utf-8"))
            self._saved = kept = _read(_STRICT.structure(raw, _File))
        except FileNotFoundError:
            return Kept(daily=Daily(day=today))
        except (OSError, *exact.MALFORMED) as error:
            _log.warning("what sharing kept cannot be read: %s", type(error).__name__)
            try:
                self._path.replace(self._path.with_name(self._path.name + ".broken"))
            except OSError:
                _log.warning("%s cannot be set aside", self._path)
            return Kept(daily=Daily(day=today))
        return kept

    def save(self, kept: Kept) -> None:
        """Write ``kept``, if it is not there yet. What cannot be written is tried the next time."""
        if kept == self._saved:
            return
        try:
            write_atomically(self._path, json.dumps(_STRICT.unstructure(_written(kept))))
        except OSError as error:
            _log.warning("what sharing must remember cannot be saved: %s", error)
            return
        self._saved = kept


def _read(file: _File) -> Kept:
    if file.version != VERSION:
        raise ValueError(f"version {file.version}")
    pause = Pause(until=_time(file.paused_until), drains_until=_time(file.drains_until))
    return Kept(
        daily=Daily(
            day=date.fromisoformat(file.day),
            carried_bytes=file.carried_bytes,
            quarters=file.quarters,
        ),
        pause=pause if file.paused else None,
        bans=Bans(tuple(map(_ban, file.banned))),
    )


def _ban(line: _Line) -> Ban:
    until = _time(line.until)
    if until is None:
        raise ValueError("a ban without an end")
    return Ban(
        alias=line.alias,
        reason=line.reason,
        detail=line.detail,
        until=until,
        session=line.session,
    )


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError("a time without its offset")
    return time


def _written(kept: Kept) -> _File:
    pause = kept.pause
    return _File(
        version=VERSION,
        day=kept.daily.day.isoformat(),
        carried_bytes=kept.daily.carried_bytes,
        quarters=kept.daily.quarters,
        paused=pause is not None,
        paused_until=_text(None if pause is None else pause.until),
        drains_until=_text(None if pause is None else pause.drains_until),
        banned=tuple(
            _Line(
                alias=ban.alias,
                reason=ban.reason,
                detail=ban.detail,
                until=ban.until.isoformat(),
                session=ban.session,
            )
            for ban in kept.bans.every
        ),
    )


def _text(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()


_STRICT: Final = exact.converter(detailed=False)
