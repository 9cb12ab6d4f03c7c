"""The ``worldvpn`` command: from what was typed to an exit code, never a traceback."""

from __future__ import annotations

import importlib
import io
import os
import sys
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Final, cast

from worldvpn_app.cli.arguments import VERBS, parser
from worldvpn_app.cli.exits import CommandError, Exit, UsageError
from worldvpn_app.cli.session import Session
from worldvpn_app.cli.terminal import Terminal
from worldvpn_core.ipc.protocol import SOCKET_PATH

#: Where each verb is: imported only when asked for, for each import delays every other verb.
_MODULES: Final = {
    "import": "keep:import_profile",
    "profiles": "keep:profiles",
    "connect": "tunnel:connect",
    "disconnect": "tunnel:disconnect",
    "pause": "tunnel:pause",
    "resume": "tunnel:resume",
    "status": "observe:status",
    "watch": "observe:watch",
    "traffic": "traffic:traffic",
    "why": "observe:why",
    "settings": "keep:settings",
    "vault": "vault:vault",
    "share": "share:share",
    "register": "account:register",
    "login": "account:login",
    "logout": "account:logout",
    "account": "account:account",
    "devices": "account:devices",
    "nodes": "nodes:nodes",
    "balance": "wallet:balance",
    "history": "wallet:history",
    "wallet": "earnings:wallet",
    "earnings": "earnings:earnings",
    "privacy": "privacy:privacy",
    "receipts": "receipts:receipts",
    "gui": "desktop:gui",
    "plugins": "observe:plugins",
    "reset": "host:reset",
    "completion": "completion:completion",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``worldvpn`` with ``argv`` (the process's own by default); return its exit code."""
    typed = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A profile's name may hold what the terminal's encoding cannot say.
            stream.reconfigure(errors="replace")
    terminal = Terminal(as_json="--json" in typed, out=sys.stdout, err=sys.stderr)
    sys.excepthook = _say_unexpected
    try:
        return int(_run(typed, terminal))
    except CommandError as error:
        terminal.fail(error)
        return error.exit_code
    except KeyboardInterrupt:
        terminal.end_progress()
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # Whoever read us has enough; Python would complain again when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FAILED


def _run(typed: list[str], terminal: Terminal) -> int:
    place = _verb_place(typed)
    verb = None if place is None else typed[place]
    if place is not None and (verb == "daemon" or verb not in VERBS):
        return _hand_over(typed[place], typed[:place] + typed[place + 1 :])
    if verb is None and {"-h", "--help"} & {*typed}:
        sys.stdout.write(parser(_more_verbs()).format_help())
        return Exit.OK
    options = parser().parse_args(typed)
    if options.version:
        return _show_version(terminal)
    if verb is None:
        raise UsageError("say what to do: see `worldvpn --help`")
    path = options.socket or os.environ.get("WORLDVPN_SOCKET") or SOCKET_PATH
    module, _, function = _MODULES[options.verb].partition(":")
    found = getattr(importlib.import_module(f"worldvpn_app.cli.{module}"), function)
    act = cast("Callable[[Session], Exit]", found)
    with Session(path, terminal, options) as session:
        return act(session)


def _verb_place(typed: Sequence[str]) -> int | None:
    """Return where the verb is in ``typed``: the first word that is no option nor its value."""
    skip = False
    for place, word in enumerate(typed):
        if not skip and not word.startswith("-"):
            return place
        skip = word == "--socket" and not skip
    return None


def _hand_over(verb: str, arguments: list[str]) -> int:
    """Run a verb that reads its own arguments."""
    if verb == "daemon":
        daemon = importlib.import_module("worldvpn_app.cli.host").daemon
        return cast("int", daemon(arguments))
    extensions = importlib.import_module("worldvpn_app.cli.extensions")
    return cast("int", extensions.find(verb)(arguments))


def _more_verbs() -> tuple[str, ...]:
    extensions = importlib.import_module("worldvpn_app.cli.extensions")
    return tuple(extensions.names())


def _show_version(terminal: Terminal) -> Exit:
    metadata = importlib.import_module("importlib.metadata")
    version = str(metadata.version("worldvpn-app"))
    if terminal.as_json:
        terminal.give({"version": version})
    else:
        sys.stdout.write(f"worldvpn {version}\n")
    return Exit.OK


def _say_unexpected(
    kind: type[BaseException],
    error: BaseException,
    trace: TracebackType | None,
) -> None:
    """Say in a sentence what is a mistake of ours; WORLDVPN_DEBUG=1 shows where it is."""
    if os.environ.get("WORLDVPN_DEBUG"):
        sys.__excepthook__(kind, error, trace)
        return
    sys.stderr.write(
        f"worldvpn: failed inside ({kind.__name__}); with WORLDVPN_DEBUG=1 it says where\n",
    )


if __name__ == "__main__":
    sys.exit(main())
