"""What is typed to sign in or to make an account: right or not, and why. Pure.

The rules are the central server's, which has the last word; here they are said while typing.
"""

from __future__ import annotations

import enum
import unicodedata
from typing import Final

import attrs
from PyQt6.QtCore import QCoreApplication

translate = QCoreApplication.translate
FEWEST_NAME: Final = 3
MOST_NAME: Final = 32
FEWEST_PASSWORD: Final = 10
MOST_SECRET: Final = 1_024
_JOINERS: Final = frozenset("._-")
_GOOD_LENGTH, _FAIR_LENGTH = 16, 12
_GOOD_KINDS, _FAIR_KINDS = 3, 2


class Mode(enum.StrEnum):
    """What the form is for."""

    SIGN_IN = "sign in"
    REGISTER = "register"
    RECOVER = "recover"


class Strength(enum.IntEnum):
    """How soon somebody else would guess it, roughly; the bars that are filled."""

    NONE = 0
    WEAK = 1
    FAIR = 2
    STRONG = 3


@attrs.frozen(kw_only=True)
class Typed:
    """What stands in the form."""

    name: str = ""
    password: str = attrs.field(default="", repr=False)
    code: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class Verdict:
    """What is wrong with each field, "" for nothing, and whether the button can be pressed."""

    name: str = ""
    password: str = ""
    code: str = ""
    strength: Strength = Strength.NONE
    is_ready: bool = False


def judge(mode: Mode, typed: Typed) -> Verdict:
    """Return what to say of ``typed``; an empty field is not wrong, only not ready."""
    is_new = mode is not Mode.SIGN_IN
    name = _name(typed.name) if typed.name and mode is Mode.REGISTER else ""
    password = _password(typed.password, typed.name) if typed.password and is_new else ""
    needs_code = mode is Mode.RECOVER
    is_whole = bool(typed.name and typed.password and (typed.code or not needs_code))
    return Verdict(
        name=name,
        password=password,
        strength=strength(typed.password) if is_new else Strength.NONE,
        is_ready=is_whole and not name and not password,
    )


def strength(password: str) -> Strength:
    """Return how strong ``password`` looks: by length, kinds of characters, and repeats."""
    if not password:
        return Strength.NONE
    kinds = len({_kind(each) for each in password})
    different = len(set(password))
    if len(password) < FEWEST_PASSWORD or different < len(password) // 2:
        return Strength.WEAK
    if len(password) >= _GOOD_LENGTH or (len(password) >= _FAIR_LENGTH and kinds >= _GOOD_KINDS):
        return Strength.STRONG
    return Strength.FAIR if kinds >= _FAIR_KINDS or len(password) >= _FAIR_LENGTH else Strength.WEAK


def strength_word(value: Strength) -> str:
    """Return the word beside the bars."""
    return {
        Strength.NONE: "",
        Strength.WEAK: translate("account", "Weak"),
        Strength.FAIR: translate("account", "Fair"),
        Strength.STRONG: translate("account", "Strong"),
    }[value]


def _kind(character: str) -> str:
    if character.islower():
        return "lower"
    if character.isupper():
        return "upper"
    return "digit" if character.isdigit() else "other"


def _name(text: str) -> str:
    shown = unicodedata.normalize("NFKC", text)
    if not FEWEST_NAME <= len(shown) <= MOST_NAME:
        return translate("account", "A name has {least} to {most} characters.").format(
            least=FEWEST_NAME, most=MOST_NAME
        )
    if not all(each.isalnum() or each in _JOINERS for each in shown):
        return translate("account", "Letters, digits, and . _ - between them.")
    if shown[0] in _JOINERS or shown[-1] in _JOINERS:
        return translate("account", "It begins and ends with a letter or a digit.")
    return ""


def _password(text: str, name: str) -> str:
    if len(text) < FEWEST_PASSWORD:
        left = FEWEST_PASSWORD - len(text)
        words = translate("account", "At least {n} characters; {left} to go.")
        return words.format(n=FEWEST_PASSWORD, left=left)
    if len(text) > MOST_SECRET or not text.isprintable():
        return translate("account", "One line of at most {n} characters.").format(n=MOST_SECRET)
    if text.casefold() == name.casefold():
        return translate("account", "The name is the first thing that is tried.")
    return ""
