"""The sealed file: whatever a power cut leaves, what was promised is in it, and nobody reads it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.receipts.samples import KEY
from tests.core.vault.power import CuttableDisk, ForgetfulDisk, PowerCut, refusal
from worldvpn_core.errors import ReceiptsError
from worldvpn_core.receipts.log import NAME, OTHER, SealedLog

BYTES = 64
HEADER = 26


def record(number: int) -> bytes:
    return number.to_bytes(4, "big") * (BYTES // 4)


def log(disk: CuttableDisk, key: bytes = KEY) -> SealedLog:
    return SealedLog(disk, key, BYTES)


def filled(disk: CuttableDisk, *numbers: int) -> SealedLog:
    made = log(disk)
    made.rewrite([record(each) for each in numbers])
    return made


def test_records_are_read_in_the_order_they_came() -> None:
    disk = CuttableDisk()
    made = filled(disk, 1)
    made.append([record(2), record(3)])
    assert log(disk).read() == (record(1), record(2), record(3))


def test_nothing_of_a_record_is_legible_on_disk() -> None:
    disk = CuttableDisk()
    filled(disk, 1).append([record(2)])
    assert not any(record(each)[:8] in disk.files[NAME] for each in (1, 2))


def test_same_record_looks_different_at_every_place_and_in_every_file() -> None:
    disk, again = CuttableDisk(), CuttableDisk()
    filled(disk, 1, 1)
    filled(again, 1, 1)
    sealed = {
        raw[HEADER + at * (BYTES + 16) :][: BYTES + 16]
        for raw in (disk.files[NAME], again.files[NAME])
        for at in (0, 1)
    }
    assert len(sealed) == 4


@given(st.data())
def test_flipped_bit_costs_its_record_and_no_other_is_made_of_it(data: st.DataObject) -> None:
    disk = CuttableDisk()
    filled(disk, 1, 2, 3)
    raw = bytearray(disk.files[NAME])
    at = data.draw(st.integers(8 * HEADER, 8 * len(raw) - 1))
    raw[at // 8] ^= 1 << at % 8
    found = log(CuttableDisk({NAME: bytes(raw)})).read()
    gone = (at // 8 - HEADER) // (BYTES + 16)
    assert found == tuple(record(each) for each in (1, 2, 3) if each != gone + 1)


def test_records_that_change_places_are_no_records() -> None:
    disk = CuttableDisk()
    filled(disk, 1, 2, 3)
    raw, size = disk.files[NAME], BYTES + 16
    head, first, second, third = (
        raw[:HEADER],
        *(raw[HEADER + size * at :][:size] for at in range(3)),
    )
    found = log(CuttableDisk({NAME: head + second + first + third})).read()
    assert found == (record(3),)


def test_file_of_another_key_is_set_aside_and_left_whole() -> None:
    disk = CuttableDisk()
    filled(disk, 1, 2)
    raw = disk.files[NAME]
    assert log(disk, b"o" * 32).read() == ()
    assert disk.files == {OTHER: raw}


def test_file_of_another_format_is_set_aside() -> None:
    disk = CuttableDisk({NAME: b"something else, and long enough to be a file of receipts"})
    assert log(disk).read() == ()
    assert list(disk.files) == [OTHER]


def _lives(disk: CuttableDisk, acts: list[Callable[[SealedLog], object]]) -> int:
    """Do ``acts`` until the disk fails; return how many were promised."""
    made = log(disk)
    for at, act in enumerate(acts):
        try:
            act(made)
        except (ReceiptsError, PowerCut):
            return at
    return len(acts)


ACTS: list[Callable[[SealedLog], object]] = [
    lambda made: made.rewrite([record(1)]),
    lambda made: made.append([record(2)]),
    lambda made: made.append([record(3), record(4)]),
    lambda made: made.rewrite([record(1), record(2), record(3), record(4)]),
    lambda made: made.append([record(5)]),
]
#: What must be there once so many acts were promised.
PROMISED = (0, 1, 2, 4, 4, 5)


def _steps() -> int:
    disk = CuttableDisk()
    assert _lives(disk, ACTS) == len(ACTS)
    return disk.steps


@pytest.mark.parametrize("fails_at", range(_steps()))
def test_power_cut_at_any_step_loses_nothing_that_was_promised(fails_at: int) -> None:
    disk = CuttableDisk()
    disk.fails_at = fails_at
    promised = PROMISED[_lives(disk, ACTS)]
    for found in disk.cut():
        read = log(found).read()
        assert read == tuple(record(each) for each in range(1, len(read) + 1))
        assert len(read) >= promised


def test_disk_that_only_says_that_it_synced_is_caught() -> None:
    disk = ForgetfulDisk()
    assert _lives(disk, ACTS) == len(ACTS)
    assert any(len(log(found).read()) < PROMISED[-1] for found in disk.cut())


@pytest.mark.parametrize("fails_at", range(_steps()))
def test_disk_that_refuses_at_any_step_is_asked_again_later(fails_at: int) -> None:
    disk = CuttableDisk()
    disk.failure = refusal
    disk.fails_at = fails_at
    made = log(disk)
    done: list[bytes] = []
    for number in (1, 2, 3):
        for _ in range(2):
            try:
                if made.is_sound:
                    made.append([record(number)])
                else:
                    made.rewrite([*done, record(number)])
            except ReceiptsError:
                disk.fails_at = None
            else:
                done.append(record(number))
                break
    assert log(disk).read() == (record(1), record(2), record(3)) == tuple(done)


def test_place_that_was_written_once_is_never_written_with_the_same_key_again() -> None:
    disk = CuttableDisk()
    made = filled(disk, 1)
    disk.failure, disk.fails_at = refusal, disk.steps + 6
    with pytest.raises(ReceiptsError):
        made.append([record(2)])
    torn = disk.files[NAME]
    disk.fails_at = None
    with pytest.raises(ReceiptsError):
        made.append([record(3)])
    made.rewrite([record(1), record(3)])
    assert len(torn) > HEADER + BYTES + 16
    assert disk.files[NAME][:HEADER] != torn[:HEADER]
