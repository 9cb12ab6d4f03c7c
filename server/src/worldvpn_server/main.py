"""The ``worldvpn-server`` command."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import Final

from worldvpn_server.clock import SystemClock
from worldvpn_server.config import ServerConfig
from worldvpn_server.errors import StartError
from worldvpn_server.operations import arguments, commands, logs, supervisor, welcome

#: sysexits(3).
_EX_USAGE: Final = 64
_EX_UNAVAILABLE: Final = 69
_EX_SOFTWARE: Final = 70
_INTERRUPTED: Final = 130


def main(words: Sequence[str] | None = None) -> int:
    """Run what was typed; return the exit status."""
    try:
        said, config = arguments.read(sys.argv[1:] if words is None else words)
    except arguments.UsageError as error:
        _complain(str(error))
        return _EX_USAGE
    logs.set_up()
    try:
        if said.command is not None:
            return asyncio.run(commands.run(said, config))
        return _serve(config)
    except StartError as error:
        _complain(str(error))
        return _EX_UNAVAILABLE
    except KeyboardInterrupt:
        return _INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last line of defence: a sentence, no trace of values
        logs.fault(error)
        return _EX_SOFTWARE


def _serve(config: ServerConfig) -> int:
    asyncio.run(supervisor.run(config, lambda: welcome.lines(config, SystemClock()), _say))
    return 0


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - standard output is for the person who starts it


def _complain(line: str) -> None:
    print(f"worldvpn-server: {line}", file=sys.stderr)  # noqa: T201 - so is standard error here
