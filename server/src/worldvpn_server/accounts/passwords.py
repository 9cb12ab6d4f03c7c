"""What may be a password: long enough, not everybody's, not the name (NIST SP 800-63B, 3.1.1)."""

from __future__ import annotations

import unicodedata
from typing import Final

from zxcvbn import zxcvbn

from worldvpn_server.errors import InvalidError

FEWEST_CHARACTERS: Final = 10
MOST_BYTES: Final = 1024
#: What an attacker guesses within this many tries is as good as on a list of common passwords:
#: the list itself, its words in other letters, repeats, keyboard rows, dates.
_FEWEST_GUESSES: Final = 1_000_000
#: Longer ones are guessed by nobody, and matching takes longer than hashing.
_MOST_MATCHED_CHARACTERS: Final = 24
#: Its search over letters written as digits doubles with each of them.
_WRITTEN_AS_LETTERS: Final = frozenset("48@({[<3691!|70$5+%2")
_MOST_WRITTEN_AS_LETTERS: Final = 7


def normalised(password: str) -> str:
    """Return ``password`` as every keyboard's input becomes it (NFKC; RFC 8265 section 4.2).

    Raises:
        InvalidError: it is too long, or no text.
    """
    try:
        size_bytes = len(password.encode())
    except UnicodeEncodeError as error:
        raise InvalidError("password: has half a character: type it again") from error
    text = unicodedata.normalize("NFKC", password) if size_bytes <= MOST_BYTES else ""
    if size_bytes > MOST_BYTES or len(text.encode()) > MOST_BYTES:
        raise InvalidError(f"password: must have at most {MOST_BYTES} bytes")
    return text


def check_new(password: str, name_key: str) -> None:
    """Refuse what should not become the password of ``name_key``; ``password`` is normalised.

    Takes milliseconds: call it from a thread.

    Raises:
        InvalidError: it says which rule, and never repeats the password.
    """
    if len(password) < FEWEST_CHARACTERS:
        raise InvalidError(f"password: must have at least {FEWEST_CHARACTERS} characters")
    if password.casefold() == name_key:
        raise InvalidError("password: must not be the username")
    if is_common(password, name_key):
        raise InvalidError("password: is among those that are guessed first: choose another")


def is_common(password: str, name_key: str) -> bool:
    """Return whether ``password`` falls to guessing by lists and patterns."""
    if len(set(password)) <= 2:  # noqa: PLR2004 - one character, or two in turn
        return True
    letters = _WRITTEN_AS_LETTERS & set(password)
    if len(password) > _MOST_MATCHED_CHARACTERS or len(letters) > _MOST_WRITTEN_AS_LETTERS:
        return password.casefold().strip("0123456789") in {"", name_key}
    # What no list holds but everybody here thinks of first.
    found = zxcvbn(password, user_inputs=[name_key, "worldvpn", "wireguard"])
    return int(found["guesses"]) < _FEWEST_GUESSES
