"""Skeletons: two names with the same skeleton look the same to a person (UTS 39 section 4).

The data is the Unicode consortium's, as the library confusable-homoglyphs carries it: there as
pairs both ways, here as one prototype for each character again.
"""

from __future__ import annotations

import importlib
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Final, Protocol, cast

#: Scripts that are written together (UTS 39 section 5.2, "highly restrictive").
_WRITTEN_TOGETHER: Final = (
    frozenset({"LATIN", "HAN", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "HAN", "BOPOMOFO"}),
    frozenset({"LATIN", "HAN", "HANGUL"}),
)
#: Of no script, or of the one of what they stand with.
_OF_ANY: Final = frozenset({"COMMON", "INHERITED"})


class _Confusables(Protocol):
    """What the untyped library has, as far as it is used here."""

    confusables_data: Mapping[str, list[Mapping[str, str]]]


class _Categories(Protocol):
    def alias(self, character: str) -> str:
        """Return the script of a character."""


def skeleton(text: str) -> str:
    """Return what ``text`` looks like: look-alikes share it. Pure, total.

    Looks are compared in the letters as written and again without case, for either may be what a
    person sees: ``PAYPAI`` and ``PAYPAL``, ``rnodern`` and ``Modern``.
    """
    return _mapped(_mapped(text).casefold())


def scripts(text: str) -> frozenset[str]:
    """Return the scripts that ``text`` is written in, without what belongs to all of them."""
    return frozenset(_script(each) for each in text) - _OF_ANY


def written_together(found: frozenset[str]) -> bool:
    """Return whether honest names mix these scripts."""
    return len(found) <= 1 or any(found <= each for each in _WRITTEN_TOGETHER)


def _mapped(text: str) -> str:
    known = _prototypes()
    plain = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFD", "".join(known.get(each, each) for each in plain))


@cache
def _prototypes() -> Mapping[str, str]:
    """Return what stands for each character that looks like another.

    A character of several pairs, or a string of several characters, is what the others are mapped
    to. Of two that have only each other the first stands for both.
    """
    module = importlib.import_module("confusable_homoglyphs.confusables")
    pairs = cast("_Confusables", module).confusables_data
    alike = {
        _bare(key): sorted({_bare(each["c"]) for each in others} - {_bare(key), ""})
        for key, others in pairs.items()
    }
    one = {key: others[0] for key, others in alike.items() if len(key) == 1 and len(others) == 1}
    first = {
        key: other
        for key, other in one.items()
        if len(other) > 1 or other not in one or other < key
    }
    return {key: _settled(key, first) for key in first}


def _settled(text: str, known: Mapping[str, str]) -> str:
    """Follow ``known`` until nothing changes: a target is spelt in what has a prototype itself."""
    for _ in range(4):
        text = "".join(known.get(each, each) for each in text)
    return text


def _bare(text: str) -> str:
    """Leave out the marks by which the data keeps right-to-left characters in their place."""
    return "".join(each for each in text if unicodedata.category(each) != "Cf")


@cache
def _script(character: str) -> str:
    module = importlib.import_module("confusable_homoglyphs.categories")
    return str(cast("_Categories", module).alias(character))
