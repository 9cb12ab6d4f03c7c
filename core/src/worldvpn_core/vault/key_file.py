"""The key of a host where nobody is there: a root-only file, or a credential of systemd."""

from __future__ import annotations

import base64
import binascii
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from worldvpn_core.errors import VaultError, VaultKeyError
from worldvpn_core.vault.opening import KEY_BYTES, KeptKey, Kind

#: LoadCredential= or LoadCredentialEncrypted= by this name (systemd.exec(5)).
CREDENTIAL: Final = "worldvpn-vault-key"
_TOO_OPEN: Final = 0o177
_MOST_BYTES: Final = 128


def where(configured: Path, environment: Mapping[str, str] = os.environ) -> Path:
    """Return where the key is: the credential, if systemd hands one over, else ``configured``."""
    if directory := environment.get("CREDENTIALS_DIRECTORY"):
        credential = Path(directory) / CREDENTIAL
        if credential.exists():
            return credential
    return configured


def read(path: Path) -> KeptKey:
    """Return the key that ``path`` holds: one line of base64, as `openssl rand -base64 32` writes.

    Raises:
        VaultKeyError: the file is missing, not root's alone, or holds no key.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise VaultKeyError(f"the key file {path} cannot be read: {error.strerror}") from error
    try:
        _refuse_what_others_could_change(path, os.fstat(descriptor))
        text = os.read(descriptor, _MOST_BYTES)
    finally:
        os.close(descriptor)
    try:
        key = base64.b64decode(text.removesuffix(b"\n"), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise VaultKeyError(
            f"the key file {path} must hold one line: {KEY_BYTES} bytes in base64, "
            f"as `openssl rand -base64 {KEY_BYTES}` writes"
        )
    return KeptKey(kind=Kind.FILE, key=key)


def make(path: Path) -> None:
    """Write a fresh key to ``path``, durably, where there is none.

    Raises:
        VaultError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    except OSError as error:
        raise VaultError(f"{path.parent} cannot be made: {error.strerror}") from error
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
            file.write(base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except FileExistsError:
        return
    except OSError as error:
        raise VaultError(f"the key file {path} cannot be made: {error.strerror}") from error


def _refuse_what_others_could_change(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise VaultKeyError(f"the key file {path} is no regular file")
    if found.st_uid != 0:
        raise VaultKeyError(f"the key file {path} belongs to uid {found.st_uid}: chown root {path}")
    if stat.S_IMODE(found.st_mode) & _TOO_OPEN:
        mode = stat.S_IMODE(found.st_mode)
        raise VaultKeyError(f"the key file {path} is open to others ({mode:04o}): chmod 600 {path}")
