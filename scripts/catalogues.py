"""Brings the app's catalogues up to date: python scripts/catalogues.py.

Finds every string of the app, adds what is new to the catalogues, takes out what is used no
more, compiles them, and names what has no translation yet: type it into
``app/src/worldvpn_app/gui/languages/worldvpn_fr.ts`` and run this again.

Needs ``lrelease`` (Debian: qt6-l10n-tools); strings are found by PyQt6's pylupdate6.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

_GUI: Final = Path(__file__).resolve().parents[1] / "app/src/worldvpn_app/gui"
_CATALOGUES: Final = ("worldvpn_en.ts", "worldvpn_fr.ts")
_LRELEASE: Final = ("lrelease", "lrelease6", "/usr/lib/qt6/bin/lrelease")


def main() -> int:
    """Update and compile both catalogues; return how many strings lack a translation."""
    lrelease = next(filter(None, map(shutil.which, _LRELEASE)), None)
    if lrelease is None:
        sys.exit("lrelease is missing: apt install qt6-l10n-tools")
    sources = sorted(map(str, _GUI.rglob("*.py")))
    lacking = 0
    for name in _CATALOGUES:
        path = _GUI / "languages" / name
        program = Path(sys.executable).with_name("pylupdate6")
        command = [str(program), "--no-obsolete", "--no-summary", "--ts", str(path), *sources]
        subprocess.run(command, check=True)  # noqa: S603 - our own
        tidy(path, is_english=name == "worldvpn_en.ts")
        lacking += sum(map(tell, unfinished(path)))
        subprocess.run([lrelease, "-silent", "-nounfinished", path], check=True)  # noqa: S603
    return lacking


def tidy(path: Path, *, is_english: bool) -> None:
    """Leave out line numbers, and of the English catalogue all but plurals; sort the rest."""
    root = _read(path)
    root.set("language", "en_GB" if is_english else "fr_FR")
    root.set("sourcelanguage", "en_GB")
    for context in [*root.iterfind("context")]:
        for message in [*context.iterfind("message")]:
            for place in [*message.iterfind("location")]:
                message.remove(place)
            if is_english and message.get("numerus") != "yes":
                context.remove(message)
        if context.find("message") is None:
            root.remove(context)
    root[:] = sorted(root, key=lambda each: each.findtext("name", ""))
    for context in root:
        context[1:] = sorted(context[1:], key=lambda each: each.findtext("source", ""))
    ET.indent(root, "  ")
    text = ET.tostring(root, encoding="unicode")
    path.write_text(
        f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{text}\n', encoding="utf-8"
    )


def unfinished(path: Path) -> list[str]:
    """Return what has no translation."""
    found = []
    for context in _read(path):
        for message in context.iterfind("message"):
            translation = message.find("translation")
            if translation is None or translation.get("type") == "unfinished":
                found.append(
                    f"{path.name}: {context.findtext('name')}: {message.findtext('source')}"
                )
    return found


def _read(path: Path) -> ET.Element:
    return ET.parse(path).getroot()  # noqa: S314 - our own file


def tell(line: str) -> int:
    """Print ``line``; return 1, to be counted."""
    sys.stdout.write(f"{line}\n")
    return 1


if __name__ == "__main__":
    sys.exit(min(main(), 1))
