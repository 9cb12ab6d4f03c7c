"""What the server's directory is asked by, and the unsigned list of what it has."""

from __future__ import annotations

import json
from typing import Final, Protocol

import attrs

from worldvpn_core.errors import CatalogueError

INDEX: Final = "/v1/directory"
OK: Final = 200
NOT_MODIFIED: Final = 304
NOT_FOUND: Final = 404
#: UN M49 has some thirty regions.
_MOST_REGIONS: Final = 256


@attrs.frozen(kw_only=True)
class Fetched:
    """An answer; ``version`` is what its header says, which nothing signs."""

    status: int
    body: bytes = attrs.field(repr=False)
    etag: str | None = None
    version: int | None = None


class Fetch(Protocol):
    """Asks the server once."""

    async def __call__(self, path: str, etag: str | None, /) -> Fetched:
        """Return the answer to GET ``path``, with If-None-Match where ``etag`` is given.

        Raises:
            CentralOfflineError: there is none.
        """


def whole_path(region: int) -> str:
    """Return where the whole file of a region is."""
    return f"{INDEX}/{region}"


def delta_path(region: int, version: int) -> str:
    """Return where that is which brings the version before to ``version``."""
    return f"{INDEX}/{region}/{version}"


def published(fetched: Fetched) -> dict[int, int]:
    """Return the newest version of each region, as the index has it.

    Raises:
        CatalogueError: it was refused, or is no index.
    """
    if fetched.status != OK:
        raise refused(INDEX, fetched)
    try:
        listed = json.loads(fetched.body)["regions"][:_MOST_REGIONS]
        return {_number(each["region"]): _number(each["version"]) for each in listed}
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        words = "the list of the directory's regions has not the form of one"
        raise CatalogueError(words) from error


def refused(path: str, fetched: Fetched) -> CatalogueError:
    """Return what to raise where ``path`` was not answered with a file."""
    return CatalogueError(f"the central server answered {path} with {fetched.status}")


def _number(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 64:
        raise ValueError("no number")
    return value
