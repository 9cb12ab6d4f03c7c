"""Why something is not so, in plain words, and what to do about it. Pure but for translation."""

from __future__ import annotations

from pathlib import Path

import attrs
from PyQt6.QtCore import QCoreApplication

from worldvpn_app.gui.present.told import told
from worldvpn_app.gui.present.view import Button, Do, clean

translate = QCoreApplication.translate


@attrs.frozen(kw_only=True)
class Advice:
    """What is so, and what can be done: a sentence, and a button where one does it."""

    sentence: str
    then: str = ""
    button: Button | None = None


def cause_of(code: str, detail: str) -> str:
    """Return the cause of a fallen tunnel in a few words, without a full stop."""
    known = {
        "transport.silent": translate("cause", "The node stopped answering"),
        "transport.handshake_timeout": translate("cause", "The node does not answer"),
        "transport.auth_rejected": translate("cause", "The node refused our keys"),
        "transport.engine": translate("cause", "The tunnel's engine failed"),
        "resolution": translate("cause", "The node's name was not found"),
        "out-of-credit": translate("cause", "You are out of credit"),
        "no-credit-proof": translate(
            "cause", "The server is away and this session's credit is used up"
        ),
        "central.signed_out": translate("cause", "You are signed out"),
        "central.offline": translate("cause", "The server cannot be reached"),
        "central.busy": translate("cause", "No node has room now"),
        "vault.locked": translate("cause", "The vault with your keys is locked"),
        "protection": translate("cause", "A protection could not be set"),
        "protection.firewall": translate("cause", "The firewall rules could not be set"),
        "protection.routing": translate("cause", "The routes could not be set"),
        "protection.dns": translate("cause", "The name servers could not be set"),
        "agent": translate("cause", "The WorldVPN agent does not answer"),
    }
    plain = told(detail).rstrip(".")
    return known.get(code) or plain[:1].upper() + plain[1:]


def advice(code: str, message: str) -> Advice:
    """Return what to say and offer when the service refused with ``code``."""
    said = sentence(message)
    match code:
        case "central.signed_out":
            return Advice(
                sentence=translate("advice", "Nobody is signed in on this computer."),
                then=translate("advice", "Sign in to use other people's nodes."),
                button=Button(text=translate("advice", "Sign in"), do=Do.SIGN_IN),
            )
        case "vault.locked":
            return Advice(
                sentence=translate("advice", "The vault with your keys is locked."),
                then=translate("advice", "Open it on the account page."),
                button=Button(text=translate("advice", "Open the vault"), do=Do.SIGN_IN),
            )
        case "out-of-credit":
            return Advice(
                sentence=translate("advice", "You are out of credit."),
                then=translate("advice", "Share to earn more, or connect by a profile of yours."),
                button=Button(text=translate("advice", "Share to earn"), do=Do.SHARE),
            )
        case "no-credit-proof" | "central.offline":
            return Advice(
                sentence=translate("advice", "The central server cannot be reached."),
                then=translate("advice", "Try again later; a profile of yours needs no server."),
            )
        case "denied":
            return Advice(
                sentence=translate("advice", "That is the owner's to decide."),
                then=translate("advice", "Ask the person who set WorldVPN up here, or use root."),
            )
        case "no_daemon":
            return Advice(
                sentence=said,
                then=translate("advice", "The app keeps looking for it; nothing was changed."),
            )
        case _:
            return Advice(sentence=said)


def not_written(path: Path, error: OSError) -> str:
    """Return why the file at ``path`` could not be written."""
    words = translate("advice", "{file} cannot be written: {why}.")
    return words.format(file=clean(path.name, 64), why=error.strerror)


def not_read(path: Path, error: OSError | UnicodeDecodeError) -> str:
    """Return why the file at ``path`` could not be read."""
    nothing = translate("advice", "it holds no text")
    why = error.strerror if isinstance(error, OSError) else nothing
    words = translate("advice", "{file} cannot be read: {why}.")
    return words.format(file=clean(path.name, 64), why=why)


def sentence(text: str) -> str:
    """Return ``text`` as one clean sentence."""
    plain = told(text).strip()
    end = "" if plain.endswith((".", "?", "…")) else "."
    return f"{plain[:1].upper()}{plain[1:]}{end}" if plain else ""
