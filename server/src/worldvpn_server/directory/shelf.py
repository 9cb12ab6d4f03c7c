"""The directory's files in memory, as every request is answered from them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import attrs

from worldvpn_server.database.pool import Database
from worldvpn_server.operations.jobs import Job

_RELOAD_S: Final = 2.0
_KNOWN: Final = "SELECT region, version, since, created_at FROM directory_file"
_BODY: Final = "SELECT body FROM directory_file WHERE (region, version, since) = ($1, $2, $3)"

#: Region, version, and the version it follows on; 0: it is whole.
Key = tuple[int, int, int]


@attrs.frozen(kw_only=True)
class File:
    """A signed file; ``etag`` is quoted as RFC 9110 section 8.8.3 has it."""

    version: int
    body: bytes = attrs.field(repr=False)
    created_at: datetime
    etag: str


@attrs.define(eq=False)
class Shelf:
    """What is published, at most two seconds ago; one a process."""

    _database: Database
    _files: Mapping[Key, File] = attrs.field(factory=dict, init=False)
    _whole: Mapping[int, File] = attrs.field(factory=dict, init=False)
    _newest: Mapping[int, int] = attrs.field(factory=dict, init=False)

    def whole(self, region: int) -> File | None:
        """Return the whole file of a region."""
        return self._whole.get(region)

    def delta(self, region: int, version: int) -> File | None:
        """Return what brings the version before to ``version``."""
        return self._files.get((region, version, version - 1))

    def newest(self) -> Mapping[int, int]:
        """Return the newest version of each region."""
        return self._newest

    async def reload(self) -> None:
        """Read what has been published since, and drop what is no longer kept."""
        files: dict[Key, File] = {}
        async with self._database.read() as sql:
            for row in await sql.fetch(_KNOWN):
                key = (row["region"], row["version"], row["since"])
                have = self._files.get(key)
                if have is None or have.created_at != row["created_at"]:
                    body = await sql.fetchval(_BODY, *key)
                    if body is None:  # it was cleaned away between the two
                        continue
                    have = _file(key[1], body, row["created_at"])
                files[key] = have
        wholes = sorted(key for key in files if key[2] == 0)
        self._files = files
        self._whole = {key[0]: files[key] for key in wholes}
        self._newest = {key[0]: key[1] for key in sorted(files)}

    def jobs(self) -> tuple[Job, ...]:
        """Return what keeps this process at what is published."""
        return (Job(name="directory-reload", interval_s=_RELOAD_S, work=self.reload, alone=False),)


def _file(version: int, body: bytes, created_at: datetime) -> File:
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return File(version=version, body=body, created_at=created_at, etag=etag)
