"""Completion scripts for bash, zsh and fish, from one table of what each verb takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from worldvpn_app.cli import extensions
from worldvpn_app.cli.account_arguments import ACCOUNT_ACTIONS, RECEIPT_ACTIONS
from worldvpn_app.cli.arguments import LAST, SHARE_ACTIONS, VAULT_ACTIONS, VERBS
from worldvpn_app.cli.exits import Exit
from worldvpn_app.cli.listing import MEANINGS
from worldvpn_app.cli.session import Session
from worldvpn_app.cli.terminal import Line

_SIGNING: Final = ("--stdin", "--passphrase-file")

#: Every option of every verb, the common ones apart.
OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "import": ("--name", "--replace"),
    "profiles": ("--remove", "--ids"),
    "connect": ("--partial", "--no-wait"),
    "disconnect": ("--no-wait",),
    "pause": ("--no-wait",),
    "resume": (),
    "status": ("--check",),
    "watch": (),
    "traffic": ("--watch", "--last"),
    "why": ("--marked",),
    "settings": ("--yes",),
    "vault": (
        *("--yes", "--keyring", "--passphrase", "--key-file", "--from"),
        *("--passphrase-file", "--new-passphrase-file", "--backup-passphrase-file"),
    ),
    "share": ("--output", "--yes", "--drain", "--zone", "--reason", "--for"),
    "register": _SIGNING,
    "login": _SIGNING,
    "logout": ("--everywhere",),
    "account": ("--stdin",),
    "devices": (),
    "nodes": (
        *("--country", "--city", "--protocol", "--min-bandwidth"),
        *("--watch", "--limit", "--all"),
    ),
    "balance": ("--watch",),
    "history": ("--limit",),
    "wallet": (),
    "earnings": (),
    "privacy": (),
    "receipts": ("--root",),
    "gui": ("--theme", "--screenshots", "--hidden", "--install"),
    "plugins": (),
    "reset": ("--yes",),
    "daemon": (),
    "completion": (),
}
COMMON: Final = ("--json", "--socket", "--help")

#: Words a verb takes, as each shell gets them: fixed ones, or "$(command)".
_PROFILES: Final = "$(worldvpn profiles --ids 2>/dev/null)"
_WORDS: Final[Mapping[str, str]] = {
    "connect": f"{_PROFILES} fastest",
    "profiles": _PROFILES,
    "pause": "5m 15m 1h",
    "traffic": " ".join(LAST),
    "settings": f"{' '.join(MEANINGS)} on off none",
    "vault": " ".join(VAULT_ACTIONS),
    "account": " ".join(ACCOUNT_ACTIONS),
    "devices": "list revoke",
    "receipts": " ".join(RECEIPT_ACTIONS),
    "share": " ".join(SHARE_ACTIONS),
    "gui": "system dark light",
    "completion": "bash zsh fish",
}


def completion(session: Session) -> Exit:
    """Print the script for a shell."""
    shell = session.options.shell
    text = script(shell, tuple(extensions.names()))
    session.terminal.answer({"shell": shell, "script": text}, map(Line, text.splitlines()))
    return Exit.OK


def script(shell: str, more_verbs: tuple[str, ...] = ()) -> str:
    """Return the completion script for ``shell``: bash, zsh or fish. Pure.

    ``more_verbs`` are completed too, but not what follows them.
    """
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](more_verbs)


def _bash(more_verbs: tuple[str, ...]) -> str:
    cases = "\n".join(
        f'    {verb}) words="{_bash_words(verb)}" ;;' for verb in VERBS if verb != "import"
    )
    return f"""\
# bash completion for worldvpn. Load it: source <(worldvpn completion bash)
_worldvpn() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} verb= word words
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    [[ $word == -* ]] || {{ verb=$word; break; }}
  done
  case $verb in
    "") words="{" ".join((*VERBS, *more_verbs, *COMMON, "--version"))}" ;;
    import) words="{" ".join((*OPTIONS["import"], *COMMON))}"
      [[ $current == -* ]] || {{ COMPREPLY=($(compgen -f -- "$current")); return; }} ;;
{cases}
    *) words="" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -F _worldvpn worldvpn"""


def _bash_words(verb: str) -> str:
    return " ".join(filter(None, (_WORDS.get(verb, ""), *OPTIONS[verb], *COMMON)))


def _zsh(more_verbs: tuple[str, ...]) -> str:
    known = [*(f"{verb}:{text}" for verb, text in VERBS.items()), *more_verbs]
    summaries = "\n".join(f"    {_quoted(each)}" for each in known)
    cases = "\n".join(
        f"    {verb}) compadd -- {_bash_words(verb)} ;;" for verb in VERBS if verb != "import"
    )
    return f"""\
#compdef worldvpn
# zsh completion for worldvpn. Load it: source <(worldvpn completion zsh)
_worldvpn() {{
  local -a verbs=(
{summaries}
  )
  if (( CURRENT == 2 )); then
    _describe verb verbs
    return
  fi
  case $words[2] in
    import) compadd -- {" ".join((*OPTIONS["import"], *COMMON))}; _files ;;
{cases}
  esac
}}
compdef _worldvpn worldvpn"""


def _fish(more_verbs: tuple[str, ...]) -> str:
    lines = [
        "# fish completion for worldvpn. Load it: worldvpn completion fish | source",
        "complete -c worldvpn -f",
        *(f"complete -c worldvpn -n __fish_use_subcommand -a {verb}" for verb in more_verbs),
    ]
    for verb, text in VERBS.items():
        lines.append(
            f"complete -c worldvpn -n __fish_use_subcommand -a {verb} -d {_quoted(text)}",
        )
        seen = f"complete -c worldvpn -n '__fish_seen_subcommand_from {verb}'"
        if verb == "import":
            lines.append(f"{seen} -F")
        if verb in _WORDS:
            words = _WORDS[verb].replace("$(", "(")
            lines.append(f'{seen} -a "{words}"')
        lines += [f"{seen} -l {option.lstrip('-')}" for option in (*OPTIONS[verb], *COMMON)]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    escaped = text.replace("'", "'\\''")
    return f"'{escaped}'"
