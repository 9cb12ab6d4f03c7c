"""What opens the vault, brought to the daemon: from the keyring, from a person, or its own file.

``ensure_open`` is for verbs that need the vault, signing in above all.
"""

from __future__ import annotations

import argparse
from typing import Any, Final

import attrs

from worldvpn_app.cli import passphrase
from worldvpn_app.cli.client import Client
from worldvpn_app.cli.exits import CommandError, Exit
from worldvpn_app.cli.session import Session
from worldvpn_app.cli.terminal import Line, Role
from worldvpn_app.keys.keeper import Keeper, KeyringError

Opening = dict[str, str]

_INSTEAD: Final = "Use a passphrase instead: worldvpn vault {verb} --passphrase"
_LOST: Final = (
    "Log in to the desktop whose keyring has it and try again; or start anew from a backup:"
    " worldvpn vault wipe, then worldvpn vault create --from FILE"
)


#: What the daemon says before it has changed anything.
NOTHING_DONE: Final = frozenset(
    {"busy", "config", "denied", "rpc.params", "vault.locked", "vault.wait", "vault.wrong_key"}
)


@attrs.frozen
class Made:
    """A new opening, and the keyring's id of it where there is one."""

    opening: Opening = attrs.field(repr=False)
    key_id: str | None = None


def only_to_root(client: Client) -> None:
    """Refuse to hand what opens the vault, or a password, to anybody but the system's own daemon.

    Raises:
        CommandError: who listens at the socket is not root (SO_PEERCRED).
    """
    if client.listener_uid != 0:
        text = f"what listens is a program of uid {client.listener_uid}, not root's daemon"
        raise CommandError("denied", f"{text}: it gets no secret of yours", Exit.DENIED)


def ensure_open(session: Session, client: Client) -> None:
    """Have an open vault: make or open one, where it is not. Raises CommandError."""
    status = client.call("vault.status")
    if not status["exists"]:
        create(session, client)
    elif not status["open"]:
        unlock(session, client, status)


def unlock(session: Session, client: Client, status: dict[str, Any]) -> dict[str, Any]:
    """Open the vault by what opens it; return the daemon's answer. Raises CommandError."""
    only_to_root(client)
    match status["opened_by"]:
        case "keyring":
            opening = {"kind": "keyring", "secret": _from_keyring(session, status["key_id"])}
        case "passphrase":
            file = getattr(session.options, "passphrase_file", None)
            secret = passphrase.present("Passphrase of the vault", file)
            opening = {"kind": "passphrase", "secret": secret}
        case _:
            opening = {"kind": "file"}
    return client.call("vault.unlock", opening=opening)


def create(session: Session, client: Client, **backup: Any) -> dict[str, Any]:  # noqa: ANN401 - params
    """Make a vault; return the daemon's answer. Raises CommandError."""
    only_to_root(client)
    made = make(session, "create", getattr(session.options, "passphrase_file", None))
    return hand_over(client, "vault.create", made, **backup)


def hand_over(client: Client, method: str, made: Made, **params: Any) -> dict[str, Any]:  # noqa: ANN401 - params
    """Call ``method`` with a new opening; where nothing came of it, the keyring forgets its key.

    Without a clear answer it stays: it may be all that opens the vault now.
    """
    try:
        return client.call(method, opening=made.opening, **params)
    except CommandError as error:
        if error.code in NOTHING_DONE:
            forget(made.key_id)
        raise


def make(session: Session, verb: str, passphrase_file: str | None) -> Made:
    """Return a new opening: what was asked for, else the keyring's, else a passphrase.

    Raises:
        CommandError: the keyring is of no use and nobody can be asked for a passphrase.
    """
    options = session.options
    if getattr(options, "key_file", False):
        return Made({"kind": "file"})
    wants_words = getattr(options, "passphrase", False) or passphrase_file is not None
    if not wants_words:
        try:
            return _made_in_keyring(session)
        except KeyringError as problem:
            if getattr(options, "keyring", False) or not passphrase.can_ask():
                raise problem.or_else(_INSTEAD.format(verb=verb)) from None
            text = f"Note: {problem.message}. A passphrase opens the vault instead."
            session.terminal.say(Line(text, Role.WARNING))
    return Made(
        {
            "kind": "passphrase",
            "secret": passphrase.fresh("New passphrase of the vault", passphrase_file),
        }
    )


def forget(key_id: str | None) -> bool:
    """Remove a key from the keyring; say whether that could be done."""
    if key_id is None:
        return True
    try:
        Keeper().forget(key_id)
    except KeyringError:
        return False
    return True


def forgotten(before: dict[str, Any]) -> list[Line]:
    """Remove the key of a vault that is gone, or opened by another now; say if it is still there.

    ``before`` is the vault's status of then.
    """
    if forget(before["key_id"]):
        return []
    entry = f"vault-{before['key_id']} of worldvpn"
    return [Line(f"Note: the keyring still has {entry}; it opens nothing now.", Role.WARNING)]


def _made_in_keyring(session: Session) -> Made:
    session.terminal.progress(Line("Waiting for the keyring.", Role.BUSY))
    try:
        key, key_id = Keeper().make()
    finally:
        session.terminal.end_progress()
    return Made({"kind": "keyring", "secret": key, "key_id": key_id}, key_id)


def _from_keyring(session: Session, key_id: str) -> str:
    session.terminal.progress(Line("Waiting for the keyring.", Role.BUSY))
    try:
        return Keeper().get(key_id)
    except KeyringError as problem:
        raise problem.or_else(_LOST) from None
    finally:
        session.terminal.end_progress()


def present_passphrase(options: argparse.Namespace, status: dict[str, Any]) -> str | None:
    """Return the passphrase that opens the vault now, asked for; None where none does."""
    if status["opened_by"] != "passphrase":
        return None
    return passphrase.present("Present passphrase of the vault", options.passphrase_file)
