"""``python -m worldvpn_app.evidence FILE [ROOT]``: check an export where nothing else runs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from worldvpn_app.evidence.file import MOST_BYTES
from worldvpn_app.evidence.judge import judged
from worldvpn_app.evidence.report import lines


def main(arguments: list[str]) -> int:
    """Print what the file proves; 0 where nothing fails."""
    parser = argparse.ArgumentParser(
        prog="python -m worldvpn_app.evidence",
        description="Check exported receipts, without daemon or network.",
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("root", nargs="?", type=bytes.fromhex, help="the root key you know, in hex")
    options = parser.parse_args(arguments)
    try:
        with options.file.open("rb") as opened:
            judgement = judged(opened.read(MOST_BYTES + 1), options.root)
    except OSError as error:
        parser.error(f"{options.file}: {error.strerror}")
    sys.stdout.writelines(f"{line}\n" for line in lines(judgement))
    return 0 if judgement.is_sound else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
