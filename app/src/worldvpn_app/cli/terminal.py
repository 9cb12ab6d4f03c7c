"""Where the answer goes: text or JSON, coloured only on a terminal that wants it."""

from __future__ import annotations

import enum
import json
import os
import sys
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple, TextIO

from worldvpn_app.cli.exits import CommandError, Exit


class Role(enum.StrEnum):
    """What a line is about; colour never says more than its words do."""

    PLAIN = "plain"
    DIM = "dim"
    GOOD = "good"
    BUSY = "busy"
    OPEN = "open"
    HELD = "held"
    WARNING = "warning"
    ALARM = "alarm"


class Line(NamedTuple):
    """One line for a person."""

    text: str
    role: Role = Role.PLAIN


_PAINT: Final[Mapping[Role, str]] = {
    Role.PLAIN: "",
    Role.DIM: "2",
    Role.GOOD: "1;32",
    Role.BUSY: "1;36",
    Role.OPEN: "1;33",
    Role.HELD: "1;35",
    Role.WARNING: "1;33",
    Role.ALARM: "1;97;41",
}
_CLEAR_LINE: Final = "\r\x1b[2K"
_CLEAR_SCREEN: Final = "\x1b[H\x1b[2J"


class Terminal:
    """Prints answers to ``out``, and progress, questions and errors to ``err``."""

    def __init__(self, *, as_json: bool, out: TextIO, err: TextIO) -> None:
        self.as_json = as_json
        self._out = out
        self._err = err
        # https://no-color.org: present and not empty.
        wants_colour = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self._paints_out = wants_colour and out.isatty()
        self._paints_err = wants_colour and err.isatty()
        self._has_progress = False

    @property
    def is_live(self) -> bool:
        """Whether text already shown can be redrawn."""
        return self._out.isatty() and not self.as_json

    @property
    def draws_blocks(self) -> bool:
        """Whether what is printed may hold the blocks that a plot is made of."""
        try:
            "\N{FULL BLOCK}\N{LOWER ONE EIGHTH BLOCK}".encode(self._out.encoding or "utf-8")
        except UnicodeEncodeError:
            return False
        return True

    def show(self, lines: Iterable[Line], *, redraw: bool = False) -> None:
        """Print ``lines``; with ``redraw``, on a terminal, in place of what it shows."""
        self.end_progress()
        start = _CLEAR_SCREEN if redraw and self.is_live else ""
        text = "".join(f"{_painted(line, on=self._paints_out)}\n" for line in lines)
        self._out.write(start + text)
        self._out.flush()

    def give(self, value: Mapping[str, object]) -> None:
        """Print one JSON object on a line of its own."""
        self._out.write(json.dumps(value) + "\n")
        self._out.flush()

    def answer(self, value: Mapping[str, object], lines: Iterable[Line]) -> None:
        """Print ``value`` with ``--json``, else ``lines``."""
        if self.as_json:
            self.give(value)
        else:
            self.show(lines)

    def progress(self, line: Line) -> None:
        """Replace the line of progress, on a terminal; elsewhere say nothing."""
        if self.as_json or not self._err.isatty():
            return
        self._err.write(_CLEAR_LINE + _painted(line, on=self._paints_err))
        self._err.flush()
        self._has_progress = True

    def end_progress(self) -> None:
        """Remove the line of progress."""
        if self._has_progress:
            self._err.write(_CLEAR_LINE)
            self._err.flush()
            self._has_progress = False

    def say(self, line: Line) -> None:
        """Print ``line`` beside the answer, for people only."""
        self.end_progress()
        if not self.as_json:
            self._err.write(_painted(line, on=self._paints_err) + "\n")
            self._err.flush()

    def fail(self, error: CommandError) -> None:
        """Print ``error``: one object with ``--json``, else a sentence."""
        self.end_progress()
        if self.as_json:
            self.give({"error": {"code": error.code, "message": error.message}})
        else:
            self._err.write(f"worldvpn: {plain(error.message)}\n")
            self._err.flush()

    def confirm(self, question: str, *, agreed: bool) -> None:
        """Return if ``agreed`` or the user types yes.

        Raises:
            CommandError: the user did not, or cannot be asked.
        """
        if agreed:
            return
        if self.as_json or not (sys.stdin.isatty() and self._err.isatty()):
            raise CommandError("confirm", f"{question} Say --yes to do it.", Exit.USAGE)
        self.end_progress()
        self._err.write(f"{_painted(Line(question, Role.WARNING), on=self._paints_err)} [y/N] ")
        self._err.flush()
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            raise CommandError("confirm", "nothing was changed")


def plain(text: str) -> str:
    """Return ``text`` with what could move the cursor or hide words made visible."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )


def _painted(line: Line, *, on: bool) -> str:
    code = _PAINT[line.role]
    return f"\x1b[{code}m{plain(line.text)}\x1b[0m" if on and code else plain(line.text)
