"""Commands beside serving: each reaches the database, does one thing, and ends.

What a command needs is imported by it: serving carries none of it.
"""

from __future__ import annotations

import argparse

from worldvpn_server.clock import SystemClock
from worldvpn_server.config import ServerConfig
from worldvpn_server.errors import StartError


async def run(said: argparse.Namespace, config: ServerConfig) -> int:
    """Run the command in ``said``; return the exit status.

    Raises:
        StartError: it cannot be done; the message says why.
    """
    match said.command:
        case "keys":
            return _keys(said, config)
        case _:
            raise StartError(f"there is no command {said.command}")


def _keys(said: argparse.Namespace, config: ServerConfig) -> int:
    from worldvpn_core.credit.manifest import Use  # noqa: PLC0415 - see above
    from worldvpn_server.keys import rotate  # noqa: PLC0415 - see above

    def use(name: str) -> Use:
        try:
            return Use(name)
        except ValueError:
            known = ", ".join(each.value for each in Use)
            raise StartError(f"there are no keys for {name!r}: the uses are {known}") from None

    root = said.root or config.keys / "root.key"
    if not root.exists():
        raise StartError(f"the root key is not at {root}: bring it, and say where by --root")
    if said.verb == "rotate":
        uses = tuple(Use) if said.use is None else tuple(use(name) for name in said.use)
        made = rotate.rotate(config.keys, root, SystemClock(), uses)
    else:
        made = rotate.compromise(config.keys, root, SystemClock(), use(said.use), said.kid)
    _say(f"key manifest {made.version} is in force; servers take it over within seconds")
    return 0


def _say(line: str) -> None:
    print(line)  # noqa: T201 - standard output is what a command answers on
