"""Commands beside serving: each reaches the database, does one thing, and ends.

What a command needs is imported by it: serving carries none of it.
"""

from __future__ import annotations

import argparse

from worldvpn_server.clock import SystemClock
from worldvpn_server.config import ServerConfig
from worldvpn_server.errors import ApiError, StartError
from worldvpn_server.ids import new_id
from worldvpn_server.operations import storage


async def run(said: argparse.Namespace, config: ServerConfig) -> int:
    """Run the command in ``said``; return the exit status.

    Raises:
        StartError: it cannot be done; the message says why.
    """
    match said.command:
        case "keys":
            return _keys(said, config)
        case "audit":
            return await _audit(said, config)
        case "user":
            return await _user(said, config)
        case _:
            return await _seed(said, config)


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


async def _audit(said: argparse.Namespace, config: ServerConfig) -> int:
    from worldvpn_server.keys.ring import KeyRing  # noqa: PLC0415 - see above
    from worldvpn_server.ledger import audit  # noqa: PLC0415 - see above

    clock = SystemClock()
    keys = KeyRing.open(config.keys, clock)
    async with storage.borrowed(config) as reached:
        try:
            return await audit.command(
                reached.owner, said.checkpoint, keys=keys, clock=clock, say=_say
            )
        except OSError as error:
            what = error.filename or "the database"
            raise StartError(f"{what} cannot be read: {error.strerror or error}") from error


async def _user(said: argparse.Namespace, config: ServerConfig) -> int:
    from worldvpn_server.compose import opened  # noqa: PLC0415 - see above

    async with (
        storage.borrowed(config) as reached,
        opened(config, reached.server, SystemClock()) as services,
    ):
        operator = services.accounts.operator
        try:
            if said.verb == "ban":
                await operator.ban(said.name, said.reason)
            elif said.verb == "unban":
                await operator.unban(said.name)
            elif not await operator.grant(said.name, said.credits, said.once or str(new_id())):
                _say(f"the grant {said.once} was made before: nothing is changed")
                return 0
        except ApiError as error:
            raise StartError(error.text) from error
    _say({"ban": "banned", "unban": "unbanned", "grant": "granted"}[said.verb])
    return 0


async def _seed(said: argparse.Namespace, config: ServerConfig) -> int:
    from worldvpn_server.directory.seed import command  # noqa: PLC0415 - see above

    async with storage.borrowed(config) as reached:
        await command(reached.owner, nodes=said.nodes, users=said.users, say=_say)
    return 0


def _say(line: str) -> None:
    print(line)  # noqa: T201 - standard output is what a command answers on
