"""What a node keeps of itself and of its sessions survives a restart, and nothing else does."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.credit.admission import Counted
from worldvpn_core.errors import ConfigError
from worldvpn_core.share.registered import Hosted, NodeFile

PRIVATE = bytes(range(32))


def hosted(number: int = 1, expires_s: int = 2_000) -> Hosted:
    counted = Counted(
        session=UUID(int=number),
        ticket=bytes([number]) * 32,
        cap_bytes=1_000 + number,
        guest_x25519=b"g" * 32,
        guest_ed25519=b"G" * 32,
        carried_bytes=number,
    )
    return Hosted(counted=counted, ed25519_private=PRIVATE, expires_s=expires_s)


def name(number: int) -> str:
    return str(UUID(int=number))


def opened(path: Path) -> NodeFile:
    made = NodeFile(path)
    made.load()
    return made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "node.json"


def test_the_nodes_id_is_drawn_once_and_kept(path: Path) -> None:
    drawn = opened(path).node_id

    assert opened(path).node_id == drawn
    assert opened(path).uuid == UUID(drawn)


def test_two_nodes_have_two_ids(tmp_path: Path) -> None:
    assert opened(tmp_path / "a").node_id != opened(tmp_path / "b").node_id


def test_what_was_counted_is_read_again_after_a_restart(path: Path) -> None:
    file = opened(path)
    file.keep(name(1), hosted(), 1_000)
    again = opened(path)

    assert again.get(name(1)) == hosted()
    assert again.node_id == file.node_id
    assert again.get(name(2)) is None


def test_sessions_that_expired_are_forgotten_when_another_is_kept(path: Path) -> None:
    file = opened(path)
    file.keep(name(1), hosted(1, expires_s=2_000), 1_000)
    file.keep(name(2), hosted(2, expires_s=3_000), 1_999)
    assert file.get(name(1)) == hosted(1, expires_s=2_000)
    file.keep(name(3), hosted(3, expires_s=3_000), 2_000)

    assert [opened(path).get(name(number)) is None for number in (1, 2, 3)] == [True, False, False]


def test_the_file_is_readable_by_root_alone_and_its_key_is_never_shown(path: Path) -> None:
    opened(path).keep(name(1), hosted(), 1_000)

    assert path.stat().st_mode & 0o777 == 0o600
    assert repr(PRIVATE) not in repr(hosted())


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", '{"version": 1}', '{"version": 1, "node_id": "me"}'),
        json.dumps({"version": 9, "node_id": name(1), "sessions": []}),
        json.dumps({"version": 1, "node_id": name(1), "sessions": [{}]}),
        json.dumps({"version": 1, "node_id": 7, "sessions": []}),
        *(json.dumps({"version": 1, "node_id": name(1), "sessions": [], "more": 1}), "[" * 99_999),
    ],
)
def test_a_broken_file_is_set_aside_and_the_node_is_another_one(tmp_path: Path, text: str) -> None:
    path = tmp_path / "node.json"
    path.write_text(text)
    file = opened(path)

    assert (tmp_path / "node.json.broken").read_text() == text
    assert not path.exists()
    assert file.node_id != name(1)
    assert opened(path).node_id == file.node_id


@pytest.mark.parametrize("field", ["ticket", "guest_x25519", "guest_ed25519"])
def test_a_session_with_a_key_that_is_none_sets_the_file_aside(path: Path, field: str) -> None:
    opened(path).keep(name(1), hosted(), 1_000)
    raw = json.loads(path.read_text())
    raw["sessions"][0][field] = "00"
    path.write_text(json.dumps(raw))

    assert opened(path).get(name(1)) is None
    assert path.with_name("node.json.broken").exists()


def test_what_cannot_be_saved_is_told_and_not_taken_for_kept(tmp_path: Path) -> None:
    path = tmp_path / "state" / "node.json"
    file = opened(path)
    file.keep(name(1), hosted(), 1_000)
    path.unlink()
    path.mkdir()

    with pytest.raises(ConfigError, match="could not be saved"):
        file.keep(name(2), hosted(2), 1_000)
    assert file.get(name(2)) is None
    assert file.get(name(1)) == hosted()


@given(st.text(max_size=200))
def test_no_text_makes_reading_fail(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("node") / "node.json"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")

    assert opened(path).get(name(1)) is None


def test_a_newer_count_replaces_the_one_before(path: Path) -> None:
    file = opened(path)
    file.keep(name(1), hosted(), 1_000)
    more = attrs.evolve(hosted(), expires_s=4_000)
    file.keep(name(1), more, 1_000)

    assert opened(path).get(name(1)) == more


def test_the_newest_manifest_of_each_root_is_remembered_and_never_goes_back(path: Path) -> None:
    file = opened(path)
    file.saw(b"r" * 32, 7)
    file.saw(b"r" * 32, 6)
    file.keep(name(1), hosted(), 1_000)
    again = opened(path)

    assert (again.seen_version(b"r" * 32), again.seen_version(b"s" * 32)) == (7, 0)
    assert again.get(name(1)) == hosted()


def test_a_manifest_that_cannot_be_remembered_is_told(path: Path) -> None:
    file = opened(path)
    assert file.node_id
    path.unlink()
    path.mkdir()

    with pytest.raises(ConfigError):
        file.saw(b"r" * 32, 7)
    assert file.seen_version(b"r" * 32) == 0
