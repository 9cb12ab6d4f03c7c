"""The shelf against a real server: whole files, changes, and a start after the server's end."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.plugins.central.directory.directory import Kept
from tests.server.operations.process import PATIENCE_S, ServerProcess, data_folder
from worldvpn_central.directory.fetching import Fetched
from worldvpn_central.directory.find import found
from worldvpn_central.directory.shelf import Shelf
from worldvpn_core.central.calls import MOST_PAGE, Find
from worldvpn_core.credit.manifest import open_manifest
from worldvpn_core.errors import CentralOfflineError
from worldvpn_server.keys import files

pytestmark = pytest.mark.anyio

#: Every other seeded node is a compatible client's, and not in the directory.
_NODES = 60
_MORE = 10
_LISTED = _NODES // 2
_LISTED_THEN = _LISTED + _MORE // 2


def _seed(data: Path, count: int) -> None:
    argv = [sys.executable, "-m", "worldvpn_server", "--data", str(data)]
    subprocess.run([*argv, "seed", "--nodes", str(count)], check=True, capture_output=True)


async def _until(shelf: Shelf, holds: Callable[[], bool]) -> None:
    """Refresh until something holds: the server publishes every ten seconds."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await shelf.refresh()
            await asyncio.sleep(0.2)


async def test_shelf_follows_a_real_server_and_outlives_it() -> None:
    kept, asked = Kept(), list[str]()
    with data_folder() as data:
        await asyncio.to_thread(_seed, data, _NODES)
        server = await asyncio.to_thread(ServerProcess.start, data)
        served = await asyncio.to_thread(server.get, "/v1/keys")
        root = files.read_public(data / "keys" / "root.pub")
        manifest = open_manifest(served.content, root, 0, time.time())
        async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_S) as http:

            async def fetch(path: str, etag: str | None) -> Fetched:
                asked.append(path)
                try:
                    told = await http.get(path, headers={"If-None-Match": etag} if etag else {})
                except httpx.TransportError as error:
                    raise CentralOfflineError(str(error)) from error
                version = told.headers.get("X-Directory-Version")
                return Fetched(
                    status=told.status_code,
                    body=told.content,
                    etag=told.headers.get("ETag"),
                    version=None if version is None else int(version),
                )

            shelf = Shelf(fetch=fetch, keep=kept.keep, manifest=lambda: manifest)
            await _until(shelf, lambda: len(shelf.shown().nodes) == _LISTED)
            at_first = set(shelf.shown().by_id)
            asked.clear()

            await asyncio.to_thread(_seed, data, _MORE)
            await _until(shelf, lambda: len(shelf.shown().nodes) == _LISTED_THEN)
            paths = [path for path in asked if path != "/v1/directory"]
            assert at_first < set(shelf.believed().by_id)
            assert paths
            assert all(path.count("/") == 4 for path in paths), paths  # no whole file again

            stopped = await asyncio.to_thread(server.stop)
            with pytest.raises(CentralOfflineError):
                await shelf.refresh()
            again = Shelf(fetch=fetch, keep=kept.keep, manifest=lambda: manifest)
            again.load(kept.all())
            with pytest.raises(CentralOfflineError):
                await again.refresh()

    listed = json.loads(found(again.shown(), Find(limit=MOST_PAGE), time.time()))
    assert stopped == 0
    assert {row["id"] for row in listed["nodes"]} == {str(each) for each in at_first}
    assert (listed["total"], listed["next"]) == (_LISTED, None)
