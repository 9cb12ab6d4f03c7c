"""The language of the app: its own catalogue and Qt's, figures and dates, and which way it runs."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Final

from PyQt6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator
from PyQt6.QtGui import QGuiApplication

_FOLDER: Final = Path(__file__).with_name("languages")


class Language(enum.StrEnum):
    """What can be chosen; its value is kept in the settings and names the catalogue."""

    SYSTEM = "system"
    ENGLISH = "en"
    FRENCH = "fr"


_QT_LANGUAGES: Final = {
    QLocale.Language.English: Language.ENGLISH,
    QLocale.Language.French: Language.FRENCH,
}
#: The forms of figures and dates where the desktop has another language.
_LOCALES: Final = {
    Language.ENGLISH: QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom),
    Language.FRENCH: QLocale(QLocale.Language.French, QLocale.Country.France),
}


def language_of(kept: object) -> Language:
    """Return the language that was kept; what is none of them follows the desktop."""
    known = {each.value: each for each in Language}
    return known.get(str(kept), Language.SYSTEM)


def spoken(wanted: Language, system: QLocale) -> Language:
    """Return the language of the catalogue: English where the desktop's is not there. Pure."""
    if wanted is not Language.SYSTEM:
        return wanted
    return _QT_LANGUAGES.get(system.language(), Language.ENGLISH)


def locale_of(wanted: Language, system: QLocale) -> QLocale:
    """Return the forms of figures and dates: the desktop's own where its language is spoken."""
    language = spoken(wanted, system)
    is_own = _QT_LANGUAGES.get(system.language()) is language
    return system if is_own else _LOCALES[language]


def speak(wanted: Language, application: QGuiApplication) -> None:
    """Let everything that is made from now on be in ``wanted``."""
    system = QLocale.system()
    QLocale.setDefault(locale_of(wanted, system))
    language = spoken(wanted, system)
    qt_folder = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))
    use(application, (qt_folder / f"qtbase_{language}.qm", _FOLDER / f"worldvpn_{language}.qm"))
    application.setLayoutDirection(QLocale().textDirection())


def use(application: QCoreApplication, catalogues: tuple[Path, ...]) -> None:
    """Take the words from ``catalogues``, the last first, and from no other."""
    for old in application.findChildren(QTranslator):
        QCoreApplication.removeTranslator(old)
        old.deleteLater()
    for path in catalogues:
        translator = QTranslator(application)
        # Qt's own comes with some ways of installing it and not with others.
        if translator.load(str(path)):
            QCoreApplication.installTranslator(translator)
