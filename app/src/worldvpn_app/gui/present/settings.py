"""Settings as the daemon declares them: what each is, how it is drawn, what was typed. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import Any, Final

import attrs
from PyQt6.QtCore import QCoreApplication

from worldvpn_app.gui.present.told import told
from worldvpn_app.gui.present.view import clean

translate = QCoreApplication.translate
_LONGEST: Final = 160
_MOST_PORT: Final = 65_535
#: Kinds that this app can draw; another is shown, not changed.
KNOWN: Final = frozenset(
    {
        *("switch", "whole", "ports", "text", "country", "nodes", "destination"),
        *("choice", "classes", "windows", "zone", "addresses"),
    }
)
_WINDOW: Final = re.compile(
    r"(?:daily|[a-z]{3}(?:[,-][a-z]{3})*) [0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]"
)


@attrs.frozen(kw_only=True)
class Setting:
    """One setting and its present value."""

    name: str
    section: str
    kind: str
    label: str
    help: str
    value: object
    unit: str = ""
    least: int = 0
    most: int = 0
    #: Values with words of their own.
    choices: tuple[tuple[object, str], ...] = ()
    #: The value that is taken only when it was agreed to, and what it gives up.
    danger: object = None
    consequence: str = ""

    @property
    def is_known(self) -> bool:
        """Whether this app can change it."""
        return self.kind in KNOWN

    def is_dangerous(self, value: object) -> bool:
        """Say whether going over to ``value`` must be agreed to."""
        return bool(self.consequence) and value is self.danger and self.value is not self.danger


@attrs.frozen(kw_only=True)
class Section:
    """Settings under one heading."""

    name: str
    title: str
    settings: tuple[Setting, ...]


def sections(answer: Mapping[str, Any]) -> tuple[Section, ...]:
    """Return the sections of the daemon's answer, in its order; one of a new name comes too."""
    values: Mapping[str, object] = answer.get("settings") or {}
    by_section: dict[str, list[Setting]] = {}
    for declared in answer.get("declared") or ():
        setting = _setting(declared, values.get(str(declared.get("name"))))
        by_section.setdefault(setting.section, []).append(setting)
    return tuple(
        Section(name=name, title=title_of(name), settings=tuple(each))
        for name, each in by_section.items()
    )


def title_of(section: str) -> str:
    """Return a section's heading."""
    known = {
        "protection": translate("settings", "Protection"),
        "connection": translate("settings", "Connection"),
        "sharing": translate("settings", "Sharing"),
    }
    return known.get(section) or clean(section, 40).capitalize()


def icon_of(section: str) -> str:
    """Return the icon beside a section's name."""
    return {"protection": "shield", "connection": "plug", "sharing": "share-2"}.get(
        section, "settings"
    )


def matching(found: Iterable[Section], search: str) -> tuple[Section, ...]:
    """Return what of ``found`` has all words of ``search``; sections without any are left out."""
    words = search.casefold().split()
    kept = []
    for section in found:
        settings = tuple(
            each
            for each in section.settings
            if all(word in f"{each.label} {each.help}".casefold() for word in words)
        )
        if settings:
            kept.append(attrs.evolve(section, settings=settings))
    return tuple(kept)


def ports(text: str) -> list[int] | None:
    """Return the ports in ``text``, told apart by commas or blanks; None: one is none."""
    found = []
    for word in text.replace(",", " ").split():
        if not word.isascii() or not word.isdigit() or not 1 <= int(word) <= _MOST_PORT:
            return None
        found.append(int(word))
    return found


def addresses(text: str) -> list[str] | None:
    """Return the IP addresses in ``text``, told apart by commas or blanks; None: one is none."""
    try:
        return [str(ip_address(word)) for word in text.replace(",", " ").split()]
    except ValueError:
        return None


def windows(text: str) -> list[str] | None:
    """Return the hours in ``text``, told apart by semicolons; None: one is not written as such."""
    found = [" ".join(each.lower().split()) for each in text.split(";") if each.strip()]
    return found if all(_WINDOW.fullmatch(each) for each in found) else None


def in_words(value: object) -> str:
    """Return a value that this app cannot draw as it stands."""
    if value is None:
        return translate("settings", "None")
    if isinstance(value, bool):
        return translate("settings", "On") if value else translate("settings", "Off")
    if isinstance(value, list | tuple):
        return ", ".join(clean(str(each), 40) for each in value[:5]) or translate(
            "settings", "None"
        )
    return clean(str(value), _LONGEST)


def _setting(declared: Mapping[str, Any], value: object) -> Setting:
    danger = declared.get("danger") or {}
    return Setting(
        name=str(declared.get("name")),
        section=str(declared.get("section") or "other"),
        kind=str(declared.get("kind")),
        label=told(str(declared.get("label") or declared.get("name"))),
        help=told(str(declared.get("help") or "")),
        value=value,
        unit=clean(told(str(declared.get("unit") or "")), 16),
        least=int(declared.get("least") or 0),
        most=int(declared.get("most") or 0),
        choices=tuple(
            (choice.get("value"), clean(told(str(choice.get("label"))), 60))
            for choice in declared.get("choices") or ()
        ),
        danger=danger.get("value"),
        consequence=told(str(danger.get("consequence") or "")),
    )
