"""What tunnels have shown outlives the daemon, root's alone, and a broken file stops nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.central.tried import KEPT_S, MOST_TRIED, Measured
from worldvpn_core.central.tried_nodes import TriedNodes

_NOW_S: Final = 1_800_000_000


def _id(number: int) -> str:
    return str(UUID(int=number))


def _opened(path: Path) -> TriedNodes:
    nodes = TriedNodes(path)
    nodes.load()
    return nodes


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "tried.json"


def _line(number: int) -> dict[str, object]:
    return {
        "node_id": _id(number),
        "tried_s": _NOW_S - number,
        "failing_percent": 0,
        "latency_us": 20_000,
        "measured_s": _NOW_S - number,
    }


def _written(path: Path, **changes: object) -> str:
    text = json.dumps({"version": 1, "nodes": [_line(1)], **changes})
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return text


def test_what_was_shown_is_known_after_a_restart(path: Path) -> None:
    nodes = _opened(path)
    nodes.answered(_id(1), 20_000, _NOW_S)
    nodes.answered(_id(1), 30_000, _NOW_S)
    nodes.failed(_id(2), _NOW_S + 1)
    nodes.save()

    assert _opened(path).measured(_NOW_S + 1) == (
        Measured(node_id=_id(2), failing_percent=30),
        Measured(node_id=_id(1), latency_us=23_000),
    )


def test_file_is_readable_by_root_alone(path: Path) -> None:
    nodes = _opened(path)
    nodes.answered(_id(1), 20_000, _NOW_S)
    nodes.save()

    assert path.stat().st_mode & 0o777 == 0o600


def test_what_is_too_old_counts_no_more_and_is_written_no_more(path: Path) -> None:
    nodes = _opened(path)
    nodes.answered(_id(1), 20_000, _NOW_S)
    nodes.answered(_id(2), 30_000, _NOW_S + KEPT_S)

    assert len(nodes.measured(_NOW_S + KEPT_S)) == 2
    assert [each.node_id for each in nodes.measured(_NOW_S + KEPT_S + 1)] == [_id(2)]

    nodes.answered(_id(3), 40_000, _NOW_S + KEPT_S + 1)
    nodes.save()
    assert _id(1) not in path.read_text()


def test_one_node_too_many_takes_the_place_of_the_one_not_tried_for_longest(path: Path) -> None:
    _written(path, nodes=[_line(number) for number in range(1, MOST_TRIED + 1)])
    nodes = _opened(path)

    nodes.answered(_id(9_999), 20_000, _NOW_S)

    left = {each.node_id for each in nodes.measured(_NOW_S)}
    assert len(left) == MOST_TRIED
    assert (_id(9_999) in left, _id(MOST_TRIED) in left) == (True, False)


def test_nothing_is_left_of_what_was_forgotten(path: Path) -> None:
    nodes = _opened(path)
    nodes.answered(_id(1), 20_000, _NOW_S)
    nodes.save()

    assert nodes.forget()
    nodes.save()

    assert (nodes.measured(_NOW_S), path.exists()) == ((), False)
    assert not nodes.forget()
    nodes.save()


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 2},
        {"nodes": None},
        {"nodes": [{**_line(1), "node_id": "DE"}]},
        {"nodes": [{**_line(1), "latency_us": -1}]},
        {"nodes": [{**_line(1), "latency_us": 20.5}]},
        {"nodes": [{**_line(1), "failing_percent": 101}]},
        {"nodes": [{**_line(1), "more": 1}]},
        {"nodes": [_line(number) for number in range(MOST_TRIED + 1)]},
        {"more": 1},
    ],
    ids=str,
)
def test_file_that_makes_no_sense_counts_for_nothing_and_is_replaced(
    path: Path, changes: dict[str, object]
) -> None:
    _written(path)
    assert _opened(path).measured(_NOW_S) == (Measured(node_id=_id(1), latency_us=20_000),)
    _written(path, **changes)

    nodes = _opened(path)
    assert nodes.measured(_NOW_S) == ()
    nodes.answered(_id(2), 30_000, _NOW_S)
    nodes.save()

    assert [each.node_id for each in _opened(path).measured(_NOW_S)] == [_id(2)]


@given(st.text() | st.sampled_from(["[" * 9_999, '{"version": 1}', "null", "\x00"]))
def test_no_file_content_ever_raises(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("tried") / "tried.json"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")

    assert _opened(path).measured(_NOW_S) == ()


def test_disk_that_refuses_costs_only_what_a_restart_would_have_known(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    nodes = _opened(tmp_path / "taken" / "tried.json")
    nodes.answered(_id(1), 20_000, _NOW_S)

    nodes.save()

    assert nodes.measured(_NOW_S) == (Measured(node_id=_id(1), latency_us=20_000),)


def test_clock_that_was_wrong_for_long_leaves_nothing_that_never_ages(path: Path) -> None:
    nodes = _opened(path)
    nodes.answered(_id(1), 20_000, _NOW_S + 10 * KEPT_S)

    assert nodes.measured(_NOW_S) == ()
    nodes.answered(_id(1), 30_000, _NOW_S)

    assert nodes.measured(_NOW_S) == (Measured(node_id=_id(1), latency_us=30_000),)
