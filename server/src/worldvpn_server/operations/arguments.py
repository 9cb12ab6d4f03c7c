"""The command line of ``worldvpn-server``."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final, NoReturn

from worldvpn_server.config import DEFAULT_PORT, VERSION, ServerConfig
from worldvpn_server.operations import folder

#: A DSN holds a password, and arguments can be read by everybody on the machine.
DSN_VARIABLE: Final = "WORLDVPN_SERVER_DSN"

_EPILOG: Final = f"""\
Without a command it serves, until Ctrl-C or SIGTERM; SIGHUP reads a changed certificate.

exit codes:
  0 done   64 wrong usage   69 cannot start, or not done: the sentence says why   70 a fault of ours
  1 audit: something is wrong in the ledger

environment:
  {DSN_VARIABLE}   the database, as --dsn
  XDG_DATA_HOME        where the data folder is
"""


class UsageError(Exception):
    """What was typed cannot be meant."""


class Parser(argparse.ArgumentParser):
    """Raises a sentence instead of ending the process by itself."""

    def error(self, message: str) -> NoReturn:
        """Raise ``message`` with where to read on."""
        raise UsageError(f"{message} (see `{self.prog} --help`)")


def read(words: Sequence[str]) -> tuple[argparse.Namespace, ServerConfig]:
    """Return the command that was typed, and how the server is to run.

    Raises:
        UsageError: it cannot be meant.
    """
    said = _parser().parse_args(words)
    if (said.cert is None) != (said.key is None):
        raise UsageError("--cert and --key go together: the certificate chain and its private key")
    if said.cert is not None and not said.tls:
        raise UsageError("--cert makes no sense with --no-tls")
    if not said.tls and not _is_loopback(said.host):
        raise UsageError(
            "--no-tls would show passwords to the network: add --host 127.0.0.1, "
            "and put what ends TLS on the same machine"
        )
    try:
        config = ServerConfig(
            data=said.data.absolute(),
            host=said.host,
            port=said.port,
            dsn=said.dsn,
            workers=said.workers,
            tls=said.tls,
            cert=said.cert and said.cert.absolute(),
            key=said.key and said.key.absolute(),
            lab_ranges=tuple(said.lab_ranges),
            own_ranges=tuple(said.own_ranges),
            trusted_proxies=tuple(said.trusted_proxies),
            punching=said.punching,
            payout_interval_s=said.payout_interval,
            directory_interval_s=said.directory_interval,
        )
    except ValueError as error:
        raise UsageError(f"{error.args[0]} (see `worldvpn-server --help`)") from error
    return said, config


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _parser() -> Parser:
    root = Parser(
        prog="worldvpn-server",
        description="The central server of WorldVPN: accounts, nodes, sessions, and the ledger.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    root.add_argument("--version", action="version", version=f"worldvpn-server {VERSION}")
    _add_place(root)
    _add_serving(root)
    commands = root.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    audit = commands.add_parser("audit", help="verify the ledger from its first journal on")
    audit.add_argument(
        "--checkpoint", type=Path, metavar="FILE", help="a signed checkpoint kept elsewhere"
    )
    keys = commands.add_parser("keys", help="keys: rotate, or drop one that was stolen")
    _add_keys(keys)
    user = commands.add_parser("user", help="ban or unban a user, or grant credits")
    _add_user(user)
    seed = commands.add_parser("seed", help="fill with labelled synthetic nodes, for load tests")
    seed.add_argument("--nodes", type=_count, required=True, metavar="N")
    seed.add_argument("--users", type=_count, default=0, metavar="M")
    for each in (audit, keys, user, seed):
        _add_place(each, again=True)
    return root


def _add_place(parser: Parser, *, again: bool = False) -> None:
    place = folder.default(os.environ, Path.home(), root=os.geteuid() == 0)
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        default=argparse.SUPPRESS if again else place,
        help=f"where keys and the database are (default: {place})",
    )
    parser.add_argument(
        "--dsn",
        default=argparse.SUPPRESS if again else os.environ.get(DSN_VARIABLE),
        help="a PostgreSQL 16 or newer to use instead of our own; better in the environment",
    )


def _add_serving(root: Parser) -> None:
    serving = root.add_argument_group("serving")
    serving.add_argument("--host", default="0.0.0.0", help="address to listen on (default: all)")  # noqa: S104 - a server is there to be reached
    serving.add_argument("--port", type=int, default=DEFAULT_PORT, help="default: %(default)s")
    serving.add_argument(
        "--workers", type=int, default=1, metavar="N", help="processes (default: %(default)s)"
    )
    serving.add_argument("--cert", type=Path, metavar="FILE", help="a CA's certificate chain, PEM")
    serving.add_argument("--key", type=Path, metavar="FILE", help="its private key, PEM")
    serving.add_argument(
        "--no-tls", dest="tls", action="store_false", help="plain HTTP, on loopback only"
    )
    serving.add_argument(
        "--no-punching",
        dest="punching",
        action="store_false",
        help="do not listen on UDP, on the ports PORT and PORT + 1, for nodes behind routers",
    )
    for name, what in (
        ("--trusted-proxies", "load balancers whose X-Forwarded-For is believed"),
        ("--own-ranges", "networks of your own that no probe may reach"),
        ("--lab-ranges", "special-purpose networks that nodes may be in, for a lab"),
    ):
        serving.add_argument(name, type=ip_network, nargs="+", default=(), metavar="NET", help=what)
    serving.add_argument(
        "--payout-interval",
        type=float,
        default=3600.0,
        metavar="SECONDS",
        help="how often node owners are paid (default: %(default)g)",
    )
    serving.add_argument(
        "--directory-interval",
        type=float,
        default=10.0,
        metavar="SECONDS",
        help="how often changes of the directory are published (default: %(default)g)",
    )


def _add_keys(keys: Parser) -> None:
    verbs = keys.add_subparsers(dest="verb", metavar="VERB", required=True)
    rotate = verbs.add_parser("rotate", help="let the next keys sign; draw new next ones")
    rotate.add_argument("--use", action="append", metavar="USE", help="only this use; repeatable")
    drop = verbs.add_parser("compromised", help="believe nothing that a stolen key signed")
    drop.add_argument("use", metavar="USE")
    drop.add_argument("kid", metavar="KID", type=bytes.fromhex, help="its name, hexadecimal")
    for each in (rotate, drop):
        each.add_argument(
            "--root", type=Path, metavar="FILE", help="the root key, where it was moved to"
        )
        _add_place(each, again=True)


def _add_user(user: Parser) -> None:
    verbs = user.add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb, what in (
        ("ban", "end their sessions and tokens, and let them in no more"),
        ("unban", "let them in again"),
        ("grant", "give them credits"),
    ):
        made = verbs.add_parser(verb, help=what)
        made.add_argument("name", metavar="NAME")
        if verb == "grant":
            made.add_argument("credits", type=_count, metavar="CREDITS")
            made.add_argument(
                "--once", metavar="TEXT", help="a name of this grant: given twice, it counts once"
            )
        if verb == "ban":
            made.add_argument(
                "--reason", default="by the operator", help="kept with the account (%(default)s)"
            )
        _add_place(made, again=True)


def _count(text: str) -> int:
    number = int(text)
    if number <= 0:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number above zero")
    return number
