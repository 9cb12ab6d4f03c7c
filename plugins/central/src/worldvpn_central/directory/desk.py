"""The directory at work: kept fresh, listed from, and chosen from."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from random import SystemRandom
from typing import Final

from worldvpn_central.api import Api
from worldvpn_central.clock import Clock
from worldvpn_central.directory import choose, find
from worldvpn_central.directory.fetching import Fetched
from worldvpn_central.directory.shelf import Shelf
from worldvpn_central.http import Question
from worldvpn_central.keys import Keys
from worldvpn_central.protocols import wire_name
from worldvpn_core.central.calls import Find, Open
from worldvpn_core.central.replies import Text
from worldvpn_core.contracts import CentralDesk
from worldvpn_core.credit.manifest import Manifest
from worldvpn_core.errors import CatalogueError, CentralOfflineError, WorldVpnError

#: How often it is made sure of where no news comes.
FRESH_S: Final = 60.0
#: How soon it is tried again when it could not be fetched, or news came before the file.
AGAIN_S: Final = 1.0
_LONGEST_AGAIN_S: Final = 30.0

_log = logging.getLogger(__name__)


class DirectoryDesk:
    """``Chooser`` over the shelf, which ``keep_fresh`` fills."""

    def __init__(self, api: Api, desk: CentralDesk, keys: Keys, clock: Clock) -> None:
        self._api = api
        self._desk = desk
        self._keys = keys
        self._clock = clock
        self._news = asyncio.Event()
        self._is_fetched = False
        self._shelf = Shelf(
            fetch=self._fetch,
            keep=desk.keep_file,
            manifest=self._manifest,
            now_s=clock.server_s,
        )

    def load(self, files: Mapping[str, bytes]) -> None:
        """Take up what was kept, where the keys to believe it by were kept, too."""
        if self._keys.manifest is not None:
            self._shelf.load(files)

    def heard(self, data: str) -> None:
        """Take note of the server's news of a version."""
        try:
            told = json.loads(data)
            is_new = self._shelf.heard(int(told["region"]), int(told["version"]))
        except (ValueError, TypeError, KeyError, RecursionError):
            _log.warning("news of the directory makes no sense")
            return
        if is_new:
            self._news.set()

    def hurry(self) -> None:
        """Make sure of it now: the path is another one."""
        self._news.set()

    async def keep_fresh(self) -> None:
        """Fetch what is new, until cancelled."""
        pause_s = AGAIN_S
        while True:
            self._news.clear()
            try:
                await self._refreshed()
                # A version is told of a moment before every process of the server has it.
                wait_s, pause_s = (AGAIN_S if self._shelf.is_behind else FRESH_S), AGAIN_S
            except WorldVpnError as error:
                _log.info("the directory is as it was: %s", error)
                wait_s, pause_s = pause_s, min(_LONGEST_AGAIN_S, 2 * pause_s)
            try:
                async with asyncio.timeout(wait_s):
                    await self._news.wait()
            except TimeoutError:
                continue

    def candidates(self, call: Open) -> tuple[str, ...]:
        """See ``Chooser``."""
        return choose.candidates(
            self._shelf.believed(),
            call.place,
            wire_name(call.protocol),
            call.avoided,
            call.favourites,
            call.measured,
            SystemRandom(),
        )

    async def find(self, call: Find) -> Text:
        """See ``Chooser``."""
        if not self._is_fetched:
            try:
                await self._refreshed()
            except WorldVpnError:
                if not self._shelf.versions():
                    raise
        return Text(text=find.found(self._shelf.shown(), call, self._clock.server_s()))

    async def _refreshed(self) -> None:
        if self._keys.manifest is None:
            await self._keys.fetch(self._api, self._desk)
        await self._shelf.refresh()
        self._is_fetched = True

    def _manifest(self) -> Manifest:
        if self._keys.manifest is None:
            raise CatalogueError("the central server's keys are not known yet")
        return self._keys.manifest

    async def _fetch(self, path: str, etag: str | None, /) -> Fetched:
        headers = {} if etag is None else {"if-none-match": etag}
        question = Question(method="GET", path=path, headers=headers)
        answer = await self._api.http.ask(question)
        if answer.status >= _SERVER_FAULT:
            raise CentralOfflineError(f"the central server answered {answer.status}")
        return Fetched(status=answer.status, body=answer.body, etag=answer.etag)


_SERVER_FAULT: Final = 500
