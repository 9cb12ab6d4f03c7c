"""Files the server has signed are kept by name and size, and never cost more than a fetch."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.central import shelf as module
from worldvpn_core.central.shelf import MOST_BYTES, MOST_FILES, Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "central")


def test_what_was_kept_is_there_after_a_restart(shelf: Shelf, tmp_path: Path) -> None:
    shelf.keep("manifest", b"one")
    shelf.keep("manifest", b"two")
    shelf.keep("delta-7.cbor", b"\x00\xff")
    again = Shelf(tmp_path / "central")

    assert again.all() == {"manifest": b"two", "delta-7.cbor": b"\x00\xff"}
    assert again.get("manifest") == b"two"
    assert again.get("other") is None


def test_nothing_is_kept_before_something_was(shelf: Shelf) -> None:
    assert shelf.all() == {}
    assert shelf.get("manifest") is None


def test_empty_file_forgets_and_forgets_again(shelf: Shelf) -> None:
    shelf.keep("manifest", b"one")

    shelf.keep("manifest", b"")
    shelf.keep("manifest", b"")

    assert shelf.all() == {}


def test_files_are_readable_by_root_alone(shelf: Shelf, tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        shelf.keep("manifest", b"one")
    finally:
        os.umask(old)

    folder = tmp_path / "central"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "manifest").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../out", "a/b", "/etc/passwd", ".hidden", "a\x00b", "a\n", "x" * 65, "ü"],
)
def test_name_that_leads_elsewhere_is_not_kept(shelf: Shelf, tmp_path: Path, name: str) -> None:
    shelf.keep("manifest", b"one")

    shelf.keep(name, b"two")
    shelf.keep(name, b"")

    assert shelf.all() == {"manifest": b"one"}
    assert [path.name for path in tmp_path.iterdir()] == ["central"]


@given(st.text(max_size=80), st.binary(min_size=1, max_size=8))
def test_no_name_writes_outside_or_raises(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: bytes
) -> None:
    folder = tmp_path_factory.mktemp("shelf")
    shelf = Shelf(folder / "central")

    shelf.keep(name, data)

    assert {path.name for path in folder.iterdir()} <= {"central"}
    assert shelf.all() in ({}, {name: data})
    assert shelf.get(name) in (None, data)


def test_file_that_is_too_large_is_not_kept(shelf: Shelf) -> None:
    shelf.keep("whole", bytes(MOST_BYTES))
    shelf.keep("more", bytes(MOST_BYTES + 1))

    assert {name: len(data) for name, data in shelf.all().items()} == {"whole": MOST_BYTES}


def test_no_more_files_are_kept_than_may_be_but_those_there_are_renewed(shelf: Shelf) -> None:
    for number in range(MOST_FILES + 1):
        shelf.keep(f"file-{number:03}", b"one")

    shelf.keep("file-000", b"two")

    assert len(shelf.all()) == MOST_FILES
    assert shelf.get(f"file-{MOST_FILES:03}") is None
    assert shelf.get("file-000") == b"two"


def test_full_disk_leaves_what_was_kept(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.keep("manifest", b"one")

    def full(_path: Path, _content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_atomically", full)
    shelf.keep("manifest", b"two")

    assert shelf.all() == {"manifest": b"one"}


def test_what_cannot_be_read_or_is_none_of_ours_is_passed_over(
    shelf: Shelf, tmp_path: Path
) -> None:
    shelf.keep("manifest", b"one")
    (tmp_path / "central" / "folder").mkdir()
    (tmp_path / "central" / ".hidden").write_bytes(b"x")

    assert shelf.all() == {"manifest": b"one"}
    assert shelf.get("folder") is None


def test_file_in_place_of_the_folder_costs_a_fetch_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "central").write_bytes(b"")
    shelf = Shelf(tmp_path / "central")

    shelf.keep("manifest", b"one")

    assert (shelf.all(), shelf.get("manifest")) == ({}, None)
