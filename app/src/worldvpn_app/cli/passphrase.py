"""Passphrases from a person or a file, never from the command line."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Final

from worldvpn_app.cli.exits import CommandError, Exit
from worldvpn_core import dumps
from worldvpn_core.ipc.protocol import FEWEST_PASSPHRASE_CHARACTERS, MOST_PASSPHRASE_CHARACTERS

_MOST_BYTES: Final = 16_384
_INSTEAD: Final = "--passphrase-file FILE"


def present(question: str, file: str | None) -> str:
    """Return a passphrase that is known already, from the first line of ``file`` or asked for.

    Raises:
        CommandError: nobody can be asked here, or the file cannot be read.
    """
    return asked(f"{question}: ", _INSTEAD) if file is None else first_line(file)


def fresh(question: str, file: str | None) -> str:
    """Return a new passphrase, typed twice unless it comes from ``file``.

    Raises:
        CommandError: as above; or it is too short, too long or differs the second time.
    """
    text = present(question, file)
    if not FEWEST_PASSPHRASE_CHARACTERS <= len(text) <= MOST_PASSPHRASE_CHARACTERS:
        raise CommandError(
            "passphrase",
            f"a passphrase has {FEWEST_PASSPHRASE_CHARACTERS} to"
            f" {MOST_PASSPHRASE_CHARACTERS} characters: nothing was changed",
        )
    if file is None and asked("The same again: ", _INSTEAD) != text:
        raise CommandError("passphrase", "the two differ: nothing was changed")
    return text


def can_ask() -> bool:
    """Say whether a person is there."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def asked(prompt: str, instead: str, *, what: str = "passphrase") -> str:
    """Return what a person types, unseen; ``instead`` is the option that needs nobody.

    Raises:
        CommandError: nobody can be asked here, or nothing was typed.
    """
    dumps.limit(for_good=False)
    code = what.replace(" ", "_")
    if not can_ask():
        text = f"nobody can be asked for the {what} here: say {instead}, or run it on a terminal"
        raise CommandError(code, text, Exit.USAGE)
    try:
        return getpass.getpass(prompt, sys.stderr)
    except EOFError:
        raise CommandError(code, f"no {what} was typed: nothing was changed") from None


def first_line(file: str) -> str:
    """Return one line; of standard input ("-") the next one, for there may be two to come."""
    dumps.limit(for_good=False)
    try:
        if file == "-":
            raw = sys.stdin.buffer.readline(_MOST_BYTES)
        else:
            with Path(file).open("rb") as opened:
                raw = opened.readline(_MOST_BYTES)
        return raw.removesuffix(b"\n").removesuffix(b"\r").decode()
    except OSError as error:
        raise CommandError("config", f"cannot read {file}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise CommandError("config", f"{file} holds no text: a passphrase is UTF-8") from None
