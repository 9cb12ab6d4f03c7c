"""The verb ``vault``: what opens it, open and lock it, change, export and wipe it."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from worldvpn_app.cli import opening, passphrase
from worldvpn_app.cli.client import Client
from worldvpn_app.cli.exits import CommandError, Exit, UsageError
from worldvpn_app.cli.session import Session
from worldvpn_app.cli.terminal import Line, Role
from worldvpn_app.cli.wording import span

_OPENED_BY: Final = {
    "keyring": "a key in your keyring",
    "passphrase": "a passphrase",
    "file": "a key file or credential of root's",
}
_MOST_BACKUP_BYTES: Final = 65_536
_WIPES: Final = (
    "This forgets the account and the keys of this device. Without a backup it has to be signed"
    " in again as a new device. Go on?"
)


def vault(session: Session) -> Exit:
    """Do what was asked; without an action, show the vault's status."""
    client = session.client()
    return _ACTIONS[session.options.action](session, client)


def status_lines(status: dict[str, Any]) -> list[Line]:
    """Return a vault's status for a person. Pure."""
    if status["damaged"]:
        return [
            Line("The vault is damaged, and so is its former generation.", Role.ALARM),
            Line("Start anew: worldvpn vault wipe, then worldvpn vault create --from FILE"),
        ]
    if not status["exists"]:
        return [Line("There is no vault yet: signing in makes one.")]
    by = _OPENED_BY.get(status["opened_by"], status["opened_by"])
    if not status["open"]:
        lines = [Line("The vault is locked.", Role.HELD), Line(f"  Opened by  {by}")]
        if status["retry_in_s"] > 0:
            wait = span(status["retry_in_s"] + 1)
            lines.append(Line(f"  Too many wrong passphrases: the next in {wait}", Role.WARNING))
        return [*lines, Line("Open it: worldvpn vault unlock", Role.DIM)]
    holds = "an account and its device keys" if status["signed_in"] else "nothing yet"
    return [
        Line("The vault is open.", Role.GOOD),
        Line(f"  Opened by  {by}"),
        Line(f"  Holds      {holds}"),
    ]


def _show(session: Session, client: Client) -> Exit:
    status = client.call("vault.status")
    session.terminal.answer(status, status_lines(status))
    return Exit.OK


def _create(session: Session, client: Client) -> Exit:
    backup = {}
    if session.options.backup is not None:
        sealed = base64.b64encode(_read(session.options.backup)).decode()
        words = passphrase.present(
            "Passphrase of the backup", session.options.backup_passphrase_file
        )
        backup = {"backup": {"sealed": sealed, "passphrase": words}}
    status = opening.create(session, client, **backup)
    session.terminal.answer(status, status_lines(status))
    return Exit.OK


def _unlock(session: Session, client: Client) -> Exit:
    status = client.call("vault.status")
    if status["exists"] and not status["open"] and not status["damaged"]:
        status = opening.unlock(session, client, status)
    session.terminal.answer(status, status_lines(status))
    return Exit.OK if status["open"] else Exit.FAILED


def _lock(session: Session, client: Client) -> Exit:
    status = client.call("vault.lock")
    session.terminal.answer(status, status_lines(status))
    return Exit.OK


def _change(session: Session, client: Client) -> Exit:
    options = session.options
    opening.only_to_root(client)
    before = _open_status(client)
    proof = opening.present_passphrase(options, before)
    made = opening.make(session, "change", options.new_passphrase_file)
    status = opening.hand_over(client, "vault.change", made, passphrase=proof)
    lines = status_lines(status)
    session.terminal.answer(status, [*lines, *opening.forgotten(before)])
    return Exit.OK


def _export(session: Session, client: Client) -> Exit:
    options = session.options
    if options.file is None:
        raise UsageError("say where to write it: worldvpn vault export FILE")
    opening.only_to_root(client)
    proof = opening.present_passphrase(options, _open_status(client))
    words = passphrase.fresh("New passphrase of the backup", options.new_passphrase_file)
    sealed = client.call("vault.export", new_passphrase=words, passphrase=proof)["sealed"]
    _write(options.file, base64.b64decode(sealed))
    done = Line(f"Exported to {options.file}. Only the passphrase just given opens it.", Role.GOOD)
    session.terminal.answer({"file": options.file}, [done])
    return Exit.OK


def _wipe(session: Session, client: Client) -> Exit:
    session.terminal.confirm(_WIPES, agreed=session.options.yes)
    before = client.call("vault.status")
    status = client.call("vault.wipe", confirm=True)
    done = Line("Nothing of the vault is left on this computer.")
    session.terminal.answer(status, [done, *opening.forgotten(before)])
    return Exit.OK


_ACTIONS: Final[dict[str, Callable[[Session, Client], Exit]]] = {
    "status": _show,
    "create": _create,
    "unlock": _unlock,
    "lock": _lock,
    "change": _change,
    "export": _export,
    "wipe": _wipe,
}


def _open_status(client: Client) -> dict[str, Any]:
    status = client.call("vault.status")
    if not status["open"]:
        raise CommandError("vault.locked", "the vault is locked: worldvpn vault unlock")
    return status


def _read(file: str) -> bytes:
    try:
        with Path(file).open("rb") as opened:
            raw = opened.read(_MOST_BACKUP_BYTES + 1)
    except OSError as error:
        raise CommandError("config", f"cannot read {file}: {error.strerror}") from error
    if not 0 < len(raw) <= _MOST_BACKUP_BYTES:
        raise CommandError("config", f"{file} is no exported vault")
    return raw


def _write(file: str, raw: bytes) -> None:
    """Write ``raw`` to a new file for the caller alone, durably."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(file, flags, 0o600), "wb") as opened:
            opened.write(raw)
            opened.flush()
            os.fsync(opened.fileno())
    except OSError as error:
        raise CommandError("config", f"cannot write {file}: {error.strerror}") from error
