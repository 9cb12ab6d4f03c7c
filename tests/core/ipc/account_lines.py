"""Requests about the account, its credit and the directory: good ones, and refused ones."""

from __future__ import annotations

from collections.abc import Iterator

from worldvpn_core.ipc.account import (
    AccountDevices,
    AccountLogin,
    AccountLogout,
    AccountPassword,
    AccountRecover,
    AccountRegister,
    AccountRevoke,
    AccountSessions,
    AccountShow,
    DirectoryNodes,
    PrivacyShow,
    WalletBalance,
    WalletEarned,
    WalletHistory,
    WalletSettled,
)
from worldvpn_core.ipc.messages import Request

ID = "0b9f1b7e-3c55-4e0c-8a55-0123456789ab"
#: JSON writes each of its characters in twelve bytes.
LONGEST = "\N{KEY}" * 1_024

GOOD: list[tuple[str, dict[str, object], Request]] = [
    (
        "account.register",
        {"username": "Zoë", "password": LONGEST},
        AccountRegister(username="Zoë", password=LONGEST),
    ),
    (
        "account.login",
        {"username": "x" * 64, "password": LONGEST},
        AccountLogin(username="x" * 64, password=LONGEST),
    ),
    (
        "account.recover",
        {"username": "zoe", "recovery_code": LONGEST, "new_password": LONGEST},
        AccountRecover(username="zoe", recovery_code=LONGEST, new_password=LONGEST),
    ),
    (
        "account.password",
        {"old_password": LONGEST, "new_password": LONGEST},
        AccountPassword(old_password=LONGEST, new_password=LONGEST),
    ),
    ("account.logout", {}, AccountLogout()),
    ("account.logout", {"everywhere": True}, AccountLogout(everywhere=True)),
    ("account.revoke", {"device_id": ID}, AccountRevoke(device_id=ID)),
    ("account.show", {}, AccountShow()),
    ("account.devices", {}, AccountDevices()),
    ("account.sessions", {}, AccountSessions()),
    ("directory.nodes", {}, DirectoryNodes()),
    (
        "directory.nodes",
        {
            "place": "DE/Frankfurt am Main",
            "protocol": "wireguard",
            "min_bandwidth_mbps": 100_000,
            "offset": 9_000,
            "limit": 1_000,
        },
        DirectoryNodes(
            place="DE/Frankfurt am Main",
            protocol="wireguard",
            min_bandwidth_mbps=100_000,
            offset=9_000,
            limit=1_000,
        ),
    ),
    ("directory.nodes", {"place": ID}, DirectoryNodes(place=ID)),
    ("wallet.balance", {}, WalletBalance()),
    ("wallet.history", {}, WalletHistory()),
    ("wallet.history", {"before": ID, "limit": 200}, WalletHistory(before=ID, limit=200)),
    ("wallet.earned", {"since_s": 0}, WalletEarned(since_s=0)),
    ("wallet.settled", {}, WalletSettled()),
    ("wallet.settled", {"before": ID, "limit": 50}, WalletSettled(before=ID, limit=50)),
    ("privacy.show", {}, PrivacyShow()),
]

_NAME, _LINE = "1 to 64 printable characters", "1 to 1024 printable characters"
BAD: list[tuple[str, dict[str, object], str]] = [
    ("account.register", {"username": "zoe"}, "password is missing"),
    ("account.register", {"username": "", "password": "x"}, f"username must be {_NAME}"),
    ("account.register", {"username": " zoe", "password": "x"}, f"username must be {_NAME}"),
    ("account.register", {"username": "zoe", "password": ""}, f"password must be {_LINE}"),
    ("account.login", {"username": "x" * 65, "password": "x"}, f"username must be {_NAME}"),
    ("account.login", {"username": "zoe", "password": "a\nb"}, f"password must be {_LINE}"),
    ("account.login", {"username": "zoe", "password": "x" * 1_025}, f"password must be {_LINE}"),
    ("account.login", {"username": "zoe", "password": None}, "password must be a text"),
    (
        "account.recover",
        {"username": "zoe", "recovery_code": "", "new_password": "x"},
        f"recovery_code must be {_LINE}",
    ),
    ("account.password", {"new_password": "x"}, "old_password is missing"),
    ("account.logout", {"everywhere": 1}, "everywhere must be true or false"),
    ("account.revoke", {"device_id": ID.upper()}, "device_id must be a UUID in lower case"),
    ("account.revoke", {}, "device_id is missing"),
    ("directory.nodes", {"place": "Germany"}, "place must be fastest, a country (DE)"),
    ("directory.nodes", {"protocol": "-"}, "protocol must be 1 to 64 letters"),
    ("directory.nodes", {"min_bandwidth_mbps": -1}, "min_bandwidth_mbps must be 0 to 100000"),
    ("directory.nodes", {"offset": 10_000_001}, "offset must be 0 to 10000000"),
    ("directory.nodes", {"limit": 0}, "limit must be 1 to 1000"),
    ("directory.nodes", {"limit": 1_001}, "limit must be 1 to 1000"),
    ("directory.nodes", {"limit": True}, "limit must be a whole number"),
    ("wallet.history", {"before": "yesterday"}, "before must be a UUID in lower case"),
    ("wallet.history", {"limit": 201}, "limit must be 1 to 200"),
    ("wallet.earned", {}, "since_s is missing"),
    ("wallet.earned", {"since_s": -1}, "since_s must be 0 to"),
    ("wallet.settled", {"limit": 51}, "limit must be 1 to 50"),
]


def kept(canary: str) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield good requests with ``canary`` in every place of a secret."""
    signing: dict[str, object] = {"username": "zoe", "password": canary}
    yield "account.register", signing
    yield "account.login", signing
    yield (
        "account.recover",
        {"username": "zoe", "recovery_code": canary, "new_password": canary},
    )
    yield "account.password", {"old_password": canary, "new_password": canary}


def with_secret(canary: str) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield refused requests with ``canary`` in every place of a secret, and some others."""
    yield from kept(f"{canary}\n")
    yield "account.login", {"username": canary * 9, "password": {"it": canary}}
    yield "account.revoke", {"device_id": canary}
    yield "directory.nodes", {"place": canary}
    yield "tunnel.connect", {"place": canary}
