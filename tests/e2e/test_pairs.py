"""Which pairs of routers guest and node come through: the table, on real packets."""

from __future__ import annotations

from pathlib import Path

from worldvpn_lab.nat import Kind
from worldvpn_lab.pairs import Row, drawing, expected, tried


def test_every_pair_of_routers_comes_through_as_it_must(tmp_path: Path) -> None:
    assert tried(tmp_path / "lab") == expected()


def test_table_says_yes_or_no_of_each_pair() -> None:
    row = Row(node="a router", means="hole", guests=dict.fromkeys(Kind, True))

    assert drawing((row,)).splitlines()[1].split() == ["a", "router", "hole", "yes", "yes", "yes"]
