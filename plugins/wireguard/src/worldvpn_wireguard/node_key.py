"""The key that guests know this node by: made once, kept where only root can read it."""

from __future__ import annotations

import os
from pathlib import Path

from worldvpn_core.errors import ConfigError
from worldvpn_core.settings import write_atomically
from worldvpn_wireguard.options import KEY_BYTES


def node_key(path: Path) -> bytes:
    """Return the key kept at ``path``; a new one where there is none.

    Raises:
        ConfigError: it cannot be read or kept, or what is there is no key.
    """
    try:
        kept = bytes.fromhex(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        return _made(path)
    except (OSError, ValueError):
        kept = b""
    if len(kept) != KEY_BYTES:
        raise ConfigError(
            f"{path} holds no key: remove it to make another one; guests must be invited anew then"
        )
    return kept


def public_key_of(private_key: bytes) -> bytes:
    """Return the public half of ``private_key``."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import (  # noqa: PLC0415 - 6 MiB
        X25519PrivateKey,
    )

    return X25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()


def _made(path: Path) -> bytes:
    key = os.urandom(KEY_BYTES)
    try:
        write_atomically(path, key.hex())
    except OSError as error:
        raise ConfigError(f"the node's key cannot be kept in {path}: {error}") from error
    return key
