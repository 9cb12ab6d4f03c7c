"""Requests about the vault: good ones, and ones refused by field."""

from __future__ import annotations

from collections.abc import Iterator

from worldvpn_core.ipc.messages import Request
from worldvpn_core.ipc.vault import (
    VaultBackup,
    VaultChange,
    VaultCreate,
    VaultExport,
    VaultLock,
    VaultOpening,
    VaultStatus,
    VaultUnlock,
    VaultWipe,
)

PASSPHRASE = "eight or more: Größe"  # noqa: S105 - opens nothing
KEY, KEY_ID = "0123456789abcdef" * 4, "fedcba9876543210" * 2
BY_PASSPHRASE = {"kind": "passphrase", "secret": PASSPHRASE}
BY_KEYRING = {"kind": "keyring", "secret": KEY, "key_id": KEY_ID}
BY_FILE = {"kind": "file"}
LONGEST = "x" * 1_024

GOOD: list[tuple[str, dict[str, object], Request]] = [
    ("vault.status", {}, VaultStatus()),
    ("vault.create", {"opening": BY_FILE}, VaultCreate(opening=VaultOpening(kind="file"))),
    (
        "vault.create",
        {"opening": BY_KEYRING, "backup": {"sealed": "QUJD" * 22_500, "passphrase": LONGEST}},
        VaultCreate(
            opening=VaultOpening(kind="keyring", secret=KEY, key_id=KEY_ID),
            backup=VaultBackup(sealed="QUJD" * 22_500, passphrase=LONGEST),
        ),
    ),
    (
        "vault.unlock",
        {"opening": BY_PASSPHRASE},
        VaultUnlock(opening=VaultOpening(kind="passphrase", secret=PASSPHRASE)),
    ),
    ("vault.lock", {}, VaultLock()),
    (
        "vault.change",
        {"opening": BY_FILE, "passphrase": PASSPHRASE},
        VaultChange(opening=VaultOpening(kind="file"), passphrase=PASSPHRASE),
    ),
    (
        "vault.export",
        {"new_passphrase": LONGEST},
        VaultExport(new_passphrase=LONGEST, passphrase=None),
    ),
    ("vault.wipe", {"confirm": True}, VaultWipe(confirm=True)),
]

_LINE = "one line of 8 to 1024 characters"
BAD: list[tuple[str, dict[str, object], str]] = [
    ("vault.create", {}, "opening is missing"),
    ("vault.create", {"opening": {"kind": "none"}}, "opening kind must be keyring, passphrase"),
    ("vault.create", {"opening": {"kind": "passphrase"}}, f"opening secret must be {_LINE}"),
    (
        "vault.unlock",
        {"opening": {"kind": "passphrase", "secret": "short"}},
        f"opening secret must be {_LINE}",
    ),
    (
        "vault.unlock",
        {"opening": {"kind": "passphrase", "secret": "two lines\nof it"}},
        f"opening secret must be {_LINE}",
    ),
    (
        "vault.unlock",
        {"opening": {"kind": "keyring", "secret": KEY.upper()}},
        "opening secret must be 64 characters",
    ),
    (
        "vault.unlock",
        {"opening": {"kind": "file", "secret": KEY}},
        "opening secret must be null",
    ),
    (
        "vault.create",
        {"opening": {"kind": "keyring", "secret": KEY, "key_id": "../vault"}},
        "opening key_id must be 32 characters",
    ),
    (
        "vault.create",
        {"opening": {**BY_PASSPHRASE, "key_id": KEY_ID}},
        "opening key_id must be 32 characters",
    ),
    ("vault.unlock", {"opening": {**BY_FILE, "path": "/etc/shadow"}}, "opening there is no field"),
    ("vault.change", {"opening": BY_FILE, "passphrase": ""}, f"passphrase must be {_LINE}"),
    ("vault.export", {}, "new_passphrase is missing"),
    ("vault.export", {"new_passphrase": "x" * 1_025}, f"new_passphrase must be {_LINE}"),
    (
        "vault.create",
        {"opening": BY_FILE, "backup": {"sealed": "QUJD" * 22_501, "passphrase": PASSPHRASE}},
        "backup sealed must be an exported vault",
    ),
    ("vault.wipe", {}, "confirm is missing"),
]


def with_secret(canary: str) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield refused requests with ``canary`` in every place of a secret."""
    wrong = f"{canary}\n"
    yield "vault.unlock", {"opening": {"kind": "passphrase", "secret": wrong}}
    yield "vault.unlock", {"opening": {"kind": "keyring", "secret": canary}}
    yield "vault.unlock", {"opening": {"kind": canary, "secret": {"it": canary}}}
    yield "vault.create", {"opening": {"kind": "keyring", "secret": KEY, "key_id": canary}}
    backup = {"sealed": wrong, "passphrase": wrong}
    yield "vault.create", {"opening": BY_FILE, "backup": backup}
    yield "vault.change", {"opening": BY_PASSPHRASE, "passphrase": wrong}
    yield "vault.export", {"new_passphrase": wrong, "passphrase": wrong}
    yield "vault.wipe", {"confirm": canary}
