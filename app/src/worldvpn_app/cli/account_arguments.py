"""What may be typed after the verbs of the account, its credit and the directory."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Final

ACCOUNT_ACTIONS: Final = ("show", "password", "recover", "sessions")
DEVICE_ACTIONS: Final = ("list", "revoke")
RECEIPT_ACTIONS: Final = ("list", "export", "verify")
_NODES: Final = 50
_LINES: Final = 20


def add(made: Mapping[str, argparse.ArgumentParser]) -> None:
    """Add them to the parsers ``made`` by verb."""
    for name in ("register", "login"):
        made[name].add_argument("name", metavar="NAME", nargs="?", help="whose account")
        _add_stdin(made[name], "the password is a line of standard input")
        made[name].add_argument(
            "--passphrase-file",
            metavar="FILE",
            help='the vault\'s passphrase is the first line of FILE; "-" for standard input',
        )
    made["logout"].add_argument(
        "--everywhere", action="store_true", help="sign every other device out, too"
    )
    account = made["account"]
    account.add_argument("action", nargs="?", choices=ACCOUNT_ACTIONS, default="show")
    account.add_argument("name", metavar="NAME", nargs="?", help="recover: whose account")
    _add_stdin(account, "password, recover: old password or code, and new one, a line each")
    devices = made["devices"]
    devices.add_argument("action", nargs="?", choices=DEVICE_ACTIONS, default="list")
    devices.add_argument("id", metavar="ID", nargs="?", help="revoke: which device")
    _add_node_options(made["nodes"])
    _add_receipt_options(made["receipts"])
    made["balance"].add_argument(
        "--watch", action="store_true", help="show every change until Ctrl-C"
    )
    made["history"].add_argument(
        "--limit", type=int, metavar="N", default=_LINES, help=f"how many lines ({_LINES})"
    )


def _add_receipt_options(receipts: argparse.ArgumentParser) -> None:
    receipts.add_argument("action", nargs="?", choices=RECEIPT_ACTIONS, default="list")
    receipts.add_argument(
        "file", metavar="FILE", nargs="?", help="export: the file to write; verify: to read"
    )
    receipts.add_argument(
        "--root", metavar="KEY", help="verify: the central server's root key, in hexadecimal"
    )


def _add_node_options(nodes: argparse.ArgumentParser) -> None:
    nodes.add_argument("--country", metavar="C", help="only of this one: DE, or Germany")
    nodes.add_argument("--city", metavar="CITY", help="only of this city of --country")
    nodes.add_argument("--protocol", metavar="P", help="only those that speak it: wireguard")
    nodes.add_argument("--min-bandwidth", type=int, metavar="MBPS", help="at least so many Mbit/s")
    nodes.add_argument("--watch", action="store_true", help="again every 5 s until Ctrl-C")
    how_many = nodes.add_mutually_exclusive_group()
    how_many.add_argument(
        "--limit", type=int, metavar="N", default=_NODES, help=f"the best N ({_NODES})"
    )
    how_many.add_argument("--all", action="store_true", help="all of them")


def _add_stdin(verb: argparse.ArgumentParser, text: str) -> None:
    verb.add_argument("--stdin", action="store_true", help=text)
