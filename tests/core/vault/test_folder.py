"""The real folder does what the vault's writes count on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.core.vault.power import CuttableDisk
from worldvpn_core.vault.folder import DiskFolder, Folder


@pytest.fixture(params=["disk", "cuttable"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    return DiskFolder(tmp_path) if request.param == "disk" else CuttableDisk()


def test_file_is_read_as_it_was_written_last(folder: Folder) -> None:
    assert folder.read("a", 10) is None
    folder.write("a", b"first and longer")
    folder.write("a", b"second")
    folder.sync("a")
    folder.sync(None)
    assert (folder.read("a", 100), folder.read("a", 3)) == (b"second", b"sec")


def test_renamed_file_takes_the_place_of_another(folder: Folder) -> None:
    folder.write("a", b"new")
    folder.write("b", b"old")
    folder.rename("a", "b")
    assert (folder.read("a", 10), folder.read("b", 10)) == (None, b"new")


def test_removed_file_is_gone_and_removing_it_again_is_no_error(folder: Folder) -> None:
    folder.write("a", b"x")
    folder.remove("a")
    folder.remove("a")
    assert folder.read("a", 10) is None


def test_file_made_by_others_is_narrowed_to_root_when_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    (tmp_path / "a").chmod(0o666)
    DiskFolder(tmp_path).write("a", b"x")
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600


def test_links_and_pipes_are_not_followed_nor_waited_for(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(tmp_path / "pipe")
    folder = DiskFolder(tmp_path)
    with pytest.raises(OSError, match="symbolic links"):
        folder.write("link", b"x")
    with pytest.raises(OSError, match="no regular file"):
        folder.read("pipe", 10)
    assert not (tmp_path / "elsewhere").exists()


def test_file_that_is_there_can_grow(tmp_path: Path) -> None:
    folder = DiskFolder(tmp_path)
    folder.write("it", b"begun")
    folder.append("it", b", continued")
    assert folder.read("it", 99) == b"begun, continued"
    with pytest.raises(FileNotFoundError):
        folder.append("another", b"x")
