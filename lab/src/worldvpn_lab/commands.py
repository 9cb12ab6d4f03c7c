"""The verbs this distribution adds to ``worldvpn``: ``lab`` and ``demo``."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import Final

from worldvpn_core.errors import WorldVpnError
from worldvpn_lab import state
from worldvpn_lab.chart import chart, drawing
from worldvpn_lab.map import ROLES
from worldvpn_lab.world import World

#: Exit codes: done; the lab refused or failed (a sentence says why); used wrongly.
OK: Final = 0
FAILED: Final = 1
MISUSED: Final = 2
#: ``lab exec``: no such program, as shells report it.
NOT_FOUND: Final = 127

_PASSED_ON: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def lab(argv: list[str]) -> int:
    """Build, use and remove a lab; return the exit code of ``worldvpn lab``."""
    return _run(_parser().parse_args(argv))


def demo(argv: list[str]) -> int:
    """Show the whole product working in a lab; return the exit code of ``worldvpn demo``."""
    # The demo needs much that ``lab`` does not: it is imported only when asked for.
    command = importlib.import_module("worldvpn_lab.demo.command")
    return int(command.main(argv))


def _run(arguments: argparse.Namespace) -> int:
    directory: Path = arguments.dir or state.default_directory()
    try:
        match arguments.verb:
            case "up":
                return _up(directory, nodes=not arguments.no_nodes, as_json=arguments.json)
            case "exec":
                return _execute(directory, arguments.role, arguments.command)
            case "down":
                return _down(directory)
            case "status":
                return _status(directory, as_json=arguments.json)
            case "leaks" | "nat":
                return _proved(arguments)
            case _:
                raise AssertionError(arguments.verb)
    except WorldVpnError as error:
        sys.stderr.write(f"worldvpn lab: {error}\n")
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="worldvpn lab", description=lab.__doc__)
    parser.add_argument("--dir", type=Path, help="where the lab keeps its files")
    verbs = parser.add_subparsers(dest="verb", required=True)
    up = verbs.add_parser("up", help="build a lab, keep it standing, print its map")
    up.add_argument("--json", action="store_true", help="print the map as one JSON object")
    up.add_argument("--no-nodes", action="store_true", help="without the WireGuard servers")
    execute = verbs.add_parser("exec", help="run a command inside a role")
    execute.add_argument("role", choices=ROLES)
    execute.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND …")
    verbs.add_parser("down", help="remove the lab and everything running in it")
    status = verbs.add_parser("status", help="say whether a lab stands, and print its map")
    status.add_argument("--json", action="store_true", help="print the map as one JSON object")
    leaks = verbs.add_parser("leaks", help="prove, packet by packet, that nothing leaks")
    leaks.add_argument("--full", action="store_true", help="every state with every disturbance")
    leaks.add_argument("--only", metavar="TEXT", default="", help="fields whose name has this")
    leaks.add_argument("--json", action="store_true", help="print the result as one JSON object")
    pairs = verbs.add_parser("nat", help="try which routers guests and nodes come through")
    pairs.add_argument("--json", action="store_true", help="print the table as one JSON object")
    return parser


def _up(directory: Path, *, nodes: bool, as_json: bool) -> int:
    world = World.up(directory, nodes=nodes)
    world.keep()
    return _show(directory, as_json=as_json)


def _status(directory: Path, *, as_json: bool) -> int:
    World.attach(directory)
    return _show(directory, as_json=as_json)


def _show(directory: Path, *, as_json: bool) -> int:
    facts = chart(directory)
    sys.stdout.write(json.dumps(facts) + "\n" if as_json else drawing(facts))
    return OK


def _down(directory: Path) -> int:
    World.attach(directory).down()
    return OK


def _proved(arguments: argparse.Namespace) -> int:
    if arguments.verb == "nat":
        return _nat(as_json=arguments.json)
    return _leaks(full=arguments.full, only=arguments.only, as_json=arguments.json)


def _leaks(*, full: bool, only: str, as_json: bool) -> int:
    # Imported when wanted: it brings half of the product with it.
    fields = importlib.import_module("worldvpn_lab.matrix.fields")
    status: int = fields.command(full=full, only=only, as_json=as_json)
    return status


def _nat(*, as_json: bool) -> int:
    # Imported when wanted, as above.
    pairs = importlib.import_module("worldvpn_lab.pairs")
    status: int = pairs.command(as_json=as_json)
    return status


def _execute(directory: Path, role: str, command: list[str]) -> int:
    argv = command[1:] if command[:1] == ["--"] else command
    if not argv:
        sys.stderr.write("worldvpn lab exec: name the command to run, after --\n")
        return MISUSED
    world = World.attach(directory)
    passed = {name: os.environ[name] for name in ("TERM", "COLORTERM") if name in os.environ}
    if not world.has_program(role, argv[0]):
        sys.stderr.write(f"worldvpn lab: {role} has no program {argv[0]!r}\n")
        return NOT_FOUND
    # Held back until there is a program to pass them to: none is lost in between.
    signal.pthread_sigmask(signal.SIG_BLOCK, _PASSED_ON)
    with world.spawn(role, argv, environment=passed) as program:
        for number in _PASSED_ON:
            signal.signal(number, lambda got, _frame: program.signal(signal.Signals(got)))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _PASSED_ON)
        status = program.wait()
    # As a shell reports a program that a signal ended.
    return 128 - status if status is not None and status < 0 else status or OK
