"""The signed directory: served as it was published, to anybody, from memory.

It names no endpoint and is the same for all, so that caches may keep it.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar import MediaType, Request, Response, get
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK, HTTP_304_NOT_MODIFIED

from worldvpn_server.directory.shelf import File, Shelf
from worldvpn_server.errors import NotFoundError

_BYTES: Final = "application/octet-stream"
#: What a version is called in an answer, for it is inside the signed bytes only.
_VERSION: Final = "X-Directory-Version"
#: A whole file is renewed every five minutes and holds for twenty.
_WHOLE_CACHE: Final = "public, max-age=60"
#: The changes from one version to the next never change.
_DELTA_CACHE: Final = "public, max-age=1200, immutable"
_INDEX_CACHE: Final = "public, max-age=5"


class Published(msgspec.Struct, frozen=True):
    """A region by its code of UN M49, its newest version, and the one its whole file has."""

    region: int
    version: int
    whole_version: int


class Index(msgspec.Struct, frozen=True):
    """The answer of GET /v1/directory."""

    regions: list[Published]


@get("/v1/directory", tags=["directory"])
async def index(state: State) -> Response[Index]:
    """List the regions and how far each is."""
    shelf: Shelf = state.services.shelf
    regions = [
        Published(region=region, version=version, whole_version=whole.version)
        for region, version in shelf.newest().items()
        if (whole := shelf.whole(region)) is not None
    ]
    return Response(Index(regions), headers={"Cache-Control": _INDEX_CACHE})


@get("/v1/directory/{region:int}", tags=["directory"], media_type=MediaType.TEXT)
async def whole(
    region: FromPath[int], request: Request[Any, Any, Any], state: State
) -> Response[bytes]:
    """Return the whole file of a region, signed."""
    file = state.services.shelf.whole(region)
    if file is None:
        raise NotFoundError(f"there is no region {region}: GET /v1/directory lists them")
    return _served(request, file, _WHOLE_CACHE)


@get("/v1/directory/{region:int}/{version:int}", tags=["directory"], media_type=MediaType.TEXT)
async def delta(
    region: FromPath[int], version: FromPath[int], request: Request[Any, Any, Any], state: State
) -> Response[bytes]:
    """Return what brings the version before to ``version``, signed."""
    file = state.services.shelf.delta(region, version)
    if file is None:
        raise NotFoundError(
            f"the changes to version {version} of region {region} are not kept: "
            f"fetch /v1/directory/{region}"
        )
    return _served(request, file, _DELTA_CACHE)


def _served(request: Request[Any, Any, Any], file: File, cache: str) -> Response[bytes]:
    headers = {"ETag": file.etag, "Cache-Control": cache, _VERSION: str(file.version)}
    known = {each.strip() for each in request.headers.get("if-none-match", "").split(",")}
    if known & {file.etag, f"W/{file.etag}", "*"}:
        return Response(b"", status_code=HTTP_304_NOT_MODIFIED, headers=headers)
    return Response(file.body, status_code=HTTP_200_OK, media_type=_BYTES, headers=headers)


ROUTES: Final = (index, whole, delta)
