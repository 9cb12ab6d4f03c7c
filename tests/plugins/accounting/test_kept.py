"""What was counted is kept: through crashes, a full disk and damage; seldom on the disk itself."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.plugins.accounting.place import NOW_S, Place, reading, total
from worldvpn_accounting.book import DAY, HOUR, MONTH, Book, entered, traffic
from worldvpn_accounting.counting import MOST_SOURCES
from worldvpn_accounting.files import MOST_BYTES
from worldvpn_accounting.kept import KEEP_S, KeptAccounting
from worldvpn_accounting.plugin import worldvpn_accounting
from worldvpn_core.contracts import Reading, Services, Volume
from worldvpn_core.testing.accounting_contract import AccountingContract, Reopened
from worldvpn_core.testing.fakes import fake_host

BIG = 2**62


class TestKept(AccountingContract):
    @pytest.fixture
    def accounting(self, place: Place) -> KeptAccounting:
        return place.open()

    @pytest.fixture
    def reopened(self, place: Place) -> Reopened:
        return place.open


@pytest.mark.anyio
class TestDisk:
    async def test_disk_is_written_every_five_minutes_while_something_moves(
        self, place: Place
    ) -> None:
        accounting, written = place.open(), 0
        for second in range(0, 3 * KEEP_S, 10):
            place.now_s = NOW_S + second
            await accounting.record(reading(second))
            if accounting._keeping is not None:
                await accounting._keeping
                written += 1
                accounting._keeping = None
        assert written == 2

    async def test_nothing_is_written_while_nothing_moves(self, place: Place) -> None:
        accounting = place.open()
        await accounting.record(reading(0))
        place.now_s += 10 * KEEP_S
        await accounting.record(reading(0))
        await accounting.close()
        assert not place.lasting.exists()
        assert not place.fleeting.exists()

    async def test_power_cut_takes_five_minutes_at_most(self, place: Place) -> None:
        accounting = place.open()
        place.now_s += KEEP_S
        await accounting.record(reading(700))
        assert accounting._keeping is not None
        await accounting._keeping
        await accounting.record(reading(900))
        place.power_cut()
        assert total(place.open()) == 700

    async def test_orderly_end_is_kept_through_a_reboot(self, place: Place) -> None:
        accounting = place.open()
        await accounting.record(reading(900))
        await accounting.close()
        place.power_cut()
        later = place.open()
        await later.record(reading(100, source="another boot"))
        assert total(later) == 1_000

    async def test_clock_set_back_does_not_keep_the_disk_from_being_written(
        self, place: Place
    ) -> None:
        accounting = place.open()
        place.now_s -= 31_536_000
        await accounting.record(reading(700))
        assert accounting._keeping is not None
        await accounting.close()
        assert place.lasting.exists()

    async def test_files_are_root_s_alone_to_read(self, place: Place) -> None:
        accounting = place.open()
        await accounting.record(reading(700))
        await accounting.close()
        modes = [path.stat().st_mode & 0o777 for path in (place.lasting, place.fleeting)]
        assert modes == [0o600, 0o600]

    async def test_full_disk_stops_no_counting_and_is_told_once(
        self, place: Place, caplog: pytest.LogCaptureFixture
    ) -> None:
        accounting = place.open()
        for path in (place.lasting, place.fleeting):
            path.parent.rmdir()
            path.parent.write_text("in the way")
        with caplog.at_level(logging.WARNING):
            await accounting.record(reading(700))
            await accounting.record(reading(900))
        assert total(accounting) == 900
        assert len(caplog.messages) == 1
        await accounting.close()
        assert "cannot be kept" in caplog.messages[-1]

    @pytest.mark.parametrize("name", ["lasting", "fleeting"])
    async def test_damaged_file_is_set_aside_and_the_other_counts(
        self, place: Place, name: str
    ) -> None:
        accounting = place.open()
        await accounting.record(reading(700))
        await accounting.close()
        damaged = place.damage(name)
        later = place.open()
        assert total(later) == 700
        assert later.notice == (
            f"what was carried before is not known: {damaged} could not be read"
            f" and is kept as {damaged}.broken"
        )
        assert place.names(damaged.parent) == ["traffic.json.broken"]


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.update(version=2),
        lambda raw: raw.update(received_bytes=-1),
        lambda raw: raw.update(sent_bytes=1.5),
        lambda raw: raw.update(hour=[[1, 2]]),
        lambda raw: raw.update(day=[[1, -2, 3]]),
        lambda raw: raw.update(sources=[{"source": "a"}]),
        lambda raw: raw.update(unheard=1),
        lambda raw: raw.pop("since_s"),
    ],
)
@pytest.mark.anyio
async def test_file_that_is_not_exactly_one_of_ours_is_not_believed(
    place: Place, change: Callable[[dict[str, Any]], object]
) -> None:
    accounting = place.open()
    await accounting.record(reading(700))
    raw = json.loads(place.fleeting.read_text())
    change(raw)
    place.fleeting.write_text(json.dumps(raw))
    later = place.open()
    assert later.notice is not None
    assert total(later) == 0


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_file_keeps_the_daemon_from_starting(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    place = Place(tmp_path_factory.mktemp("any"))
    place.fleeting.write_bytes(content)
    assert total(place.open()) == 0


def full_book() -> Book:
    book = Book(since_s=int(NOW_S))
    for number in range(MOST_SOURCES):
        source = Reading(source=f"{number:0>128}", received_bytes=BIG, sent_bytes=BIG)
        book = entered(book, (source,), int(NOW_S * 1_000))
    for step_s, length in ((86_400, 31), (900, 96), (60, 60)):
        for back in range(length - 1, -1, -1):
            source = Reading(source=f"{step_s}/{back}", received_bytes=BIG, sent_bytes=BIG)
            book = entered(book, (source,), int((NOW_S - back * step_s) * 1_000))
    return book


def test_fullest_file_is_small_and_read_as_it_was_written(place: Place) -> None:
    book = full_book()
    files = place.files()
    files.note(book)
    found = files.load()
    assert found is not None
    assert (found.count, found.day, found.month) == (book.count, book.day, book.month)
    assert [len(ring.steps) for ring in (book.hour, book.day, book.month)] == [60, 96, 31]
    assert place.fleeting.stat().st_size < MOST_BYTES / 4


def test_every_ring_is_told_by_its_name() -> None:
    told = traffic(full_book(), int(NOW_S * 1_000))
    lengths = [len(each.steps) for each in (told.minute, told.hour, told.day, told.month)]
    assert lengths == [60, HOUR.length, DAY.length, MONTH.length]
    assert told.total == Volume(
        received_bytes=BIG * (MOST_SOURCES + 31 + 96 + 60),
        sent_bytes=BIG * (MOST_SOURCES + 31 + 96 + 60),
    )


@pytest.mark.anyio
async def test_it_is_found_by_its_name_and_counts_in_the_daemon_s_directories(
    tmp_path: Path,
) -> None:
    (found,) = entry_points(group="worldvpn.system", name="accounting")
    assert found.load().worldvpn_accounting is worldvpn_accounting
    services = Services(host=fake_host(), state_dir=tmp_path / "state", run_dir=tmp_path)
    accounting = worldvpn_accounting(services=services)
    assert accounting is not None
    await accounting.record(reading(700))
    await accounting.close()
    assert (tmp_path / "traffic.json").exists()
    assert (tmp_path / "state" / "traffic.json").exists()
