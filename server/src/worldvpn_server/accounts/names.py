"""User names: what they are made of, when two are the same, and which are nobody's to take."""

from __future__ import annotations

import unicodedata
from typing import Final

import attrs

from worldvpn_server.accounts.lookalike import scripts, skeleton, written_together
from worldvpn_server.errors import InvalidError

FEWEST_CHARACTERS: Final = 3
MOST_CHARACTERS: Final = 32
#: Longer than this nothing is normalised: NFKC can make one character eighteen.
_MOST_GIVEN: Final = 128
_JOINERS: Final = frozenset("._-")
#: Unicode categories of letters and decimal digits; marks stand on them, never in front.
_BASES: Final = frozenset({"Ll", "Lu", "Lt", "Lo", "Lm", "Nd"})
_MARKS: Final = frozenset({"Mn", "Mc"})
#: More marks in a row are no writing but a stack over other people's lines (UTS 39 section 5.4).
_MOST_MARKS: Final = 2

_RESERVED: Final = (
    *("abuse", "admin", "administrator", "anonymous", "api", "billing", "central", "everybody"),
    *("guest", "help", "hostmaster", "info", "mail", "moderator", "noc", "nobody", "null"),
    *("operator", "owner", "postmaster", "root", "security", "server", "staff", "support"),
    *("sysadmin", "system", "undefined", "vpn", "webmaster", "worldvpn"),
)


@attrs.frozen(kw_only=True)
class Name:
    """A name as it is shown, and the two forms in which no two accounts may agree."""

    shown: str = attrs.field(repr=False)
    key: str = attrs.field(repr=False)
    skeleton: str = attrs.field(repr=False)


def read_name(text: str) -> Name:
    """Return the name in ``text``, normalised (NFKC). Pure.

    Raises:
        InvalidError: nobody may be called so; it says which rule and never repeats the text.
    """
    shown = _normalised(text)
    if shown is None or not FEWEST_CHARACTERS <= len(shown) <= MOST_CHARACTERS:
        raise InvalidError(
            f"username: must have {FEWEST_CHARACTERS} to {MOST_CHARACTERS} characters"
        )
    for index, each in enumerate(shown):
        _check_character(each, shown[:index])
    if unicodedata.category(shown[-1]) not in _BASES | _MARKS:
        raise InvalidError("username: must end with a letter or a digit")
    if not written_together(scripts(shown)):
        raise InvalidError("username: must be written in one script")
    return Name(shown=shown, key=_folded(shown), skeleton=skeleton(shown))


def name_key(text: str) -> str:
    """Return the form by which an account is found; of what is no name, one that finds none."""
    shown = _normalised(text)
    return "" if shown is None else _folded(shown)


def is_reserved(name: Name) -> bool:
    """Return whether ``name`` looks like one that speaks for the service."""
    return not _RESERVED_SKELETONS.isdisjoint((name.skeleton, skeleton(name.key)))


def _normalised(text: str) -> str | None:
    if len(text) > _MOST_GIVEN or "\x00" in text or not _is_unicode(text):
        return None
    return unicodedata.normalize("NFKC", text)


def _is_unicode(text: str) -> bool:
    """Tell lone surrogates, which no encoding can carry."""
    return not any("\ud800" <= each <= "\udfff" for each in text)


def _folded(text: str) -> str:
    """Return NFKC_Casefold as far as the permitted characters need it (Unicode 3.13, D147)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text.casefold()).casefold())


def _check_character(each: str, before: str) -> None:
    category = unicodedata.category(each)
    carried = bool(before) and before[-1] not in _JOINERS
    stacked = [unicodedata.category(mark) in _MARKS for mark in before[-_MOST_MARKS:]]
    is_stack = len(stacked) == _MOST_MARKS and all(stacked)
    if category in _BASES or (carried and each in _JOINERS):
        return
    if category in _MARKS and carried and not is_stack:
        return
    raise InvalidError(
        "username: may have letters and digits, and between them single '.', '_' or '-'"
    )


_RESERVED_SKELETONS: Final = frozenset(skeleton(each) for each in _RESERVED)
