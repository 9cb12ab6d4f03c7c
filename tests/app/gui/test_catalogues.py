"""The catalogues: every string of the app in every language, and nothing besides."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import attrs
import pytest
from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import QApplication

import worldvpn_app.gui
from worldvpn_app.cli.countries import every
from worldvpn_app.gui.language import Language, speak, use
from worldvpn_app.gui.present.told import told
from worldvpn_core.central import causes
from worldvpn_core.decide import HELD_BY_BLOCK, HELD_BY_LOCKDOWN
from worldvpn_core.declared import DECLARED
from worldvpn_core.errors import ConfigError
from worldvpn_core.notices import UNPROTECTED
from worldvpn_core.protocols import Protocols
from worldvpn_core.share.listed import REASONS
from worldvpn_core.share.runner import HOST_UNPROTECTED
from worldvpn_core.testing.fakes import FakeLinks, FakeTransport
from worldvpn_core.tunnel.machine import PAUSE_OVER
from worldvpn_core.wanted import RESTARTED, STOPPED

GUI = Path(worldvpn_app.gui.__file__).parent
LANGUAGES = ("en", "fr")
TRANSLATES = {"translate", "QCoreApplication.translate"}
HOLE = re.compile(r"\{\w*\}")
#: What is the same in both languages, or is no word.
SAME = re.compile(r"[\W\d_]*|WorldVPN|UDP \{port\}|MTU \{n\}|\{n\}.*|\{hours\}.*|[A-Z]+|Mbit/s")


@attrs.frozen
class Message:
    context: str
    source: str
    forms: tuple[str, ...] = ()
    is_plural: bool = False
    is_finished: bool = True

    @property
    def key(self) -> tuple[str, str, bool]:
        return self.context, self.source, self.is_plural


def messages(path: Path) -> Iterator[Message]:
    for context in _read(path).iterfind("context"):
        for message in context.iterfind("message"):
            translation = message.find("translation")
            assert translation is not None
            plural = [each.text or "" for each in translation.iterfind("numerusform")]
            yield Message(
                context=context.findtext("name", ""),
                source=message.findtext("source", ""),
                forms=tuple(plural) or (translation.text or "",),
                is_plural=message.get("numerus") == "yes",
                is_finished=translation.get("type") is None,
            )


def _read(path: Path) -> ET.Element:
    return ET.parse(path).getroot()  # noqa: S314 - our own file


def catalogue(language: str) -> list[Message]:
    return [*messages(GUI / "languages" / f"worldvpn_{language}.ts")]


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str, bool]]:
    """What the sources say, as pylupdate6 finds it."""
    found = tmp_path_factory.mktemp("found") / "found.ts"
    sources = sorted(map(str, GUI.rglob("*.py")))
    program = Path(sys.executable).with_name("pylupdate6")
    subprocess.run([program, "--no-summary", "--ts", str(found), *sources], check=True)
    return {each.key for each in messages(found)}


def test_every_string_of_the_app_is_in_the_french_catalogue_and_no_other_is(
    used: set[tuple[str, str, bool]],
) -> None:
    told = {each.key for each in catalogue("fr")}
    assert sorted(used - told) == [], "run scripts/catalogues.py and translate these"
    assert sorted(told - used) == [], "run scripts/catalogues.py: these are used no more"


def test_every_plural_is_in_the_english_catalogue_and_nothing_else_is(
    used: set[tuple[str, str, bool]],
) -> None:
    plurals = {key for key in used if key[2]}
    assert plurals == {each.key for each in catalogue("en")}
    assert plurals


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_string_is_translated_with_all_its_forms(language: str) -> None:
    lacking = [
        each.source
        for each in catalogue(language)
        if not each.is_finished or not all(each.forms) or len(each.forms) != 1 + each.is_plural
    ]
    assert lacking == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_put_into_a_string_is_put_into_its_translation(language: str) -> None:
    wrong = [
        (each.source, form)
        for each in catalogue(language)
        for form in each.forms
        if sorted(HOLE.findall(form)) != sorted(HOLE.findall(each.source))
    ]
    assert wrong == []


def test_french_ends_a_sentence_where_english_does() -> None:
    wrong = [
        (each.source, form)
        for each in catalogue("fr")
        for form in each.forms
        if each.source[-1:] in ".:?" and form[-1:] != each.source[-1:]
    ]
    assert wrong == []


def test_french_is_set_as_french_is() -> None:
    """No blank that breaks before a high sign, no typewriter's apostrophe, no exclamation."""
    wrong = [
        form
        for each in catalogue("fr")
        for form in each.forms
        if re.search(r" [:;?»]|« |\w'\w|!|[^\s\u00a0]:(\s|$)|[^\s\u202f][;?]", form)
    ]
    assert wrong == []


def test_nothing_was_left_in_english_by_oversight() -> None:
    known_alike = {
        "Destination",
        "Tunnel",
        "tunnel",
        "Public",
        "Pause",
        "Protection",
        "Diagnostics",
        "Notifications",
        "Web",
    }
    alike = {each.source for each in catalogue("fr") if each.forms == (each.source,)}
    assert {each for each in alike if not SAME.fullmatch(each)} <= known_alike


@pytest.fixture
def _afterwards_english(qapp: QApplication) -> Iterator[None]:
    yield
    speak(Language.ENGLISH, qapp)


@pytest.mark.usefixtures("_afterwards_english")
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_shipped_is_what_the_catalogue_says(language: str, qapp: QApplication) -> None:
    use(qapp, (GUI / "languages" / f"worldvpn_{language}.qm",))
    translate = QCoreApplication.translate
    for each in catalogue(language):
        if each.is_plural:
            one = translate(each.context, each.source, "", 1)
            assert (one, translate(each.context, each.source, "", 5)) == each.forms
        else:
            assert (translate(each.context, each.source),) == each.forms


def test_one_command_brings_the_catalogues_up_to_date(tmp_path: Path) -> None:
    if shutil.which("lrelease", path="/usr/lib/qt6/bin:/usr/bin") is None:
        pytest.skip("lrelease is missing: apt install qt6-l10n-tools")
    root = GUI.parents[3]
    copied = tmp_path / "app/src/worldvpn_app/gui"
    shutil.copytree(GUI, copied)
    shutil.copytree(root / "scripts", tmp_path / "scripts")
    fresh = copied / "fresh.py"
    fresh.write_text('from PyQt6.QtCore import QCoreApplication\n\n'
        'WORDS = QCoreApplication.translate("home", "Not yet in French")\n', "utf-8")  # fmt: skip
    done = subprocess.run(
        [sys.executable, tmp_path / "scripts/catalogues.py"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "worldvpn_fr.ts: home: Not yet in French\n"
    fresh.unlink()
    subprocess.run([sys.executable, tmp_path / "scripts/catalogues.py"], check=True)
    for language in LANGUAGES:
        name = f"languages/worldvpn_{language}.ts"
        assert (copied / name).read_text("utf-8") == (GUI / name).read_text("utf-8")


def test_no_string_is_made_up_where_it_is_translated() -> None:
    """What is not written out is found by nobody; told.py translates what said.py lists."""
    wrong = []
    for path in GUI.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            is_called = isinstance(node, ast.Call) and ast.unparse(node.func) in TRANSLATES
            if isinstance(node, ast.Call) and is_called and path.name != "told.py":
                literal = [isinstance(each, ast.Constant) for each in node.args[:2]]
                if literal != [True, True]:
                    wrong.append(f"{path.name}:{node.lineno}")
    assert wrong == []


def about_protocols() -> Iterator[str]:
    none, one = Protocols(()), Protocols.among([FakeTransport(FakeLinks())])
    for declared in none.declared("masque"):
        yield from (each.label for each in declared.choices if each.value == "masque")
    for refused in (none.to_try, none.check, one.check):
        try:
            refused("masque")
        except ConfigError as error:
            yield str(error)


def daemons_sentences() -> Iterator[str]:
    for declared in DECLARED:
        yield from filter(None, (declared.label, declared.help, declared.unit))
        yield from (choice.label for choice in declared.choices)
        if declared.danger is not None:
            yield declared.danger.consequence
    yield from about_protocols()
    yield from REASONS.values()
    yield UNPROTECTED[1]
    for cause in (
        *(RESTARTED, STOPPED.cause, PAUSE_OVER, HELD_BY_BLOCK, HELD_BY_LOCKDOWN),
        *(HOST_UNPROTECTED, causes.SIGNED_OUT, causes.OUT_OF_CREDIT, causes.of_end("expired")),
    ):
        yield cause.detail


@pytest.mark.usefixtures("french")
@pytest.mark.parametrize("sentence", [*daemons_sentences()])
def test_what_the_daemon_says_is_said_in_french(sentence: str) -> None:
    assert told(sentence) not in {"", sentence} or SAME.fullmatch(sentence)


def test_every_country_has_a_name_in_french() -> None:
    lines = (GUI / "languages/countries_fr.tsv").read_text("utf-8").splitlines()
    names = dict(line.split("\t") for line in lines)
    assert {*names} == {*every()}
    assert all(names.values())
