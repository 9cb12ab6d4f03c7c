"""The shelf takes nothing that is older, forged, of elsewhere, or malformed."""

from __future__ import annotations

import attrs
import pytest

from tests.plugins.central.directory.bench import Bench, delta, ids
from tests.plugins.central.directory.directory import (
    KEY_ID,
    LIFE_S,
    REGION,
    STRANGER,
    Server,
    manifest,
    node,
    whole,
)
from worldvpn_central.directory.fetching import Fetched
from worldvpn_central.directory.shelf import Shelf
from worldvpn_core.errors import CatalogueError

pytestmark = pytest.mark.anyio


async def test_version_never_goes_back(bench: Bench) -> None:
    bench.server.publish(whole([node(5)], version=5))
    await bench.shelf().refresh()
    again = bench.shelf()
    bench.server.publish(whole([node(4)], version=4, issued_s=1_900))

    bench.now_s = 1_900
    assert await again.refresh() is False
    bench.now_s = 1_000 + LIFE_S
    with pytest.raises(CatalogueError, match="5 was seen before"):
        await again.refresh()

    assert (ids(again), again.versions()) == ({5}, {REGION: 5})


@pytest.mark.parametrize("since", [0, 1, 3])
async def test_change_that_does_not_lead_on_is_refused(bench: Bench, since: int) -> None:
    bench.server.publish(whole([node(2)], version=2))
    shelf = bench.shelf()
    await shelf.refresh()
    file = attrs.evolve(delta(3), since=since)
    bench.server.deltas[REGION, 3] = file.sign(KEY_ID, bench.server.key)

    shelf.heard(REGION, 3)
    with pytest.raises(CatalogueError, match="do not follow"):
        await shelf.refresh()

    assert shelf.versions() == {REGION: 2}


async def test_change_that_leads_back_is_refused(bench: Bench) -> None:
    bench.server.publish(whole([node(2)], version=2))
    shelf = bench.shelf()
    await shelf.refresh()
    file = attrs.evolve(delta(3), version=1, since=2)
    bench.server.deltas[REGION, 3] = file.sign(KEY_ID, bench.server.key)

    shelf.heard(REGION, 3)
    with pytest.raises(CatalogueError, match="leads back"):
        await shelf.refresh()


async def test_forged_region_is_refused_and_the_others_are_fetched(bench: Bench) -> None:
    bench.server.key = STRANGER
    bench.server.publish(whole([node(1)], region=9))
    bench.server.key = Server().key
    bench.server.publish(whole([node(2)]))
    shelf = bench.shelf()

    with pytest.raises(CatalogueError, match="not signed by the key"):
        await shelf.refresh()

    assert (ids(shelf), [*bench.kept.files]) == ({2}, [f"directory-{REGION}"])


async def test_key_the_manifest_does_not_name_is_no_key(bench: Bench) -> None:
    bench.server.wholes[REGION] = whole([node(1)]).sign(bytes(16), bench.server.key)
    bench.server.newest[REGION] = 1

    with pytest.raises(CatalogueError, match="manifest does not name"):
        await bench.shelf().refresh()


async def test_file_of_another_region_is_refused(bench: Bench) -> None:
    bench.server.publish(whole([node(1)], region=419))
    bench.server.wholes[REGION] = bench.server.wholes[419]
    bench.server.newest = {REGION: 1}

    with pytest.raises(CatalogueError, match="another region"):
        await bench.shelf().refresh()


async def test_expired_file_is_not_taken_from_the_server(bench: Bench) -> None:
    bench.server.publish(whole([node(1)]))
    bench.now_s = 1_000 + LIFE_S

    with pytest.raises(CatalogueError, match="has expired"):
        await bench.shelf().refresh()


async def test_kept_files_that_are_damaged_or_swapped_are_left_out(bench: Bench) -> None:
    bench.server.publish(whole([node(1)]))
    await bench.shelf().refresh()
    good = bench.kept.files[f"directory-{REGION}"]
    bench.kept.files = {
        "directory-419": good,
        f"directory-{REGION}": good[:-1],
        "directory-9": b"",
        "directory-x": b"short",
        "keys": b"something else",
    }

    assert ids(bench.shelf()) == set()


@pytest.mark.parametrize(
    "answer",
    [
        Fetched(status=503, body=b""),
        Fetched(status=200, body=b"not json"),
        Fetched(status=200, body=b"[]"),
        Fetched(status=200, body=b'{"regions": [{"region": true, "version": 1}]}'),
        Fetched(status=200, body=b'{"regions": [{"region": 1, "version": -1}]}'),
        Fetched(status=200, body=b"[" * 100_000),
    ],
)
async def test_index_that_is_none_is_refused(bench: Bench, answer: Fetched) -> None:
    async def fetch(_path: str, _etag: str | None) -> Fetched:
        return answer

    shelf = Shelf(fetch=fetch, keep=bench.kept.keep, manifest=manifest)

    with pytest.raises(CatalogueError):
        await shelf.refresh()
