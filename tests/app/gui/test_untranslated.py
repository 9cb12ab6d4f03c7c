"""No English is left on any page in another language, but for names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.resources import files

import pytest
from PyQt6 import sip
from PyQt6.QtWidgets import QApplication, QWidget

import worldvpn_app.gui.screens
from tests.app.gui.pseudo import Spoken, speak_any
from tests.app.gui.scenes import Scene, scenes
from worldvpn_app.cli.countries import every, name_of
from worldvpn_app.gui import style
from worldvpn_app.gui.language import Language, speak
from worldvpn_app.gui.tokens import DARK, Theme
from worldvpn_core.ipc.protocol import SOCKET_PATH

#: What the daemon says in words; everything else of the sample is a name.
SAID = frozenset({"detail", "text", "label", "help", "consequence", "reason"})
WORD = re.compile(r"[^\W\d_]{2,}")
#: Names that are the same everywhere, units, and what is typed.
KNOWN = frozenset(
    WORD.findall(
        "WorldVPN WireGuard Shadowsocks English Français bytes KiB MiB GiB TiB udp tcp"
        " sudo worldvpn usermod -aG $USER ls abc atlantis example.org 7KQD-2M4X-PV9R-TTGW"
        f" sample tachyons ValueError {SOCKET_PATH}"
    )
)
TRANSLATED = re.compile(r"\[[^\[\]]*\]")


def _names(value: object, key: str = "") -> Iterator[str]:
    match value:
        case dict():
            for name, each in value.items():
                yield from _names(each, name)
        case list():
            for each in value:
                yield from _names(each, key)
        case str() if value[:1] in "{[" and key == "json":
            yield from _names(json.loads(value))
        case str() if key not in SAID:
            yield from WORD.findall(value)


def _logged(value: object) -> Iterator[str]:
    """Yield the words of the daemon's log, which is English for whoever is asked for help."""
    match value:
        case dict():
            for key, each in value.items():
                if key == "log.tail":
                    yield from WORD.findall(json.dumps(each, ensure_ascii=False))
                else:
                    yield from _logged(each)
        case list():
            for each in value:
                yield from _logged(each)


@pytest.fixture(scope="module")
def names() -> frozenset[str]:
    package = files(worldvpn_app.gui.screens)
    kept = [
        json.loads(package.joinpath(name).read_text("utf-8"))
        for name in ("sample.json", "recorded.json")
    ]
    countries = WORD.findall(" ".join(map(name_of, every())))
    return frozenset({*_names(kept), *_logged(kept), *countries, *KNOWN})


@pytest.fixture
def _long(qapp: QApplication) -> Iterator[None]:
    speak_any(Spoken.LONG, qapp)
    style.apply(qapp, DARK)
    yield
    speak(Language.ENGLISH, qapp)


def words_of(window: QWidget) -> Iterator[str]:
    for each in window.findChildren(QWidget):
        if each.isVisible():
            yield from (each.accessibleName(), each.accessibleDescription(), each.toolTip())
            for name in ("text", "placeholderText", "currentText"):
                yield getattr(each, name, str)()


def bare(text: str) -> str:
    """Return what of ``text`` no translation made; one may lie within another."""
    while TRANSLATED.search(text):
        text = TRANSLATED.sub(" ", text)
    return text


@pytest.mark.usefixtures("_long")
@pytest.mark.parametrize("scene", [*scenes()], ids=lambda scene: scene.name)
def test_every_word_is_translated(scene: Scene, names: frozenset[str]) -> None:
    window = scene.window(Theme.DARK, (1_100, 720))
    left = {text for text in words_of(window) if not names.issuperset(WORD.findall(bare(text)))}
    window.close()
    sip.delete(window)
    assert left == set()


def test_what_is_not_translated_is_seen() -> None:
    assert WORD.findall(bare("[Tûññél îîî] left over [îîî [ïn] îîî]")) == ["left", "over"]
