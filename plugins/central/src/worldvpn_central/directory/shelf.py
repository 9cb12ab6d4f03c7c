"""Holds the signed directory of all regions, brings it up to date, and outlives the server.

A version never goes back, whoever answers. What has expired is shown with its age, for that is
better than nothing while the server is away, but no session is asked for by it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final

import attrs

from worldvpn_central.directory.fetching import (
    INDEX,
    NOT_FOUND,
    NOT_MODIFIED,
    OK,
    Fetch,
    delta_path,
    published,
    refused,
    whole_path,
)
from worldvpn_central.directory.view import View, view_of
from worldvpn_core.catalogue import Catalogue, apply_delta, key_id_of, open_catalogue
from worldvpn_core.credit.manifest import Manifest, Use
from worldvpn_core.errors import CatalogueError

PREFIX: Final = "directory-"
#: Further behind, the whole file is less to fetch than the changes since.
_MOST_DELTAS: Final = 12
#: News says which regions have changed, but not which there are.
_INDEX_EVERY_S: Final = 60.0
#: The one that is shown, and the one that is believed.
_VIEWS: Final = 2

_log = logging.getLogger(__name__)

Keep = Callable[[str, bytes], Awaitable[None]]


@attrs.frozen(kw_only=True)
class _Held:
    catalogue: Catalogue
    #: Of the whole file it began with.
    etag: str | None = None


@attrs.define(eq=False, kw_only=True)
class Shelf:
    """The directory as this device has it.

    ``manifest`` returns the key manifest to believe, ``keep`` keeps a whole file under a name
    for the next start (b"" forgets it), ``now_s`` is the time in Unix seconds.
    """

    fetch: Fetch
    keep: Keep
    manifest: Callable[[], Manifest]
    now_s: Callable[[], float] = time.time
    _held: dict[int, _Held] = attrs.field(factory=dict, init=False)
    _heard: dict[int, int] = attrs.field(factory=dict, init=False)
    _listed_s: float | None = attrs.field(default=None, init=False)
    _views: dict[tuple[tuple[int, int, int], ...], View] = attrs.field(factory=dict, init=False)
    _one: asyncio.Lock = attrs.field(factory=asyncio.Lock, init=False)

    def load(self, kept: Mapping[str, bytes]) -> None:
        """Take up what was kept; a file that is not signed by the right key is left out."""
        for name, file in kept.items():
            if not name.startswith(PREFIX) or not file:
                continue
            try:
                opened = self._opened_whole(file, name)
            except CatalogueError as error:
                _log.warning("the kept file %s is not used: %s", name, error)
            else:
                self._held[opened.region] = _Held(catalogue=opened)

    def versions(self) -> Mapping[int, int]:
        """Return how far each region is held."""
        return {region: each.catalogue.version for region, each in self._held.items()}

    def shown(self) -> View:
        """Return all nodes that are known, to show them with their age."""
        return self._view(self._catalogues())

    def believed(self) -> View:
        """Return the nodes of what has not expired, to choose from."""
        now_s = self.now_s()
        return self._view(each for each in self._catalogues() if now_s < each.expires_s)

    def heard(self, region: int, version: int) -> bool:
        """Take note that there is a version of a region; return whether it is a newer one."""
        held = self._held.get(region)
        is_new = held is None or held.catalogue.version < version
        if is_new:
            self._heard[region] = max(version, self._heard.get(region, 0))
        return is_new

    @property
    def is_behind(self) -> bool:
        """Whether a version was told of that is not held."""
        return any(
            region not in self._held or self._held[region].catalogue.version < version
            for region, version in self._heard.items()
        )

    async def refresh(self) -> bool:
        """Fetch what is new, changes first; return whether anything was.

        The other regions are fetched though one is refused.

        Raises:
            CentralOfflineError: the server does not answer; what was fetched until then is held.
            CatalogueError: a file is malformed, or not signed by the directory's key.
        """
        async with self._one:
            before = self._catalogues()
            faults = []
            for region, version in (await self._news()).items():
                try:
                    await self._follow(region, version)
                except CatalogueError as error:
                    faults.append(error)
                    continue
                held = self._held.get(region)
                if held is not None and held.catalogue.version >= self._heard.get(region, 0):
                    self._heard.pop(region, None)
            if faults:
                raise faults[0]
            return before != self._catalogues()

    async def _news(self) -> Mapping[int, int]:
        """Return the newest version of the regions worth asking for: those heard of, or all."""
        now_s = self.now_s()
        told = dict(self._heard)
        if told and self._listed_s is not None and abs(now_s - self._listed_s) < _INDEX_EVERY_S:
            return told
        listed = published(await self.fetch(INDEX, None))
        self._listed_s = now_s
        # A server that has just started lists nothing: only what is worthless is dropped.
        for region in self._held.keys() - listed.keys():
            if now_s >= self._held[region].catalogue.expires_s:
                del self._held[region]
                await self.keep(_name(region), b"")
        # What was told may be newer than what a cache still lists.
        return {
            region: max(listed.get(region, 0), told.get(region, 0))
            for region in sorted(listed.keys() | told.keys())
        }

    async def _follow(self, region: int, version: int) -> None:
        held = self._held.get(region)
        is_near = held is not None and version - held.catalogue.version <= _MOST_DELTAS
        if is_near and await self._by_deltas(region, version) and not self._is_ageing(region):
            return
        await self._whole(region)
        if region in self._held:
            await self._by_deltas(region, version)

    async def _by_deltas(self, region: int, version: int) -> bool:
        """Follow the changes up to ``version``; return whether none of them was missing."""
        while (held := self._held[region]).catalogue.version < version:
            path = delta_path(region, held.catalogue.version + 1)
            fetched = await self.fetch(path, None)
            if fetched.status == NOT_FOUND:
                return False
            if fetched.status != OK:
                raise refused(path, fetched)
            changed = apply_delta(held.catalogue, self._opened(fetched.body))
            if changed.version <= held.catalogue.version:
                raise CatalogueError(f"{path} leads back to version {changed.version}")
            self._held[region] = attrs.evolve(held, catalogue=changed)
        return True

    async def _whole(self, region: int) -> None:
        """Fetch and keep the whole file; what is older than what is held is not taken."""
        path = whole_path(region)
        held = self._held.get(region)
        fetched = await self.fetch(path, None if held is None else held.etag)
        if fetched.status in {NOT_MODIFIED, NOT_FOUND}:
            return
        if fetched.status != OK:
            raise refused(path, fetched)
        opened = self._opened_whole(fetched.body, _name(region))
        now_s = self.now_s()
        if now_s >= opened.expires_s:
            raise CatalogueError(f"version {opened.version} of region {region} has expired")
        if held is not None and _order(opened) <= _order(held.catalogue):
            if now_s >= held.catalogue.expires_s:
                raise CatalogueError(
                    f"region {region} has version {opened.version}, "
                    f"but {held.catalogue.version} was seen before"
                )
            return
        self._held[region] = _Held(catalogue=opened, etag=fetched.etag)
        await self.keep(_name(region), fetched.body)

    def _opened_whole(self, file: bytes, name: str) -> Catalogue:
        opened = self._opened(file)
        if name != _name(opened.region) or opened.since:
            raise CatalogueError(f"{name} is of another region, or not whole")
        return opened

    def _opened(self, file: bytes) -> Catalogue:
        """Open a signed file, expired or not: what has expired can still be shown."""
        key = self.manifest().verifier(Use.DIRECTORY, key_id_of(file), self.now_s())
        if key is None:
            raise CatalogueError("the directory is signed by a key the manifest does not name")
        return open_catalogue(file, key, 0)

    def _is_ageing(self, region: int) -> bool:
        """Say whether half its life is over: where nothing changes, only a whole file renews it."""
        catalogue = self._held[region].catalogue
        return self.now_s() >= (catalogue.issued_s + catalogue.expires_s) / 2

    def _catalogues(self) -> tuple[Catalogue, ...]:
        return tuple(self._held[region].catalogue for region in sorted(self._held))

    def _view(self, catalogues: Iterable[Catalogue]) -> View:
        """Return the view of ``catalogues``, made once: the one shown and the one believed."""
        wanted = tuple(catalogues)
        key = tuple((one.region, *_order(one)) for one in wanted)
        view = self._views.pop(key, None)
        self._views[key] = view_of(wanted) if view is None else view
        if len(self._views) > _VIEWS:
            del self._views[next(iter(self._views))]
        return self._views[key]


def _name(region: int) -> str:
    return f"{PREFIX}{region}"


def _order(catalogue: Catalogue) -> tuple[int, int]:
    """Return what a newer file is above in: one without changes is only issued later."""
    return catalogue.version, catalogue.issued_s
