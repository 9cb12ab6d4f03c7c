"""What may be typed: the built-in verbs, their options, and the help."""

from __future__ import annotations

import argparse
from typing import Final, NoReturn

from worldvpn_app.cli import account_arguments
from worldvpn_app.cli.exits import UsageError

#: Verbs of ``worldvpn`` itself and what they do; others come from ``extensions``.
VERBS: Final = {
    "import": "bring a profile: a WireGuard .conf of any provider",
    "profiles": "list the profiles, or remove one",
    "connect": "connect by a profile or to a place, and wait until it is up or blocked",
    "disconnect": "close the tunnel; traffic is free then, but for lockdown",
    "pause": "open this computer for a while; it connects again by itself",
    "resume": "end a pause",
    "status": "show what is protected, by what, and what to do",
    "watch": "show every change until Ctrl-C",
    "traffic": "show what your tunnels carry, and have carried",
    "why": "show what becomes of a packet, and which rule says so",
    "settings": "show or change settings",
    "vault": "show, open or lock what keeps your keys, or change what opens it",
    "share": "let others use this computer's connection: who, when, how much",
    "register": "make an account on the central server and sign this device in",
    "login": "sign this device in",
    "logout": "sign this device out",
    "account": "show the account or its sessions, or give it another password",
    "devices": "list the account's devices, or sign one out for good",
    "nodes": "list where a tunnel can come out, best first",
    "balance": "show the credit, and where it lies",
    "history": "show how the credit came about",
    "wallet": "show the credit, and what waits to be settled",
    "earnings": "show what sharing has earned, and what of it is settled",
    "privacy": "show what nodes see of you, and you of your guests",
    "receipts": "list, export or check what both ends of your sessions have signed",
    "gui": "open the desktop app",
    "plugins": "list the daemon's plugins",
    "reset": "undo all that WorldVPN changed on this computer (root)",
    "daemon": "run the daemon (root)",
    "completion": "print completion for a shell",
}

#: The histories that there are.
LAST: Final = ("minute", "hour", "day", "month")
SHARE_ACTIONS: Final = (
    *("on", "off", "status", "invite", "revoke"),
    *("limits", "guests", "kick", "let-back", "schedule", "pause", "resume"),
)
VAULT_ACTIONS: Final = ("status", "create", "unlock", "lock", "change", "export", "wipe")

_EPILOG: Final = """\
exit codes:
  0 done   1 failed   2 wrong usage   3 no daemon   4 denied   5 not protected
  6 blocked: nothing leaves   130 interrupted

environment:
  WORLDVPN_SOCKET   the daemon's socket, as --socket
  NO_COLOR          no colours
"""


class Parser(argparse.ArgumentParser):
    """Raises instead of printing and exiting, so that --json covers wrong usage too."""

    def error(self, message: str) -> NoReturn:
        """Raise ``message`` with where to read on."""
        raise UsageError(f"{message} (see `{self.prog} --help`)")


def parser(more_verbs: tuple[str, ...] = ()) -> Parser:
    """Return the parser; ``more_verbs`` are only named in its help."""
    epilog = f"more verbs: {', '.join(more_verbs)}\n\n{_EPILOG}" if more_verbs else _EPILOG
    root = Parser(
        prog="worldvpn",
        description="Connect through a tunnel that nothing leaves beside.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    root.add_argument("--version", action="store_true", help="print the version and end")
    _add_common(root, default=None)
    verbs = root.add_subparsers(dest="verb", metavar="VERB", title="verbs")
    made = {name: _add_verb(verbs, name, summary) for name, summary in VERBS.items()}
    _add_profile_options(made)
    _add_tunnel_options(made)
    _add_other_options(made)
    _add_vault_options(made["vault"])
    account_arguments.add(made)
    return root


def _add_verb(
    verbs: argparse._SubParsersAction[Parser],
    name: str,
    summary: str,
) -> Parser:
    verb = verbs.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        allow_abbrev=False,
    )
    # Suppressed, or a verb's default would undo what was said before it.
    _add_common(verb, default=argparse.SUPPRESS)
    return verb


def _add_common(target: Parser, *, default: str | None) -> None:
    target.add_argument(
        "--json",
        action="store_true",
        default=default or False,
        help="print one JSON object",
    )
    target.add_argument("--socket", metavar="PATH", default=default, help="the daemon's socket")


def _add_profile_options(made: dict[str, Parser]) -> None:
    made["import"].add_argument("file", metavar="FILE", help='the file; "-" for standard input')
    made["import"].add_argument("--name", help="what to call it (the file's name)")
    made["import"].add_argument("--replace", action="store_true", help="in place of one so called")
    made["profiles"].add_argument("--remove", metavar="ID", help="forget this profile and its keys")
    made["profiles"].add_argument("--ids", action="store_true", help="print nothing but ids")


def _add_tunnel_options(made: dict[str, Parser]) -> None:
    made["connect"].add_argument(
        "target",
        metavar="WHERE",
        nargs="?",
        help="a profile's id or name, a country (DE), a city (DE/Berlin), a node's id, or fastest"
        " (the last used, or the only profile)",
    )
    made["connect"].add_argument(
        "--partial",
        action="store_true",
        help="accept a profile that protects only some destinations",
    )
    made["pause"].add_argument(
        "duration",
        metavar="DURATION",
        nargs="?",
        default="5m",
        help="such as 90s, 5m, 1h30m; 1m to 24h (5m)",
    )
    for name in ("connect", "disconnect", "pause"):
        made[name].add_argument(
            "--no-wait",
            action="store_false",
            dest="wait",
            help="return once it is asked",
        )


def _add_other_options(made: dict[str, Parser]) -> None:
    made["status"].add_argument(
        "--check",
        action="store_true",
        help="exit 0 only if everything is protected, 6 if nothing leaves, else 5",
    )
    made["why"].add_argument(
        "destination",
        metavar="ADDRESS[:PORT]/PROTOCOL",
        help="such as 192.0.2.1:443/tcp, [2001:db8::1]:53/udp, 192.0.2.1/icmp",
    )
    made["why"].add_argument(
        "--marked",
        action="store_true",
        help="as if WorldVPN itself had sent it",
    )
    made["settings"].add_argument("key", metavar="KEY", nargs="?", help="which setting")
    made["settings"].add_argument("value", metavar="VALUE", nargs="?", help="on, off, a text, none")
    _add_share_options(made["share"])
    made["traffic"].add_argument("--watch", action="store_true", help="each second until Ctrl-C")
    made["traffic"].add_argument(
        "--last", choices=LAST, default=LAST[0], help=f"what to draw ({LAST[0]})"
    )
    for name in ("settings", "reset", "vault"):
        made[name].add_argument("--yes", action="store_true", help="do not ask")
    made["daemon"].add_argument("arguments", nargs=argparse.REMAINDER, help="for worldvpnd")
    made["gui"].add_argument(
        "--theme", choices=("system", "dark", "light"), help="from now on; it is remembered"
    )
    made["gui"].add_argument(
        "--screenshots", metavar="DIR", help="draw every page into DIR, without daemon or display"
    )
    made["gui"].add_argument(
        "--hidden", action="store_true", help="begin in the tray; without one the window opens"
    )
    made["gui"].add_argument(
        "--install", action="store_true", help="add it to your desktop's menu, with its icon"
    )
    made["completion"].add_argument("shell", choices=("bash", "zsh", "fish"))


def _add_vault_options(verb: Parser) -> None:
    verb.add_argument("action", nargs="?", choices=VAULT_ACTIONS, default="status")
    verb.add_argument("file", metavar="FILE", nargs="?", help="export: the file to write")
    by = verb.add_mutually_exclusive_group()
    for name, text in (
        ("keyring", "a key in this session's keyring, or nothing"),
        ("passphrase", "a passphrase"),
        ("key-file", "root's key file or credential, also at boot (root)"),
    ):
        by.add_argument(f"--{name}", action="store_true", help=f"create, change: opened by {text}")
    verb.add_argument("--from", dest="backup", metavar="FILE", help="create: from an exported one")
    for name, text in (
        ("passphrase-file", "the passphrase is the first line of FILE"),
        ("new-passphrase-file", "change, export: the same for the new one"),
        ("backup-passphrase-file", "create --from: the same for the backup's"),
    ):
        verb.add_argument(f"--{name}", metavar="FILE", help=f'{text}; "-" for standard input')


def _add_share_options(share: Parser) -> None:
    share.add_argument(
        "what",
        choices=SHARE_ACTIONS,
        nargs="?",
        default="status",
        help="switch it, show it, say which devices may come, what guests may have and when,"
        " show who is there, send one away (status)",
    )
    share.add_argument(
        "name",
        metavar="NAME",
        nargs="?",
        help="invite, revoke: the device; limits: which; kick, let-back: the guest's alias; "
        'pause: how long; schedule: the hours, as "mon-fri 08:00-22:00; sat 10:00-12:00", or '
        "always",
    )
    share.add_argument(
        "host",
        metavar="HOST",
        nargs="?",
        help="invite: the name or address under which it reaches this computer; limits: the value",
    )
    share.add_argument("--output", metavar="FILE", help="invite: write the profile there")
    share.add_argument("--yes", action="store_true", help="on: agree without being asked")
    share.add_argument("--drain", action="store_true", help="pause: those inside have 5 minutes")
    share.add_argument("--zone", metavar="ZONE", help="schedule: its time zone; none: this one's")
    share.add_argument("--reason", metavar="TEXT", help="kick: why, for yourself")
    share.add_argument("--for", metavar="DURATION", dest="lasting", help="kick: how long (24h)")
