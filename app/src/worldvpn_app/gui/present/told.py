"""The daemon's sentences in the language of the app: what it does not know stays as it came."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Final

from PyQt6.QtCore import QCoreApplication

from worldvpn_app.gui.present.said import SENTENCES
from worldvpn_app.gui.present.view import clean

_HOLE: Final = re.compile(r"\\\{(\w+)\\\}")
_DEEPEST: Final = 3


def told(text: str, *, most: int = 200, deep: int = 0) -> str:
    """Return the daemon's ``text`` in the language of the app, as one plain line."""
    plain = clean(text, most)
    end = "." if plain.endswith(".") else ""
    for known in (plain, plain.removesuffix(".")):
        if known in _sentences():
            words = QCoreApplication.translate("daemon", known)
            return f"{words.removesuffix('.')}{end}" if known != plain else words
    for form, source in _forms():
        match = form.fullmatch(plain)
        if match is not None and deep < _DEEPEST:
            held = {key: told(value, deep=deep + 1) for key, value in match.groupdict().items()}
            return _filled(QCoreApplication.translate("daemon", source), held)
    return plain


@functools.cache
def _sentences() -> frozenset[str]:
    return frozenset(each for each in SENTENCES if "{" not in each)


@functools.cache
def _forms() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return what recognises each sentence in which something changes."""
    return tuple(
        (re.compile(_HOLE.sub(r"(?P<\1>.+?)", re.escape(source))), source)
        for source in SENTENCES
        if "{" in source
    )


def _filled(words: str, held: Mapping[str, str]) -> str:
    """Put ``held`` into ``words``; braces that a stranger wrote are words like others."""
    return re.sub(r"\{(\w+)\}", lambda hole: held.get(hole[1], hole[0]), words)


def state_word(state: str) -> str:
    """Return a state of sharing in the midst of a sentence."""
    translate = QCoreApplication.translate
    words = {
        "serving": translate("diagnostics", "on"),
        "opening": translate("diagnostics", "starting"),
        "draining": translate("diagnostics", "stopping"),
        "off": translate("diagnostics", "off"),
    }
    return words.get(state) or clean(state, 40)


def reach_word(reach: str) -> str:
    """Return whether the central server answers, in the midst of a sentence."""
    translate = QCoreApplication.translate
    words = {
        "online": translate("diagnostics", "in reach"),
        "offline": translate("diagnostics", "offline"),
        "connecting": translate("diagnostics", "connecting"),
    }
    return words.get(reach) or clean(reach, 32)


def subject_word(subject: str) -> str:
    """Return what a change was of."""
    translate = QCoreApplication.translate
    words = {
        "tunnel": translate("diagnostics", "tunnel"),
        "sharing": translate("diagnostics", "sharing"),
        "server": translate("diagnostics", "server"),
        "notice": translate("diagnostics", "notice"),
        "app": translate("diagnostics", "app"),
    }
    return words.get(subject) or clean(subject, 20)
