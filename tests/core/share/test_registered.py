"""What a node keeps of itself and of its sessions survives a restart, and nothing else does."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from uuid import UUID

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.credit.admission import Counted
from worldvpn_core.errors import ConfigError
from worldvpn_core.share.registered import Hosted, NodeFile, Owner

PRIVATE = bytes(range(32))
ADA = Owner(root_key=b"r" * 32, user_id="ada's")
BOB = Owner(root_key=b"r" * 32, user_id="bob's")
ADA_ELSEWHERE = Owner(root_key=b"s" * 32, user_id="ada's")


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
    drawn = opened(path).node_id(ADA)

    assert opened(path).node_id(ADA) == drawn == str(UUID(drawn))


def test_two_nodes_have_two_ids(tmp_path: Path) -> None:
    assert opened(tmp_path / "a").node_id(ADA) != opened(tmp_path / "b").node_id(ADA)


def test_another_account_has_another_id_and_the_first_one_gets_its_own_back(path: Path) -> None:
    ids = [opened(path).node_id(owner) for owner in (ADA, BOB, ADA_ELSEWHERE)]

    assert len({*ids}) == 3
    assert [opened(path).node_id(owner) for owner in (ADA, BOB, ADA_ELSEWHERE)] == ids


def test_nobody_has_an_id_before_it_is_drawn(path: Path) -> None:
    file = opened(path)
    file.node_id(ADA)

    assert [file.find(owner) for owner in (ADA, BOB, None)] == [file.node_id(ADA), None, None]


@given(st.lists(st.sampled_from([ADA, BOB, ADA_ELSEWHERE]), max_size=12))
def test_whoever_comes_and_goes_finds_their_own_id(
    tmp_path_factory: pytest.TempPathFactory, owners: list[Owner]
) -> None:
    path = tmp_path_factory.mktemp("node") / "node.json"
    found: dict[Owner, set[str]] = {}
    for owner in owners:
        found.setdefault(owner, set()).add(opened(path).node_id(owner))

    assert {len(ids) for ids in found.values()} <= {1}
    assert len({*itertools.chain(*found.values())}) == len(found)


def test_the_id_of_an_older_file_is_the_first_accounts_and_its_sessions_are_kept(
    path: Path,
) -> None:
    opened(path).keep(name(1), hosted(), 1_000)
    raw = json.loads(path.read_text())
    del raw["nodes"]
    path.write_text(json.dumps({**raw, "node_id": name(7)}))
    before = opened(path).find(ADA)
    opened(path).saw(b"r" * 32, 7)
    ids = [opened(path).node_id(owner) for owner in (ADA, BOB, ADA)]

    assert (before, ids[0], ids[2]) == (name(7),) * 3
    assert ids[1] != name(7)
    assert opened(path).get(name(1)) == hosted()


def test_what_was_counted_is_read_again_after_a_restart(path: Path) -> None:
    file = opened(path)
    file.keep(name(1), hosted(), 1_000)
    again = opened(path)

    assert again.get(name(1)) == hosted()
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
        *("", "{", "[]", "null", "{}", '{"version": 1, "node_id": "me"}'),
        json.dumps({"version": 9, "node_id": name(1), "sessions": []}),
        json.dumps({"version": 1, "node_id": name(1), "sessions": [{}]}),
        json.dumps({"version": 1, "node_id": 7, "sessions": []}),
        *(json.dumps({"version": 1, "node_id": name(1), "sessions": [], "more": 1}), "[" * 99_999),
        json.dumps({"version": 1, "nodes": [{"root": "r", "user": "ada's", "node_id": name(1)}]}),
        json.dumps({"version": 1, "nodes": [{"root": "00", "user": "ada's", "node_id": "me"}]}),
    ],
)
def test_a_broken_file_is_set_aside_and_the_node_is_another_one(tmp_path: Path, text: str) -> None:
    path = tmp_path / "node.json"
    path.write_text(text)
    file = opened(path)

    assert (tmp_path / "node.json.broken").read_text() == text
    assert not path.exists()
    assert file.node_id(ADA) != name(1)
    assert opened(path).node_id(ADA) == file.node_id(ADA)


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
    assert file.node_id(ADA)
    path.unlink()
    path.mkdir()

    with pytest.raises(ConfigError):
        file.saw(b"r" * 32, 7)
    assert file.seen_version(b"r" * 32) == 0
