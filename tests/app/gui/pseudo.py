"""Languages that nobody speaks: one that is long and accented, one that runs from right to left."""

from __future__ import annotations

import enum
import re

from PyQt6.QtCore import QCoreApplication, QLocale, Qt, QTranslator
from PyQt6.QtWidgets import QApplication

from worldvpn_app.gui.language import Language, speak, use

_HOLE = re.compile(r"(\{\w*\})")
_ACCENTS = str.maketrans("aceinouyACEINOU", "àçéîñôûýÀÇÉÎÑÔÛ")
_LONGER = 0.6
_RLM, _RLO, _PDF = "\u200f", "\u202e", "\u202c"


class Spoken(enum.StrEnum):
    """What a window is drawn in."""

    ENGLISH = "en"
    FRENCH = "fr"
    LONG = "long"
    RIGHT_TO_LEFT = "rtl"


def longer(text: str) -> str:
    """Return ``text`` with accents, in brackets, and three fifths longer, in short words."""
    more = round(len(_HOLE.sub("", text)) * _LONGER)
    tail = " ".join("îîîîî"[: min(5, more - at)] for at in range(0, more, 6))
    accented = "".join(
        part if _HOLE.fullmatch(part) else part.translate(_ACCENTS) for part in _HOLE.split(text)
    )
    return f"[{accented} {tail}]" if tail else f"[{accented}]"


def turned(text: str) -> str:
    """Return ``text`` as if written from right to left, word by word."""
    words = [
        part if not part or part.isspace() or _HOLE.fullmatch(part) else f"{_RLO}{part}{_PDF}"
        for part in re.split(r"(\{\w*\}|\s+)", text)
    ]
    return f"{_RLM}{''.join(words)}" if text else ""


class Pseudo(QTranslator):
    """Translates everything."""

    def __init__(self, spoken: Spoken, parent: QApplication) -> None:
        super().__init__(parent)
        self._turn = longer if spoken is Spoken.LONG else turned

    def isEmpty(self) -> bool:
        return False

    def translate(
        self,
        context: str | None,
        source: str | None,
        disambiguation: str | None = None,
        n: int = -1,
    ) -> str:
        del context, disambiguation, n
        return self._turn(source or "")


def speak_any(spoken: Spoken, application: QApplication) -> None:
    """Let what is made from now on be in ``spoken``, and run its way."""
    if spoken in {Spoken.ENGLISH, Spoken.FRENCH}:
        speak(Language(spoken.value), application)
        return
    use(application, ())
    QCoreApplication.installTranslator(Pseudo(spoken, application))
    is_turned = spoken is Spoken.RIGHT_TO_LEFT
    QLocale.setDefault(QLocale("he_IL" if is_turned else "en_GB"))
    way = Qt.LayoutDirection.RightToLeft if is_turned else Qt.LayoutDirection.LeftToRight
    application.setLayoutDirection(way)
