"""What the terms remember survives, and a broken file stops nothing."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import attrs
import pytest

from worldvpn_core.share.banned import Ban, Bans
from worldvpn_core.share.daily import Daily
from worldvpn_core.share.kept import Kept, TermsFile
from worldvpn_core.share.terms import Pause

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
TODAY = NOW.date()
BAN = Ban(alias="ab" * 16, reason="ports", detail="it spoke", until=NOW + timedelta(days=1))
FULL = Kept(
    daily=Daily(day=TODAY, carried_bytes=123, quarters=(100, 0, 23)),
    pause=Pause(until=NOW, drains_until=NOW),
    bans=Bans((BAN,)),
)


@pytest.mark.parametrize(
    "kept",
    [
        FULL,
        attrs.evolve(FULL, pause=Pause()),
        attrs.evolve(FULL, pause=None),
        Kept(daily=Daily(day=date(2020, 1, 1))),
    ],
)
def test_what_was_saved_is_there_again(tmp_path: Path, kept: Kept) -> None:
    TermsFile(tmp_path / "sharing.json").save(kept)

    assert TermsFile(tmp_path / "sharing.json").load(TODAY) == kept


@pytest.mark.parametrize(
    "change",
    [
        {"version": 9},
        {"carried_bytes": -1},
        {"quarters": [1, -1]},
        {"quarters": [0] * 101},
        {"day": "yesterday"},
        {"paused_until": "2026-06-01T00:00:00"},
        {"banned": [{"alias": "x"}]},
        {"more": 1},
    ],
)
def test_a_file_that_cannot_be_read_is_set_aside(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "sharing.json"
    TermsFile(path).save(FULL)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))

    assert TermsFile(path).load(TODAY) == Kept(daily=Daily(day=TODAY))
    assert path.with_name("sharing.json.broken").exists()


def test_a_disk_that_takes_nothing_is_tried_again(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.write_text("in the way")
    file = TermsFile(folder / "sharing.json")
    file.save(FULL)
    folder.unlink()
    file.save(FULL)

    assert file.load(TODAY) == FULL
