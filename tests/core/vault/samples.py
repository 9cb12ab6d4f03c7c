"""Secrets, and what opens a vault at little cost, for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from worldvpn_core.vault.contents import Secrets
from worldvpn_core.vault.folder import DiskFolder, Folder
from worldvpn_core.vault.keeping import Keeping
from worldvpn_core.vault.opening import Cost, KeptKey, Kind, Passphrase
from worldvpn_core.vault.vault import Vault

#: The least that Argon2 takes: tests of the cost itself use the real one.
CHEAP = Cost(memory_kib=8, iterations=1, lanes=1)
KEY = KeptKey(kind=Kind.KEYRING, key=bytes(range(32)), key_id=bytes(range(16)))
OTHER_KEY = KeptKey(kind=Kind.KEYRING, key=bytes(range(1, 33)), key_id=bytes(range(1, 17)))
FILE_KEY = KeptKey(kind=Kind.FILE, key=bytes(range(2, 34)))
PASSPHRASE = Passphrase(text="correct horse battery")
OTHER_PASSPHRASE = Passphrase(text="staple of another horse")
NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def secrets(refresh_token: str = "token-1") -> Secrets:  # noqa: S107 - opens nothing
    return Secrets(
        server="https://vpn.example:8443",
        user_id="0190-user",
        username="ada",
        device_id="0190-device",
        x25519_private=b"x" * 32,
        ed25519_private=b"e" * 32,
        refresh_token=refresh_token,
        device_keys_made_utc=NOW,
    )


def keeping(folder: Folder) -> Keeping:
    return Keeping(folder, cost=CHEAP, now=lambda: NOW)


def vault_in(path: Path) -> Vault:
    return Vault(keeping(DiskFolder(path)))


def files_in(path: Path) -> list[str]:
    return sorted(file.name for file in path.iterdir())
