"""docs/receipts.md has the bytes as they are read: it is all that a stranger has."""

from __future__ import annotations

import re

import pytest

from tests.app.evidence.exports import session
from tests.meta.tree import ROOT

PAGE = (ROOT / "docs" / "receipts.md").read_text()
SESSION = session()


@pytest.mark.parametrize(
    ("what", "signed"), [("Ticket", SESSION.tickets[0]), ("Receipt", SESSION.node[0])]
)
def test_documented_fields_fill_the_record_without_a_gap(what: str, signed: bytes) -> None:
    told = re.search(rf"\*\*{what}\*\*, (\d+) bytes.*?\n\n(.*?)\n\n", PAGE, re.DOTALL)
    assert told is not None
    rows = [tuple(map(int, each)) for each in re.findall(r"\| (\d+) \| (\d+) \|", told[2])]
    ends = [at + length for at, length in rows]
    assert [at for at, _ in rows] == [0, *ends[:-1]]
    assert int(told[1]) == ends[-1] == len(signed)
