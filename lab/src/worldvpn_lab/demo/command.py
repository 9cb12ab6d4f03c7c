"""``worldvpn demo``: arguments, progress, the answer, and an end that leaves nothing."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType
from typing import Final

from worldvpn_app.cli.exits import CommandError
from worldvpn_core.errors import WorldVpnError
from worldvpn_lab.demo import window
from worldvpn_lab.demo.findings import as_json, failures
from worldvpn_lab.demo.play import play
from worldvpn_lab.demo.table import table

#: Exit codes: all of it holds; something does not, or could not be tried; interrupted.
OK: Final = 0
FAILED: Final = 1
INTERRUPTED: Final = 130


def main(argv: list[str]) -> int:
    """Show the whole product working in a lab; return the exit code of ``worldvpn demo``."""
    parser = argparse.ArgumentParser(prog="worldvpn demo", description=main.__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--gui", action="store_true", help="open the app on the lab instead")
    options = parser.parse_args(argv)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        with tempfile.TemporaryDirectory(prefix="worldvpn-demo-") as directory:
            if options.gui:
                return window.play(Path(directory, "lab"), _tell)
            found = play(Path(directory, "lab"), _tell)
    except KeyboardInterrupt:
        sys.stderr.write("worldvpn demo: interrupted; everything was removed\n")
        return INTERRUPTED
    except (WorldVpnError, CommandError) as error:
        return _fail(error.code, str(error), as_json=options.json)
    sys.stdout.write(json.dumps(as_json(found)) + "\n" if options.json else table(found))
    return FAILED if any(failures(found)) else OK


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _tell(sentence: str) -> None:
    """Say what is being done, to a person who watches."""
    if sys.stderr.isatty():
        sys.stderr.write(f"· {sentence}\n")
        sys.stderr.flush()


def _fail(code: str, sentence: str, *, as_json: bool) -> int:
    if as_json:
        answer = {"ok": False, "error": {"code": code, "message": sentence}}
        sys.stdout.write(json.dumps(answer) + "\n")
    else:
        sys.stderr.write(f"worldvpn demo: {sentence}\n")
    return FAILED
