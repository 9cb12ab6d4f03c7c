"""Runs one change of a folder of keys and ends like a power cut before the n-th file operation.

    python killed_at.py open|rotate|compromise FOLDER ROOT N

Exits with 9 when it was killed, with 0 when there were fewer operations.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from worldvpn_core.credit.manifest import Use
from worldvpn_server.keys.ring import KeyRing
from worldvpn_server.keys.rotate import compromise, rotate

_STEPS = {"os.rename", "os.remove", "os.mkdir"}
_left = int(sys.argv[4])


class FixedClock:
    def now(self) -> datetime:
        return datetime(2027, 1, 4, 12, tzinfo=UTC)


def _count(event: str, arguments: tuple[object, ...]) -> None:
    global _left  # noqa: PLW0603 - an audit hook is of the process
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_ACCMODE
    ours = writes and str(arguments[0]).startswith(sys.argv[2])
    if ours or event in _STEPS:
        _left -= 1
        if _left < 0:
            os._exit(9)


folder, root = Path(sys.argv[2]), Path(sys.argv[3])
sys.addaudithook(_count)
if sys.argv[1] == "open":
    KeyRing.open(folder, FixedClock())
elif sys.argv[1] == "rotate":
    rotate(folder, root, FixedClock())
else:
    revoked = KeyRing.open(folder, FixedClock()).signer(Use.TOKEN).kid
    compromise(folder, root, FixedClock(), Use.TOKEN, revoked)
