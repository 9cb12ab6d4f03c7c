"""Asks the session's keyring once, in a process that can be killed when it does not answer.

Run as ``python -P -m worldvpn_app.keys.worker``: one JSON object on standard input,
``{"act": "get" | "set" | "delete", "name": …, "key": …}``, one on standard output,
``{"key": … | null}`` or ``{"problem": …, "backend": …}``.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import Final

import keyring
from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.errors import InitError, KeyringLocked, NoKeyringError, PasswordDeleteError

#: Under which all entries of ours stand.
SERVICE: Final = "worldvpn"

#: What may hold a key. All else might keep it readable, or nowhere: keyrings.alt, null, fail.
ALLOWED: Final = frozenset(
    {
        "keyring.backends.SecretService.Keyring",
        "keyring.backends.kwallet.DBusKeyring",
        "keyring.backends.kwallet.DBusKeyringKWallet4",
        "keyring.backends.Windows.WinVaultKeyring",
        "keyring.backends.macOS.Keyring",
    }
)
#: What ``keyring`` takes where there is none.
NONE_THERE: Final = frozenset({"keyring.backends.fail.Keyring"})


def answer(asked: Mapping[str, str]) -> dict[str, str | None]:
    """Return the answer to one question; no error of a keyring leaves this."""
    name = ""
    try:
        backend = _first(keyring.get_keyring())
        name = _name_of(backend)
        if name in ALLOWED:
            return {"key": _act(backend, asked)}
        problem = "absent" if name in NONE_THERE else "refused"
    except (KeyringLocked, InitError, NoKeyringError) as error:
        # SecretStorage's words for a prompt that a person, or nobody, has answered.
        is_locked = isinstance(error, KeyringLocked) or "dismissed" in str(error).lower()
        problem = "locked" if is_locked else "absent"
    except Exception as error:  # noqa: BLE001 - any library may stand behind a keyring
        problem, name = "failed", type(error).__name__
    return {"problem": problem, "backend": name}


def _act(backend: KeyringBackend, asked: Mapping[str, str]) -> str | None:
    entry = asked["name"]
    match asked["act"]:
        case "set":
            backend.set_password(SERVICE, entry, asked["key"])
        case "delete":
            try:
                backend.delete_password(SERVICE, entry)
            except PasswordDeleteError:
                return None  # it was not there
        case _:
            return backend.get_password(SERVICE, entry)
    return None


def _first(backend: KeyringBackend) -> KeyringBackend:
    """Return what a chain would write to."""
    if isinstance(backend, ChainerBackend):
        chained: list[KeyringBackend] = list(backend.backends)
        return chained[0] if chained else backend
    return backend


def _name_of(backend: KeyringBackend) -> str:
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def main() -> None:
    """Answer one question."""
    # What a backend prints must not be taken for the answer.
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    json.dump(answer(json.load(sys.stdin)), out)
    out.close()


if __name__ == "__main__":
    main()
