"""worldvpnd: the small root process that decides and enforces.

Exit status: 0 stopped or reset; 1 a part failed or another daemon runs; 2 wrong use;
4 not root.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import logging
import os
import signal
import stat
import sys
from pathlib import Path

from worldvpn_core import dumps
from worldvpn_core.compose import Daemon
from worldvpn_core.config import read_config
from worldvpn_core.errors import WorldVpnError
from worldvpn_core.system import Places, load_system
from worldvpn_core.undo import undo

_log = logging.getLogger("worldvpnd")


def main(argv: list[str] | None = None) -> int:
    """Run the daemon, or ``reset`` this host; see ``worldvpnd --help``."""
    options = _parser().parse_args(argv)
    if os.geteuid() != 0:
        return _fail(4, "worldvpnd changes this host's network: start it as root")
    os.umask(0o077)
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    places = Places(config=options.config, state=options.state_dir, run=options.run_dir)
    try:
        # A core dump would hold keys (docs/security.md, promise 5).
        dumps.forbid()
        for directory, mode in ((places.state, 0o700), (places.run, 0o755)):
            _own(directory, mode)
        if options.command == "reset":
            return asyncio.run(_reset(places, as_json=options.json))
        return asyncio.run(_serve(places))
    except WorldVpnError as error:
        return _fail(1, str(error))
    except OSError as error:
        return _fail(1, f"worldvpnd cannot start: {error}")


async def _serve(places: Places) -> int:
    config = read_config(places.config)
    daemon = Daemon(config, places, load_system(config, places))
    # What is here now stays: looking through it for garbage would hold up a connect for 10 ms.
    gc.collect()
    gc.freeze()
    serving = asyncio.create_task(daemon.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, serving.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await serving
    return 0


async def _reset(places: Places, *, as_json: bool) -> int:
    said = await undo(load_system(read_config(places.config), places), places)
    failed = any(line.startswith("not undone") for line in said)
    text = json.dumps({"undone": said}) if as_json else "\n".join(said)
    sys.stdout.write(text + "\n")
    return 1 if failed else 0


def _own(directory: Path, mode: int) -> None:
    """Make ``directory`` be there with ``mode``; one that is so may be on a read-only disk."""
    directory.mkdir(parents=True, exist_ok=True)
    if stat.S_IMODE(directory.stat().st_mode) != mode:
        directory.chmod(mode)


def _parser() -> argparse.ArgumentParser:
    places = Places()
    parser = argparse.ArgumentParser(prog="worldvpnd", description=__doc__)
    parser.add_argument("command", nargs="?", choices=("run", "reset"), default="run")
    parser.add_argument("--config", type=Path, default=places.config)
    parser.add_argument("--state-dir", type=Path, default=places.state)
    parser.add_argument("--run-dir", type=Path, default=places.run)
    parser.add_argument("--json", action="store_true", help="reset: print one JSON object")
    parser.add_argument("--verbose", action="store_true", help="log more")
    return parser


def _fail(status: int, sentence: str) -> int:
    sys.stderr.write(f"worldvpnd: {sentence}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
