"""The shelf: changes first, shown when expired, there without the server."""

from __future__ import annotations

import pytest

from tests.plugins.central.directory.bench import Bench, delta, ids
from tests.plugins.central.directory.directory import LIFE_S, REGION, node, whole
from worldvpn_core.errors import CentralOfflineError

pytestmark = pytest.mark.anyio

_INDEX = "/v1/directory"
_WHOLE = f"/v1/directory/{REGION}"


async def test_whole_file_comes_first_and_then_only_changes(bench: Bench) -> None:
    bench.server.publish(whole([node(1), node(90)]))
    shelf = bench.shelf()

    assert await shelf.refresh()
    assert bench.server.paths() == [_INDEX, _WHOLE]
    assert ids(shelf) == {1, 90}

    bench.server.publish(delta(2, gone=frozenset({node(90).id})))
    bench.server.publish(delta(3))
    assert await shelf.refresh() is True
    assert bench.server.paths() == [_INDEX, f"{_WHOLE}/2", f"{_WHOLE}/3"]
    assert (ids(shelf), shelf.versions()) == ({1, 2, 3}, {REGION: 3})


async def test_nothing_new_fetches_nothing(bench: Bench) -> None:
    bench.server.publish(whole([node(1)]))
    shelf = bench.shelf()
    await shelf.refresh()
    bench.server.paths()

    assert await shelf.refresh() is False
    assert bench.server.paths() == [_INDEX]


async def test_news_of_a_region_is_fetched_without_asking_for_the_index(bench: Bench) -> None:
    bench.server.publish(whole([node(1)]))
    shelf = bench.shelf()
    await shelf.refresh()
    bench.server.publish(delta(2))
    bench.server.paths()

    assert shelf.heard(REGION, 1) is False
    assert shelf.heard(REGION, 2) is True
    await shelf.refresh()

    assert bench.server.paths() == [f"{_WHOLE}/2"]
    await shelf.refresh()
    assert bench.server.paths() == [_INDEX]


async def test_index_is_asked_for_now_and_then_however_much_is_heard(bench: Bench) -> None:
    bench.server.publish(whole([node(1)]))
    shelf = bench.shelf()
    await shelf.refresh()
    bench.server.publish(delta(2))
    bench.server.publish(whole([node(5)], region=419))
    bench.now_s += 61

    shelf.heard(REGION, 2)
    await shelf.refresh()

    assert shelf.versions() == {REGION: 2, 419: 1}


async def test_missing_change_leads_to_the_whole_file(bench: Bench) -> None:
    bench.server.publish(whole([node(1)]))
    shelf = bench.shelf()
    await shelf.refresh()
    bench.server.publish(whole([node(7)], version=5))
    bench.server.publish(delta(6))
    bench.server.paths()

    await shelf.refresh()

    assert bench.server.paths() == [_INDEX, f"{_WHOLE}/2", _WHOLE, f"{_WHOLE}/6"]
    assert ids(shelf) == {6, 7}


async def test_shelf_far_behind_asks_for_the_whole_file_at_once(bench: Bench) -> None:
    bench.server.publish(whole([node(1)]))
    shelf = bench.shelf()
    await shelf.refresh()
    bench.server.publish(whole([node(7)], version=100))
    bench.server.paths()

    await shelf.refresh()

    assert bench.server.paths() == [_INDEX, _WHOLE]


async def test_where_nothing_changes_the_whole_file_renews_what_is_held(bench: Bench) -> None:
    bench.server.publish(whole([node(1)]))
    shelf = bench.shelf()
    await shelf.refresh()

    bench.now_s = 1_000 + LIFE_S / 2
    await shelf.refresh()
    assert bench.server.asked[-1] == (_WHOLE, bench.server.asked[-1][1])
    assert bench.server.asked[-1][1] is not None  # and is not sent again

    bench.server.publish(whole([node(1)], issued_s=1_500))
    await shelf.refresh()
    bench.now_s = 1_000 + LIFE_S
    assert len(shelf.believed().nodes) == 1


async def test_client_starts_and_lists_while_the_server_is_away(bench: Bench) -> None:
    bench.server.publish(whole([node(1)]))
    await bench.shelf().refresh()
    bench.server.is_away = True

    again = bench.shelf()

    assert len(again.believed().nodes) == 1
    with pytest.raises(CentralOfflineError):
        await again.refresh()
    assert ids(again) == {1}


async def test_what_has_expired_is_shown_but_not_believed(bench: Bench) -> None:
    bench.server.publish(whole([node(1)]))
    bench.server.publish(whole([node(2)], region=419, issued_s=2_000))
    await bench.shelf().refresh()
    bench.now_s = 1_000 + LIFE_S

    again = bench.shelf()

    assert ids(again) == {1, 2}
    assert {each.id.int for each in again.believed().nodes} == {2}
    assert again.shown().issued_s == 1_000


async def test_server_that_lists_nothing_yet_takes_nothing_away(bench: Bench) -> None:
    bench.server.publish(whole([node(1)]))
    shelf = bench.shelf()
    await shelf.refresh()
    bench.server.newest.clear()

    await shelf.refresh()
    assert ids(shelf) == {1}

    bench.now_s = 1_000 + LIFE_S
    await shelf.refresh()
    assert (ids(shelf), bench.kept.files) == (set(), {})


async def test_view_is_made_once_a_version(bench: Bench) -> None:
    bench.server.publish(whole([node(1)]))
    shelf = bench.shelf()
    await shelf.refresh()
    first = shelf.shown()

    assert shelf.believed() is first
    bench.server.publish(delta(2))
    await shelf.refresh()
    assert shelf.shown() is not first
