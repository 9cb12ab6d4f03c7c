"""``python -m worldvpn_app.evidence FILE [ROOT]``: check an export where nothing else runs."""

from __future__ import annotations

import sys
from pathlib import Path

from worldvpn_app.evidence.judge import judged
from worldvpn_app.evidence.report import lines


def main(arguments: list[str]) -> int:
    """Print what the file proves; 0 where nothing fails."""
    if not 1 <= len(arguments) <= 2:  # noqa: PLR2004 - the file, and the root where it is known
        sys.stderr.write("usage: python -m worldvpn_app.evidence FILE [ROOT-KEY-IN-HEX]\n")
        return 2
    root = bytes.fromhex(arguments[1]) if arguments[1:] else None
    judgement = judged(Path(arguments[0]).read_bytes(), root)
    sys.stdout.writelines(f"{line}\n" for line in lines(judgement))
    return 0 if judgement.is_sound else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
