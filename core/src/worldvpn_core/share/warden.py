"""Keeps the owner's terms and the guests' manners: reads, judges by pure functions, acts."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Final

import attrs

from worldvpn_core.contracts import GuestMeter, Uplink
from worldvpn_core.errors import ConfigError, ShareError
from worldvpn_core.settings import Settings
from worldvpn_core.share import abuse, live, zones
from worldvpn_core.share.banned import USUAL, Ban, meant
from worldvpn_core.share.crowd import Crowd
from worldvpn_core.share.daily import day_of, quarter_of
from worldvpn_core.share.hosting import Hosting
from worldvpn_core.share.invited import GuestStore
from worldvpn_core.share.kept import Kept, TermsFile
from worldvpn_core.share.live import Here
from worldvpn_core.share.present import Present
from worldvpn_core.share.roster import there
from worldvpn_core.share.states import Draining, Serving, ShareState
from worldvpn_core.share.terms import NOTICE, Facts, Metered, Pause, Terms, terms
from worldvpn_core.types import Cause

#: How often the kernel's counts are read, and the clock is looked at: it may have been set.
LOOK_S: Final = 5.0
#: Guests who come and go together are looked at together.
SOON_S: Final = 1.0
#: The day's volume is written after so much more, or that long.
SAVE_BYTES: Final = 16 << 20
SAVE_S: Final = 30.0
GIGABYTE: Final = 1_000_000_000

_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class Told:
    """Whom the warden tells, and asks."""

    settings: Callable[[], Settings]
    state: Callable[[], ShareState]
    counts: GuestMeter | None
    devices: GuestStore
    #: Let the node be what its terms are now.
    follow: Callable[[], None]
    #: Let the server know whether new guests are taken.
    accepts: Callable[[], None]
    publish: Callable[[], None]
    uplink: Uplink | None
    #: Whether the disk refuses receipts.
    is_stuck: Callable[[], Awaitable[bool]]
    #: What was earned with a session; None: it is not known.
    earned: Callable[[str], int | None] = lambda _session: None


class Warden:
    """Runs while the daemon does; ``hosting`` None: no central server sends guests."""

    def __init__(self, told: Told, hosting: Hosting | None, path: Path) -> None:
        self._told = told
        self._hosting = hosting
        self._file = TermsFile(path)
        self.kept: Kept = self._file.load(day_of(datetime.now(UTC), self.zone[1]))
        self.metered = Metered.UNKNOWN
        self._is_stuck = False
        self.terms = self._terms_now()
        self._crowd = Crowd()
        self._since_s: dict[bytes, float] = {}
        self._unsaved_bytes = 0
        self._saved_s = time.monotonic()
        self._poked = asyncio.Event()
        self._looked_s = float("-inf")
        self._soon: asyncio.TimerHandle | None = None
        #: What the network was at the last look, and who was there, as they are shown.
        self._shown: tuple[object, ...] = ()
        self.rate = live.Rate()
        if hosting is not None:
            hosting.door.is_accepting = self.terms.accepts
            hosting.door.banned_for = self.banned_for

    @property
    def hold(self) -> Cause | None:
        """Why nobody is served now, as far as the owner's terms go."""
        return self.terms.hold

    @property
    def zone(self) -> tuple[str, tzinfo]:
        """The zone of hours and days, and its name."""
        return zones.chosen(self._told.settings().share_time_zone)

    def banned_for(self, alias: str | None) -> timedelta | None:
        """Return for how long ``alias`` is kept out; None: it is not."""
        now = datetime.now(UTC)
        ban = None if alias is None else self.kept.bans.of(alias, now)
        return None if ban is None else ban.until - now

    async def run(self) -> None:
        """Keep watch until cancelled."""
        try:
            while True:
                self._poked.clear()
                self._looked_s = time.monotonic()
                self._forget_soon()
                try:
                    await self.look()
                except Exception:
                    # What a plugin raises must end neither the daemon nor the watch.
                    _log.exception("the guests could not be looked at")
                try:
                    async with asyncio.timeout(LOOK_S if self._told.settings().sharing else None):
                        await self._poked.wait()
                except TimeoutError:
                    pass
        finally:
            self._forget_soon()
            self._file.save(self.kept)

    def hurry(self) -> None:
        """Take note that settings or the state are others."""
        self._poked.set()

    def guests_changed(self) -> None:
        """Take note that guests came or went."""
        if self._soon is None:
            left_s = max(0.0, self._looked_s + SOON_S - time.monotonic())
            self._soon = asyncio.get_running_loop().call_later(left_s, self._poked.set)

    def _forget_soon(self) -> None:
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None

    async def look(self) -> None:
        """Read what the guests have done, judge it, and act on it."""
        self.metered = await self._metered() if self._told.settings().sharing else self.metered
        self._is_stuck = await self._told.is_stuck()
        state = self._told.state()
        if isinstance(state, Serving | Draining):
            await self._read(state)
        else:
            self._crowd, self.rate = Crowd(), live.Rate()
            self._since_s.clear()
        self._save_now_and_then()
        self._judge()
        people = tuple(live.shown(each, time.time()) for each in self.people())
        shown = self.metered, people, self.rate.shown_bps
        if shown != self._shown:
            self._shown = shown
            self._told.publish()

    def pause(self, duration_s: int | None, *, drain: bool) -> None:
        """Serve nobody for so long; None: until ``resume``."""
        now = datetime.now(UTC)
        until = None if duration_s is None else now + timedelta(seconds=duration_s)
        pause = Pause(until=until, drains_until=now + NOTICE if drain else None)
        self._keep(attrs.evolve(self.kept, pause=pause))

    def resume(self) -> None:
        """End a pause. Raises ConfigError: there is none."""
        if self.kept.pause is None:
            raise ConfigError("sharing is not paused")
        self._keep(attrs.evolve(self.kept, pause=None))

    def kick(self, alias: str, detail: str, lasting: timedelta = USUAL) -> str:
        """Send the guest of ``alias`` away, and let it not come back for so long.

        Raises:
            ConfigError: nobody is called so, or several are.
        """
        present = {} if self._hosting is None else self._hosting.present
        aliases = frozenset(name for each in present.values() if (name := each.alias) is not None)
        whole = meant(alias, aliases)
        self._ban(whole, "kicked", detail, lasting)
        return whole

    def people(self) -> tuple[Here, ...]:
        """Return who is there."""
        return there(
            present=self._present(),
            devices=self._told.devices.all(),
            members=self._crowd.members,
            since_s=self._since_s,
            earned=self._told.earned,
        )

    async def _metered(self) -> Metered:
        uplink = self._told.uplink
        costs = None if uplink is None else await uplink.is_metered()
        return Metered.UNKNOWN if costs is None else Metered.YES if costs else Metered.NO

    async def _read(self, state: Serving | Draining) -> None:
        if self._told.counts is None:
            return
        try:
            carried = await self._told.counts.carried()
            watched = await self._told.counts.watched()
        except ShareError as error:
            _log.debug("the guests cannot be counted: %s", error)
            return
        more = self._crowd.read(state.guests, carried, watched, time.monotonic())
        for key in self._crowd.members:
            self._since_s.setdefault(key, time.time())
        now, zone = datetime.now(UTC), self.zone[1]
        daily = self.kept.daily.on(day_of(now, zone))
        daily = daily.with_more(more, quarter_of(now, daily.day, zone))
        self.kept = attrs.evolve(self.kept, daily=daily)
        self.rate.note(more, time.monotonic())
        self._unsaved_bytes += more
        for key, offence in self._crowd.offences(state.guests).items():
            self._punish(key, offence)

    def _punish(self, key: bytes, offence: abuse.Offence) -> None:
        sentence = abuse.SENTENCES[offence]
        for session, each in self._present().items():
            if each.x25519 == key:
                _log.warning("a guest is sent away: it %s", sentence)
                if each.alias is None:
                    self._send_away(session, USUAL)
                else:
                    self._ban(each.alias, offence.value, f"it {sentence}", USUAL)

    def _ban(self, alias: str, reason: str, detail: str, lasting: timedelta) -> None:
        now = datetime.now(UTC)
        ban = Ban(alias=alias, reason=reason, detail=detail, until=now + lasting)
        self._keep(attrs.evolve(self.kept, bans=self.kept.bans.standing(now).with_(ban)))
        for session, each in self._present().items():
            if each.alias == alias:
                self._send_away(session, lasting)
        self._told.publish()

    def _send_away(self, session: str, lasting: timedelta) -> None:
        if self._hosting is not None:
            self._hosting.send_away(session, lasting)

    def _keep(self, kept: Kept) -> None:
        self.kept = kept
        self._saved()
        self._judge()

    def _save_now_and_then(self) -> None:
        if self._unsaved_bytes >= SAVE_BYTES or time.monotonic() - self._saved_s >= SAVE_S:
            self._saved()

    def _saved(self) -> None:
        self._file.save(self.kept)
        self._unsaved_bytes, self._saved_s = 0, time.monotonic()

    def _judge(self) -> None:
        """Let the terms be what the facts make of them; say so where that is news."""
        before, self.terms = self.terms, self._terms_now()
        if self.terms == before:
            return
        if self._hosting is not None:
            self._hosting.door.is_accepting = self.terms.accepts
        self._told.follow()
        self._told.accepts()
        self._told.publish()

    def _terms_now(self) -> Terms:
        settings, now, zone = self._told.settings(), datetime.now(UTC), self.zone[1]
        daily = self.kept.daily.on(day_of(now, zone))
        pause = self.kept.pause
        if pause is not None and pause.is_over(now):
            pause = None
        self.kept = attrs.evolve(self.kept, daily=daily, pause=pause)
        return terms(
            Facts(
                now=now,
                zone=zone,
                windows=settings.windows,
                pause=pause,
                carried_bytes=daily.carried_bytes,
                cap_bytes=settings.share_daily_gb * GIGABYTE,
                metered=self.metered,
                serves_metered=settings.share_metered,
                is_disk_full=self._is_stuck,
            )
        )

    def _present(self) -> Mapping[str, Present]:
        return {} if self._hosting is None else self._hosting.present
