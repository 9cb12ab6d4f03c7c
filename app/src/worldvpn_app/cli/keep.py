"""Verbs for what the daemon keeps: profiles and settings."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from worldvpn_app.cli.exits import CommandError, Exit, UsageError
from worldvpn_app.cli.listing import (
    profile_lines,
    setting_choices,
    setting_lines,
    setting_words,
)
from worldvpn_app.cli.session import Session
from worldvpn_app.cli.terminal import Line, Role
from worldvpn_app.cli.wording import setting
from worldvpn_core.ipc.protocol import MAX_PROFILE_BYTES

_FALLBACK_NAME: Final = "profile"
_MAX_NAME: Final = 64

#: Changes that give protection up, and what is asked before they are made.
_DANGEROUS: Final[Mapping[tuple[str, object], str]] = {
    ("kill_switch", False): (
        "Without the kill switch your traffic leaves unprotected whenever the tunnel falls."
        " Switch it off?"
    ),
}

#: A tunnel that stands keeps what it has of these.
_LATER: Final = frozenset({"protocol", "dns_servers"})


def import_profile(session: Session) -> Exit:
    """Hand a profile file to the daemon; it is read there, without rights."""
    options = session.options
    text = _read(options.file)
    name = options.name or _name_of(options.file)
    reply = session.client().call("profiles.import", name=name, text=text, replace=options.replace)
    profile = reply["profile"]
    done = Line(f"Imported {profile['id']}. Connect: worldvpn connect {profile['id']}", Role.GOOD)
    session.terminal.answer(reply, [done, *_notes(profile)])
    return Exit.OK


def profiles(session: Session) -> Exit:
    """List the profiles, or remove one."""
    client, terminal, options = session.client(), session.terminal, session.options
    if options.remove is not None:
        reply = client.call("profiles.remove", profile_id=options.remove)
        terminal.answer(reply, [Line(f"Removed {options.remove} and its keys.")])
        return Exit.OK
    listed = client.call("profiles.list")
    if options.ids:
        terminal.answer(listed, [Line(each["id"]) for each in listed["profiles"]])
    else:
        terminal.answer(listed, profile_lines(listed["profiles"], listed.get("last_used")))
    return Exit.OK


def settings(session: Session) -> Exit:
    """Show all settings, show one, or change one."""
    client, terminal, options = session.client(), session.terminal, session.options
    present = client.call("settings.get")
    values = present["settings"]
    if options.key is None:
        terminal.answer(present, setting_lines(present))
        return Exit.OK
    key = options.key.replace("-", "_")
    if key not in values:
        raise UsageError(f"there is no setting {options.key!r}: choose from {', '.join(values)}")
    if options.value is None:
        terminal.answer({"settings": {key: values[key]}}, [Line(setting_words(present, key))])
        return Exit.OK
    value = _meant(options.value, present, key)
    question = _DANGEROUS.get((key, value))
    if question is not None and values[key] != value:
        terminal.confirm(question, agreed=options.yes)
    reply = client.call("settings.set", changes={key: value}, confirm=question is not None)
    words = setting_words({**present, **reply}, key)
    from_when = ", from the next connection on" if key in _LATER else ""
    terminal.answer(reply, [Line(f"{key} is {words}{from_when}.")])
    return Exit.OK


def _meant(text: str, present: Mapping[str, Any], key: str) -> object:
    """Return the value that ``text`` is for a setting: one of its choices' words, or by itself."""
    for choice in setting_choices(present, key):
        if text.casefold() == choice["label"].casefold():
            value: object = choice["value"]
            return value
    return setting(text, present["settings"][key])


def _read(file: str) -> str:
    """Return the text of ``file``, or of standard input for "-"."""
    try:
        if file == "-":
            raw = sys.stdin.buffer.read(MAX_PROFILE_BYTES + 1)
        else:
            with Path(file).open("rb") as opened:
                raw = opened.read(MAX_PROFILE_BYTES + 1)
    except OSError as error:
        raise CommandError("config", f"cannot read {file}: {error.strerror}") from error
    if len(raw) > MAX_PROFILE_BYTES:
        raise CommandError("config", f"{file} has more than {MAX_PROFILE_BYTES} bytes")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError("config", f"{file} is no text: a profile is UTF-8") from error
    if not text.strip():
        raise CommandError("config", f"{file} is empty")
    return text


def _name_of(file: str) -> str:
    """Return the profile's name from its file: "home.conf" is "home"."""
    stem = "" if file == "-" else Path(file).stem
    return "".join(filter(str.isprintable, stem)).strip()[:_MAX_NAME].strip() or _FALLBACK_NAME


def _notes(profile: Mapping[str, Any]) -> list[Line]:
    return [Line(f"  {note}", Role.WARNING) for note in profile.get("notes", ())]
