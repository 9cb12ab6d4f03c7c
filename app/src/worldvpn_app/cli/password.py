"""Passwords and recovery codes of the account: typed unseen, or a line of standard input."""

from __future__ import annotations

import sys
from typing import Final

from worldvpn_app.cli import passphrase
from worldvpn_app.cli.exits import CommandError, UsageError
from worldvpn_app.cli.session import Session
from worldvpn_app.cli.terminal import Line, Role

_MOST_CHARACTERS: Final = 1_024
_INSTEAD: Final = "--stdin"
_SENTENCE: Final = (
    "The recovery code is all that lets you in again if you forget the password."
    " It is shown this once: write it down and keep it apart."
)


def present(session: Session, question: str, *, what: str = "password") -> str:
    """Return a secret that is known already. Raises CommandError."""
    text = _given(session, question, what)
    if not (1 <= len(text) <= _MOST_CHARACTERS and text.isprintable()):
        code = what.replace(" ", "_")
        raise CommandError(code, f"a {what} is one line of 1 to {_MOST_CHARACTERS} characters")
    return text


def fresh(session: Session, question: str) -> str:
    """Return a new password, typed twice unless it comes from standard input.

    Raises:
        CommandError: nobody can be asked, it is none, or it differs the second time.
    """
    text = present(session, question)
    if not session.options.stdin and passphrase.asked("The same again: ", _INSTEAD) != text:
        raise CommandError("password", "the two differ: nothing was changed")
    return text


def username(session: Session) -> str:
    """Return the name that was typed with the verb, or asked for. Raises UsageError."""
    name: str | None = session.options.name
    if name is not None:
        return name
    if session.options.stdin or not passphrase.can_ask():
        raise UsageError(f"say whose account: worldvpn {session.options.verb} NAME")
    sys.stderr.write("Name: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def show_code(session: Session, code: str) -> None:
    """Show a recovery code, and on a terminal wait until it is said to be kept."""
    terminal = session.terminal
    rule = "─" * (len(code) + 2)
    terminal.show(
        [
            Line(f"┌{rule}┐"),
            Line(f"│ {code} │", Role.GOOD),
            Line(f"└{rule}┘"),
            Line(_SENTENCE, Role.WARNING),
        ]
    )
    while terminal.is_live and passphrase.can_ask():
        sys.stderr.write("Type yes once it is written down: ")
        sys.stderr.flush()
        typed = sys.stdin.readline()
        if not typed or typed.strip().lower() in {"y", "yes"}:
            return


def _given(session: Session, question: str, what: str) -> str:
    if session.options.stdin:
        return passphrase.first_line("-")
    return passphrase.asked(f"{question}: ", _INSTEAD, what=what)
