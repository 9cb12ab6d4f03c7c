"""What every file of the repository keeps to."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.meta.tree import ROOT, Distribution, distributions, parsed, python_files

MOST_LINES = 300
FEWEST_README_WORDS = 30

#: Spelled in two halves, so that this file does not contain what it forbids.
MACHINE_WORDS = (
    "/wo" + "rk/",
    "/ro" + "ot/",
    "../sha" + "red",
    "pypi" + ".org",
    "files.python" + "hosted",
    "deb.deb" + "ian.org",
    "registry.np" + "mjs",
)

#: A rule may be silenced on one line, by name and with the reason behind it.
SILENCED = re.compile("# " + r"noqa(?!: [A-Z]+[0-9]+(, ?[A-Z]+[0-9]+)*  ?(-|#|—) ?\w+)")
OPT_OUTS = re.compile(
    "type" + ": ignore|# ?" + "mypy:|pyright" + ":|@no_type" + "_check|ruff" + ": noqa"
)

TEXT_SUFFIXES = {".py", ".md", ".toml", ".lock", ".sh", ".bash", ".yml", ".txt", ""}
TOP_FILES = [path for path in ROOT.iterdir() if path.is_file() and path.suffix in TEXT_SUFFIXES]
TOP_FOLDERS = [ROOT / name for name in ("scripts", ".ci", "docs")]


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _text_files() -> list[Path]:
    folders = [*TOP_FOLDERS, *(one.folder for one in distributions())]
    folders += [ROOT / "tests", ROOT / "benchmarks"]
    found = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return [
        path
        for path in [*TOP_FILES, *found]
        if path.suffix in TEXT_SUFFIXES and path.name != "LICENSE"
    ]


def _lines_matching(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    return [
        f"{_shown(file)}:{number}: {line.strip()}"
        for file in files
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_module_is_longer_than_a_reader_can_hold() -> None:
    lengths = {_shown(file): len(file.read_text().splitlines()) for file in python_files()}
    assert {name: count for name, count in lengths.items() if count > MOST_LINES} == {}


def test_every_module_says_what_it_is_for() -> None:
    assert [_shown(file) for file in python_files() if not ast.get_docstring(parsed(file))] == []


def test_no_module_is_called_by_a_word_that_says_nothing() -> None:
    names = {file: file.stem.split("_") for file in python_files()}
    empty = {"util", "utils", "helper", "misc", "common", "manager", "handler"}
    assert [_shown(file) for file, words in names.items() if empty & set(words)] == []


def test_no_file_opts_out_of_type_checking() -> None:
    assert _lines_matching(OPT_OUTS, list(python_files())) == []


def test_every_silenced_rule_is_named_and_has_its_reason() -> None:
    assert _lines_matching(SILENCED, list(python_files())) == []


def test_type_checking_is_strict_everywhere() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]
    assert (settings["strict"], settings.get("overrides")) == (True, None)


def test_no_file_names_a_machine_or_a_registry() -> None:
    words = re.compile("|".join(re.escape(word) for word in MACHINE_WORDS))
    assert _lines_matching(words, _text_files()) == []


def test_lock_file_has_hashes_and_no_addresses() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    requirements = re.split(r"\n(?=\S)", lock.strip())
    assert "://" not in lock
    assert [text for text in requirements if "--hash=sha256:" not in text] == []


def test_lock_file_satisfies_every_declared_dependency() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    locked = dict(re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", lock, re.MULTILINE))
    development = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["dev"]
    declared = [text for one in distributions() for text in one.dependencies] + development
    wanted = [Requirement(text) for text in declared]
    unmet = [
        str(one)
        for one in wanted
        if not one.name.startswith("worldvpn-")
        and not one.specifier.contains(locked.get(one.name, "0"))
    ]
    assert unmet == [], "run scripts/lock"


@pytest.mark.parametrize("one", distributions(), ids=lambda one: one.package)
def test_distribution_is_complete(one: Distribution) -> None:
    licence = "GPL-3.0-or-later" if one.package == "worldvpn_app" else "Apache-2.0"
    readme = (one.folder / "README.md").read_text()
    assert one.license == licence
    assert len(readme.split()) >= FEWEST_README_WORDS
    assert (one.source / "py.typed").is_file()
    assert one.folder.name in one.name


def test_every_distribution_is_locked_for_and_type_checked() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    sources = {f"$MYPY_CONFIG_FILE_DIR/{_shown(one.source.parent)}" for one in distributions()}
    assert sources <= set(settings["tool"]["mypy"]["mypy_path"])
    assert {one.name for one in distributions()} == set(settings["tool"]["uv"]["sources"])
