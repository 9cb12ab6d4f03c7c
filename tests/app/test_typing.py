"""What may be typed: usage, help, verbs of others, completion, and the page that says it all."""

from __future__ import annotations

import argparse
import importlib.metadata
import re
import subprocess
from pathlib import Path

import pytest

from tests.app.command import Command
from tests.meta.tree import ROOT
from worldvpn_app.cli import extensions
from worldvpn_app.cli.arguments import VERBS, parser
from worldvpn_app.cli.completion import COMMON, OPTIONS, script
from worldvpn_app.cli.exits import Exit
from worldvpn_app.cli.listing import MEANINGS
from worldvpn_core.settings import CHANGEABLE

PAGE = (ROOT / "docs" / "cli.md").read_text()


def verb_parsers() -> dict[str, argparse.ArgumentParser]:
    (verbs,) = (
        action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)
    )
    found: dict[str, argparse.ArgumentParser] = verbs.choices
    return found


def options_of(verb: str) -> set[str]:
    return {option for action in verb_parsers()[verb]._actions for option in action.option_strings}


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ((), "say what to do: see `worldvpn --help`"),
        (("--bogus",), "unrecognized arguments: --bogus"),
        (("status", "--bogus"), "unrecognized arguments: --bogus"),
        (("import",), "the following arguments are required: FILE"),
        (("completion", "csh"), "invalid choice: 'csh'"),
        (("nonsense",), "there is no verb 'nonsense': see `worldvpn --help`"),
    ],
)
def test_wrong_usage_is_a_sentence(
    worldvpn: Command, typed: tuple[str, ...], sentence: str
) -> None:
    ended = worldvpn(*typed)
    assert (ended.code, ended.out) == (Exit.USAGE, "")
    assert ended.err.startswith(f"worldvpn: {sentence}") or sentence in ended.err
    assert worldvpn("--json", *typed).json["error"]["code"] == "usage"


def test_help_names_every_verb_and_exit_code(worldvpn: Command) -> None:
    out = worldvpn("--help").out
    assert [verb for verb in VERBS if f"\n    {verb} " not in out] == []
    assert [code for code in Exit if not re.search(rf"\b{code.value} ", out)] == []


def test_help_names_the_verbs_of_other_distributions(worldvpn: Command) -> None:
    installed = importlib.metadata.entry_points(group=extensions.GROUP)
    assert extensions.names() == sorted({entry.name for entry in installed})
    assert f"more verbs: {', '.join(extensions.names())}" in worldvpn("--help").out


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_has_its_own_help(capsys: pytest.CaptureFixture[str], verb: str) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args([verb, "--help"])
    assert ended.value.code == 0
    assert f"usage: worldvpn {verb} " in capsys.readouterr().out


def test_version_is_that_of_the_distribution(worldvpn: Command) -> None:
    version = importlib.metadata.version("worldvpn-app")
    assert worldvpn("--version").out == f"worldvpn {version}\n"
    assert worldvpn("--version", "--json").json == {"version": version}


@pytest.fixture
def brought(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a distribution that brings one good verb and two broken ones."""
    (tmp_path / "acme_verbs.py").write_text(
        "def greet(argv):\n    print('greet', *argv)\n    return 7\n",
    )
    metadata = tmp_path / "acme_verbs-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-verbs\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text(
        "[worldvpn.cli]\ngreet = acme_verbs:greet\nlost = acme_verbs:lost\n"
        "gone = acme_gone:main\nstatus = acme_verbs:greet\n",
    )
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("brought")
def test_verb_of_another_distribution_gets_what_was_typed(worldvpn: Command) -> None:
    ended = worldvpn("greet", "--json", "x")
    assert ended.code == 7
    assert re.fullmatch(r"greet --socket \S+ --json x\n", ended.out)


@pytest.mark.usefixtures("brought")
@pytest.mark.parametrize("verb", ["lost", "gone"])
def test_verb_that_cannot_be_loaded_is_a_sentence(worldvpn: Command, verb: str) -> None:
    ended = worldvpn(verb)
    assert ended.code == Exit.FAILED
    assert ended.err.startswith(f"worldvpn: the verb '{verb}' cannot be loaded from acme_")


@pytest.mark.usefixtures("brought")
def test_verb_of_another_distribution_cannot_replace_ours(worldvpn: Command) -> None:
    assert worldvpn("status").code == Exit.NO_DAEMON


@pytest.mark.parametrize("verb", VERBS)
def test_completion_knows_every_option(verb: str) -> None:
    assert {*OPTIONS[verb], *COMMON, "-h"} == options_of(verb)


def test_completion_for_bash_is_bash(worldvpn: Command) -> None:
    text = worldvpn("completion", "bash").out
    done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["worldvpn", "pl"], ["plugins"]),
        (["worldvpn", "--json", "disc"], ["disconnect"]),
        (["worldvpn", "pause", ""], ["5m", "15m", "1h", "--no-wait", *COMMON]),
        (["worldvpn", "settings", "lock"], ["lockdown"]),
        (["worldvpn", "import", "--re"], ["--replace"]),
        (["worldvpn", "status", "--c"], ["--check"]),
    ],
)
def test_completion_completes_in_bash(words: list[str], expected: list[str]) -> None:
    quoted = " ".join(f"'{word}'" for word in words)
    asked = (
        f"{script('bash')}\nCOMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}\n"
        '_worldvpn; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.split() == expected


@pytest.mark.usefixtures("brought")
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_names_the_verbs_of_other_distributions(worldvpn: Command, shell: str) -> None:
    assert "greet" in worldvpn("completion", shell).out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_names_every_verb_and_option(shell: str) -> None:
    text = script(shell)
    bare = {option.lstrip("-") for options in OPTIONS.values() for option in options}
    assert [word for word in (*VERBS, *bare, *MEANINGS) if word not in text] == []


def test_every_setting_that_can_be_changed_has_its_meaning() -> None:
    assert set(MEANINGS) == set(CHANGEABLE)


@pytest.mark.parametrize("verb", VERBS)
def test_page_has_every_verb_with_its_options(verb: str) -> None:
    assert re.search(rf"^`{verb}\b", PAGE, re.MULTILINE) or f"| `{verb}" in PAGE
    assert [option for option in OPTIONS[verb] if f"`{option}" not in PAGE] == []


def test_page_has_every_exit_code_and_setting() -> None:
    rows = [f"| {code.value} |" for code in Exit] + [f"| `{name}` |" for name in MEANINGS]
    assert [row for row in rows if row not in PAGE] == []
