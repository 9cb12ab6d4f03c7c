"""Keyring backends as a user's own environment may bring them: careless, broken, hanging."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_HEAD: Final = """\
import os
import time
from keyring.backend import KeyringBackend

class PlaintextKeyring(KeyringBackend):
    priority = {priority}

    def _note(self, word):
        with open({notes!r}, "a") as file:
            file.write(word)

"""
_PLAIN: Final = """\
    def get_password(self, service, username):
        self._note("get ")

    def set_password(self, service, username, password):
        self._note(f"set {password} ")

    def delete_password(self, service, username):
        self._note("delete ")
"""
_BODIES: Final = {
    "plain": _PLAIN,
    "raises": f"    def __init__(self):\n        raise OSError('canary of a backend')\n{_PLAIN}",
    "ends": f"    def __init__(self):\n        os._exit(7)\n{_PLAIN}",
    "hangs": f"    def __init__(self):\n        time.sleep(600)\n{_PLAIN}",
    "chatters": (
        '    def __init__(self):\n        print(\'{"key": "from a chatterbox"}\', flush=True)\n'
        f"{_PLAIN}"
    ),
}


def brought(folder: Path, body: str, *, priority: int = 1) -> dict[str, str]:
    """Install such a backend in ``folder``, and return the environment that has it chosen."""
    installed(folder, body, priority=priority)
    return {
        "PYTHONPATH": str(folder),
        "PYTHON_KEYRING_BACKEND": "brought_backend.PlaintextKeyring",
    }


def installed(folder: Path, body: str = "plain", *, priority: int) -> dict[str, str]:
    """Install such a backend in ``folder`` for ``keyring`` to find by itself."""
    metadata = folder / "brought_backend-1.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: brought-backend\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text("[keyring.backends]\nbrought = brought_backend\n")
    head = _HEAD.format(priority=priority, notes=str(notes(folder)))
    (folder / "brought_backend.py").write_text(head + _BODIES[body])
    return {"PYTHONPATH": str(folder)}


def notes(folder: Path) -> Path:
    """Return where the backend writes what it was asked."""
    return folder / "notes"


#: A Secret Service that takes a key and does not keep it; it notes what its process shows.
_FORGETFUL: Final = """\
from keyring.backend import KeyringBackend

class Keyring(KeyringBackend):
    priority = 9

    def get_password(self, service, username):
        return None

    def set_password(self, service, username, password):
        with open({notes!r}, "wb") as file:
            for name in ("cmdline", "environ"):
                with open(f"/proc/self/{{name}}", "rb") as shown:
                    file.write(shown.read())
        with open({notes!r} + ".key", "w") as file:
            file.write(password)
"""


def forgetful_library(folder: Path) -> dict[str, str]:
    """Put a ``keyring`` before the real one whose Secret Service forgets at once."""
    backends = folder / "keyring" / "backends"
    backends.mkdir(parents=True)
    (folder / "keyring" / "__init__.py").write_text(
        "from keyring.backends.SecretService import Keyring\n"
        "def get_keyring():\n    return Keyring()\n"
    )
    (folder / "keyring" / "backend.py").write_text("class KeyringBackend:\n    pass\n")
    (folder / "keyring" / "errors.py").write_text(
        "class KeyringError(Exception):\n    pass\n"
        "class InitError(KeyringError):\n    pass\n"
        "class KeyringLocked(KeyringError):\n    pass\n"
        "class NoKeyringError(KeyringError):\n    pass\n"
        "class PasswordDeleteError(KeyringError):\n    pass\n"
    )
    (backends / "__init__.py").touch()
    (backends / "chainer.py").write_text("class ChainerBackend:\n    pass\n")
    (backends / "SecretService.py").write_text(_FORGETFUL.format(notes=str(notes(folder))))
    return {"PYTHONPATH": str(folder)}
