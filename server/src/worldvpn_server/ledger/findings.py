"""What an audit found, in words; bounded, for one fault can show at every journal after it."""

from __future__ import annotations

from typing import Final

import attrs

_MOST_OF_A_KIND: Final = 20


@attrs.define(eq=False)
class Findings:
    """Sentences by kind, the first ones of each."""

    _counts: dict[str, int] = attrs.field(factory=dict, init=False)
    _lines: list[str] = attrs.field(factory=list, init=False)

    def add(self, kind: str, line: str) -> None:
        """Take note of ``line``, unless there are many of its ``kind`` already."""
        count = self._counts[kind] = self._counts.get(kind, 0) + 1
        if count <= _MOST_OF_A_KIND:
            self._lines.append(f"{kind}: {line}")

    def lines(self) -> tuple[str, ...]:
        """Return all sentences, and how many of each kind were left out."""
        more = (
            f"{kind}: {count - _MOST_OF_A_KIND} more"
            for kind, count in self._counts.items()
            if count > _MOST_OF_A_KIND
        )
        return (*self._lines, *more)
