"""Keys of nodes: pinned on first use, changes told, the file versioned, atomic and bounded."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.central.pins import MOST_NODES, KnownNodes, Pinned, Sight

_NODE = "0192f7a0-1b2c-7def-8abc-0123456789ab"
_KEY, _OTHER = bytes(range(32)), bytes(32)
_DAY_S = 86_400


def _opened(path: Path) -> KnownNodes:
    known = KnownNodes(path)
    known.load()
    assert known.notice is None
    return known


def _id(number: int) -> str:
    return str(UUID(int=number))


def test_key_is_pinned_on_first_use_and_known_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "known-nodes.json"

    assert _opened(path).seen(_NODE, _KEY, 1_000) == Sight(pinned=Pinned.NEW, since_s=1_000)
    assert _opened(path).seen(_NODE, _KEY, 2_000) == Sight(pinned=Pinned.SAME, since_s=1_000)


def test_changed_key_is_told_every_time_until_it_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "known-nodes.json"
    known = _opened(path)
    known.seen(_NODE, _KEY, 1_000)
    changed = Sight(pinned=Pinned.CHANGED, since_s=1_000)

    assert known.seen(_NODE, _OTHER, 2_000) == changed
    assert _opened(path).seen(_NODE, _OTHER, 3_000) == changed

    known.accept(_NODE, _OTHER, 4_000)
    assert _opened(path).seen(_NODE, _OTHER, 5_000) == Sight(pinned=Pinned.SAME, since_s=4_000)
    assert _opened(path).seen(_NODE, _KEY, 5_000).pinned is Pinned.CHANGED


def test_file_is_readable_by_root_alone(tmp_path: Path) -> None:
    _opened(tmp_path / "state" / "known-nodes.json").seen(_NODE, _KEY, 1_000)

    assert (tmp_path / "state" / "known-nodes.json").stat().st_mode & 0o777 == 0o600


def test_being_seen_again_soon_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "known-nodes.json"
    known = _opened(path)
    known.seen(_NODE, _KEY, 1_000)
    path.unlink()

    known.seen(_NODE, _KEY, 1_060)
    assert not path.exists()

    known.seen(_NODE, _KEY, _DAY_S)
    assert [each.last_seen_s for each in _opened(path).all()] == [_DAY_S]


def test_nodes_not_seen_for_longest_go_when_there_are_too_many(tmp_path: Path) -> None:
    path = tmp_path / "known-nodes.json"
    lines = [
        {"node_id": _id(number), "x25519": _KEY.hex(), "first_seen_s": 5, "last_seen_s": number}
        for number in range(MOST_NODES)
    ]
    path.write_text(json.dumps({"version": 1, "nodes": lines}))

    _opened(path).seen(_NODE, _KEY, MOST_NODES)

    left = {each.node_id for each in _opened(path).all()}
    assert len(left) == MOST_NODES
    assert (_id(0) in left, _id(1) in left, _NODE in left) == (False, True, True)


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "null", "\x00", '{"version": 2, "nodes": []}', '{"version": 1}'),
        *('{"version": 1, "nodes": [], "more": 1}', "[" * 99_999),
        '{"version": 1, "nodes": [{"node_id": 1}]}',
        json.dumps(
            {
                "version": 1,
                "nodes": [
                    {"node_id": _NODE, "x25519": "00", "first_seen_s": 1, "last_seen_s": 1},
                ],
            }
        ),
    ],
)
def test_broken_file_is_set_aside_with_a_notice(tmp_path: Path, text: str) -> None:
    path = tmp_path / "known-nodes.json"
    path.write_text(text)
    known = KnownNodes(path)
    known.load()

    assert known.notice is not None
    assert path.with_name("known-nodes.json.broken").read_text() == text
    assert known.seen(_NODE, _KEY, 1_000).pinned is Pinned.NEW


@given(st.text())
def test_no_file_content_ever_raises(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("known") / "known-nodes.json"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    known = KnownNodes(path)

    known.load()

    assert known.all() == ()


def test_pin_holds_in_memory_where_it_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    known = KnownNodes(tmp_path / "taken" / "known-nodes.json")

    known.seen(_NODE, _KEY, 1_000)

    assert known.notice is not None
    assert known.seen(_NODE, _OTHER, 1_001).pinned is Pinned.CHANGED


@pytest.mark.parametrize(("node", "key"), [("DE", _KEY), (_NODE.upper(), _KEY), (_NODE, b"short")])
def test_what_is_no_node_or_no_key_is_never_pinned(tmp_path: Path, node: str, key: bytes) -> None:
    known = _opened(tmp_path / "known-nodes.json")

    with pytest.raises(ValueError, match=r"must be|Length"):
        known.seen(node, key, 1_000)
    assert known.all() == ()
