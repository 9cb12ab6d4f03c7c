"""Following the account's events: what was missed is asked for, and news goes to the daemon."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine
from typing import Final

import attrs

from worldvpn_central import telling
from worldvpn_central.api import refusal
from worldvpn_central.errors import RefusalError, printable
from worldvpn_central.http import Answer, Http, whole
from worldvpn_central.keys import Keys
from worldvpn_central.signed_in import SignedIn
from worldvpn_central.stream import Event, Reader
from worldvpn_core.central.news import GuestNews, GuestsListed, Notice, Reach, Reached
from worldvpn_core.contracts import CentralDesk
from worldvpn_core.errors import CentralOfflineError, SignedOutError, WorldVpnError

_log = logging.getLogger(__name__)

_FIRST_PAUSE_S: Final = 0.5
_LONGEST_ASKED_S: Final = 10.0
_LONGEST_PAUSE_S: Final = 60.0
#: Nobody is signed in: the manifest alone is kept fresh.
_KEYS_EVERY_S: Final = 600.0
_MOST_REFUSAL_BYTES: Final = 65_536
_UNAUTHORIZED: Final = 401
_REUSED: Final = "refresh-token-reused"


@attrs.define(eq=False)
class Following:
    """Keeps one stream open, for as long as it is asked to."""

    _http: Http
    _mine: SignedIn
    _keys: Keys
    _desk: CentralDesk
    _moved: asyncio.Event
    _heard: Callable[[str], None]
    _reach: Reach | None = None
    _last: str | None = None
    _guests: list[str] | None = None
    _failures: int = 0
    #: The server spreads its clients, so that they do not all come back at once.
    _retry_s: float = _FIRST_PAUSE_S

    async def follow(self) -> None:
        """Follow the signed-in account's events until cancelled, or signed out."""
        while True:
            try:
                await self._until_moved(self._once())
                self._failures = 0  # the server ended it: it will do so when a token ends
            except SignedOutError:
                return
            except WorldVpnError as error:  # a full disk, too: no reason to give up
                self._tell(Reach.OFFLINE, printable(str(error)))
            await self._pause()

    async def keep_keys(self) -> None:
        """Keep the manifest fresh until cancelled, for nobody is signed in."""
        while True:
            try:
                await self._until_moved(self._fetched())
            except WorldVpnError as error:
                self._tell(Reach.OFFLINE, printable(str(error)))
                await self._pause()
            else:
                self._failures = 0
                await self._wait(_KEYS_EVERY_S)

    async def _fetched(self) -> None:
        self._begin()
        await self._keys.fetch(self._mine.api, self._desk)
        self._tell(Reach.ONLINE)

    async def _once(self) -> None:
        """Open the stream and tell what comes, until it ends."""
        self._begin()
        await self._keys.fetch(self._mine.api, self._desk)
        tokens = self._mine.tokens
        token = await tokens.access()
        try:
            await self._read(token)
        except RefusalError as error:
            if error.status != _UNAUTHORIZED:
                raise
            await self._read(await tokens.access(spent=token))

    async def _read(self, token: str) -> None:
        headers = {"authorization": f"Bearer {token}", "accept": "text/event-stream"}
        if self._last is not None:
            headers["last-event-id"] = self._last
        reader = Reader()
        async with self._http.stream("/v1/events", headers) as answer:
            if answer.status_code != 200:  # noqa: PLR2004 - RFC 9110 section 15.3.1
                body = await whole(answer, _MOST_REFUSAL_BYTES)
                raise refusal(Answer(status=answer.status_code, body=body))
            async for data in answer.aiter_raw():
                for event, place in reader.feed(data):
                    if event is not None:
                        self._take(event)
                    self._last = place or self._last
                if reader.retry_ms is not None:
                    self._retry_s = min(reader.retry_ms / 1_000, _LONGEST_ASKED_S)

    def _take(self, event: Event) -> None:
        match event.kind:
            case "snapshot":
                self._guests = []
            case "current":
                if self._guests is not None:
                    self._desk.tell(GuestsListed(session_ids=tuple(self._guests[:1_024])))
                    self._guests = None
                self._failures = 0
                self._tell(Reach.ONLINE)
            case "directory":
                self._heard(event.data)
            case _:
                self._news(event)

    def _news(self, event: Event) -> None:
        try:
            found = telling.read(event.kind, event.data)
        except CentralOfflineError as error:
            _log.warning("%s", error)
            return
        if found is None:
            return
        if isinstance(found, GuestNews) and self._guests is not None:
            self._guests.append(found.session_id)
        if isinstance(found, Notice) and found.code == _REUSED:
            tokens = self._mine.tokens
            if telling.is_about(event.data, tokens.account.device_id):
                tokens.blame(_REUSED)
        self._desk.tell(found)

    async def _until_moved(self, work: Coroutine[None, None, None]) -> None:
        """Do ``work``, or leave it off when the path has become another one."""
        self._moved.clear()
        task = asyncio.ensure_future(work)
        moved = asyncio.ensure_future(self._moved.wait())
        try:
            await asyncio.wait({task, moved}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            moved.cancel()
            task.cancel()
            await asyncio.wait({task})
        if not task.cancelled():
            task.result()

    async def _pause(self) -> None:
        if self._moved.is_set():
            return
        longest_s = min(_LONGEST_PAUSE_S, self._retry_s * 2**self._failures)
        self._failures = min(self._failures + 1, 16)
        await self._wait(longest_s * random.uniform(0.5, 1.0))  # noqa: S311 - spreads load

    async def _wait(self, pause_s: float) -> None:
        try:
            async with asyncio.timeout(pause_s):
                await self._moved.wait()
        except TimeoutError:
            return

    def _begin(self) -> None:
        if self._reach is None:
            self._tell(Reach.CONNECTING)

    def _tell(self, reach: Reach, detail: str = "") -> None:
        if reach is not self._reach:
            self._reach = reach
            self._desk.tell(Reached(reach=reach, detail=detail))
