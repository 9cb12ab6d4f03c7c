"""Settings as a file, and back: what a file would change, said before it does. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import attrs
from PyQt6.QtCore import QCoreApplication

from worldvpn_app.gui.present.settings import Setting, in_words, sections
from worldvpn_app.gui.present.view import clean

translate = QCoreApplication.translate
#: A file of settings is a few KiB.
MOST_BYTES: Final = 262_144
_KIND: Final = "worldvpn-settings"
_VERSION: Final = 1
_LONGEST: Final = 60
_MOST_LINES: Final = 40


@attrs.frozen(kw_only=True)
class Plan:
    """What would be changed."""

    changes: Mapping[str, object]
    #: Each change in words.
    lines: tuple[str, ...]
    #: Names in the file that the daemon does not know.
    left_out: tuple[str, ...] = ()
    #: What the changes give up, to be agreed to; "": nothing.
    consequence: str = ""


def exported(answer: Mapping[str, Any]) -> str:
    """Return the settings of the daemon's ``answer`` as the text of a file."""
    told = {"kind": _KIND, "version": _VERSION, "settings": answer.get("settings") or {}}
    return f"{json.dumps(told, indent=2, ensure_ascii=False)}\n"


def imported(text: str, answer: Mapping[str, Any]) -> Plan:
    """Return what the file ``text`` would change of ``answer``.

    Raises:
        ValueError: it is no file of settings, in a sentence.
    """
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict) or read.get("kind") != _KIND:
        raise ValueError(translate("settings", "That is no file of WorldVPN settings."))
    if read.get("version") != _VERSION:
        raise ValueError(translate("settings", "That file is of a newer WorldVPN."))
    values = read.get("settings")
    return _plan(values if isinstance(values, dict) else {}, answer)


def reset(answer: Mapping[str, Any]) -> Plan | None:
    """Return what would have to change until all is as at first; None: that is not known."""
    defaults = answer.get("defaults")
    return _plan(defaults, answer) if isinstance(defaults, Mapping) else None


def _plan(values: Mapping[str, object], answer: Mapping[str, Any]) -> Plan:
    known = {each.name: each for section in sections(answer) for each in section.settings}
    present = answer.get("settings") or {}
    changes = {
        name: value
        for name, value in values.items()
        if name in known and _plain(value) != _plain(present.get(name))
    }
    given_up = [
        known[name].consequence
        for name, value in changes.items()
        if known[name].is_dangerous(value)
    ]
    return Plan(
        changes=changes,
        lines=tuple(_line(known[name], value) for name, value in changes.items())[:_MOST_LINES],
        left_out=tuple(clean(name, _LONGEST) for name in values if name not in known)[:_MOST_LINES],
        consequence=" ".join(f"{each[:1].upper()}{each[1:]}." for each in given_up),
    )


def _line(setting: Setting, value: object) -> str:
    return translate("settings", "{name}: {old} becomes {new}").format(
        name=setting.label, old=_words(setting, setting.value), new=_words(setting, value)
    )


def _words(setting: Setting, value: object) -> str:
    named = [words for choice, words in setting.choices if _plain(choice) == _plain(value)]
    text = named[0] if named else clean(in_words(value), _LONGEST)
    unit = f"\u00a0{setting.unit}" if setting.unit and not named else ""
    return f"{text}{unit}"


def _plain(value: object) -> str:
    """Return ``value`` as it crosses the API, where 1 is not true and lists are lists."""
    return json.dumps(value, sort_keys=True)
