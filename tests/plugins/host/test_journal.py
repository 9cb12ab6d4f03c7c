"""The journal's file: what damage it takes, and what a full disk does."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.contracts import Change, JournalRecord
from worldvpn_core.errors import JournalError
from worldvpn_core.testing.host_contract import RECORD
from worldvpn_host.journal import FileJournal, encode, newest

RECORDS = st.builds(
    JournalRecord,
    profile_id=st.none() | st.text(max_size=64),
    partial=st.booleans(),
    paused_until_utc=st.none() | st.datetimes(timezones=st.just(UTC)),
    changes=st.lists(
        st.builds(
            Change,
            kind=st.text(max_size=8),
            name=st.text(max_size=40),
            old=st.none() | st.text(max_size=40),
        ),
        max_size=4,
    ).map(tuple),
)


@given(RECORDS)
def test_a_record_is_read_as_it_was_written(record: JournalRecord) -> None:
    assert newest(encode(record)) == record


@given(RECORDS, RECORDS, st.data())
def test_a_record_cut_off_leaves_the_one_before_it(
    first: JournalRecord, second: JournalRecord, data: st.DataObject
) -> None:
    whole, torn = encode(first), encode(second)
    kept = data.draw(st.integers(0, len(torn) - 1))
    assert newest(whole + b"\n" + torn[:kept]) == first


@given(RECORDS, RECORDS, st.binary(max_size=60))
def test_what_a_crash_cut_off_does_not_swallow_the_next_record(
    first: JournalRecord, second: JournalRecord, garbage: bytes
) -> None:
    assert newest(encode(first) + garbage + b"\n" + encode(second)) == second


@given(st.binary(max_size=300))
def test_garbage_is_no_record(garbage: bytes) -> None:
    assert newest(garbage) is None


@given(RECORDS, st.data())
def test_a_record_with_a_changed_byte_is_no_record(
    record: JournalRecord, data: st.DataObject
) -> None:
    line = bytearray(encode(record))
    position = data.draw(st.integers(0, len(line) - 1))
    line[position] ^= data.draw(st.integers(1, 255))
    assert newest(bytes(line)) is None


@pytest.mark.anyio
class TestFile:
    async def test_it_is_its_owners_alone(self, tmp_path: Path) -> None:
        await FileJournal(tmp_path / "journal").begin(RECORD)
        assert (tmp_path / "journal").stat().st_mode & 0o777 == 0o600

    async def test_it_does_not_grow_without_end(self, tmp_path: Path) -> None:
        journal = FileJournal(tmp_path / "journal")
        for _ in range(400):
            await journal.begin(RECORD)
        assert journal.pending() == RECORD
        assert (tmp_path / "journal").stat().st_size < 70_000

    async def test_it_is_empty_once_all_is_undone(self, tmp_path: Path) -> None:
        journal = FileJournal(tmp_path / "journal")
        await journal.begin(RECORD)
        await journal.end()
        assert (tmp_path / "journal").read_bytes() == b""

    async def test_a_torn_end_of_file_is_written_past(self, tmp_path: Path) -> None:
        (tmp_path / "journal").write_bytes(encode(RECORD)[:-9])
        journal = FileJournal(tmp_path / "journal")
        await journal.begin(RECORD)
        assert journal.pending() == RECORD

    async def test_a_place_that_cannot_be_written_is_named(self, tmp_path: Path) -> None:
        journal = FileJournal(tmp_path / "missing" / "journal")
        with pytest.raises(JournalError, match="missing/journal"):
            await journal.begin(RECORD)

    async def test_a_journal_that_cannot_be_read_is_no_empty_one(self, tmp_path: Path) -> None:
        (tmp_path / "journal").mkdir()
        with pytest.raises(JournalError, match="cannot read"):
            FileJournal(tmp_path / "journal").pending()


FULL_DISK = """
import asyncio, sys
from pathlib import Path
from worldvpn_core.contracts import Change, JournalRecord
from worldvpn_core.errors import JournalError
from worldvpn_host.journal import FileJournal

async def main():
    root = Path(sys.argv[1])
    journal = FileJournal(root / "journal")
    await journal.begin(JournalRecord(profile_id="first"))
    size = (root / "journal").stat().st_size
    big = JournalRecord(profile_id="x" * 20_000, changes=(Change(kind="k", name="n"),))
    try:
        await journal.begin(big)
    except JournalError as error:
        print(error)
    print((root / "journal").stat().st_size - size, journal.pending().profile_id)
    await journal.end()
    print(journal.pending())

asyncio.run(main())
"""


def test_a_full_disk_refuses_the_record_keeps_the_old_one_and_lets_it_end(tmp_path: Path) -> None:
    mount = f"mount -t tmpfs -o size=8k tmpfs {tmp_path} && exec {sys.executable} -c '{FULL_DISK}'"
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", f"{mount} {tmp_path}"],
        check=True,
        capture_output=True,
        text=True,
    )
    refused, kept, ended = done.stdout.splitlines()
    assert "No space left on device" in refused
    assert (kept, ended) == ("0 first", "None")
