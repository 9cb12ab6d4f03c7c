"""Countries by code and English name.

``countries.tsv`` has the codes of ISO 3166-1 with the names of Unicode CLDR
(unicode.org/license.txt), and XK, which atlases of addresses use, too.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_TABLE: Final = Path(__file__).with_name("countries.tsv")


def name_of(code: str) -> str:
    """Return the name of a country, or its code where it has none here."""
    return _names().get(code, code)


def code_of(text: str) -> str | None:
    """Return the code of a country given by code or name, in any case; None: it is neither."""
    if text.upper() in _names():
        return text.upper()
    wanted = text.casefold()
    return next((code for code, name in _names().items() if name.casefold() == wanted), None)


def every() -> tuple[str, ...]:
    """Return all codes, in the order of their countries' names."""
    return tuple(sorted(_names(), key=name_of))


@functools.cache
def _names() -> Mapping[str, str]:
    lines = _TABLE.read_text(encoding="utf-8").splitlines()
    return {code: name for code, _, name in (line.partition("\t") for line in lines)}
