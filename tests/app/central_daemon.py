"""A daemon for the verbs of the account: what its central server says is written here."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn, get_args

from tests.app.fake_daemon import FakeDaemon
from tests.app.programs import PATIENCE_S, WORLDVPN
from worldvpn_core.credit.units import CREDIT_TICKS
from worldvpn_core.errors import WorldVpnError
from worldvpn_core.ipc.account import (
    AccountDevices,
    AccountLogin,
    AccountRecover,
    AccountRegister,
    AccountRequest,
    AccountSessions,
    AccountShow,
    DirectoryNodes,
    WalletBalance,
    WalletHistory,
)
from worldvpn_core.ipc.messages import TunnelConnect
from worldvpn_core.ipc.vault import VaultCreate, VaultStatus, VaultUnlock

USER, DEVICE = "0b9f1b7e-0000-4e0c-8a55-000000000001", "0b9f1b7e-0000-4e0c-8a55-000000000002"
CODE, NEXT_CODE = "7KQD-2M4X-PV9R-TTGW", "AAAA-BBBB-CCCC-DDDD"
ACCOUNT = {
    "user_id": USER,
    "username": "ada",
    "email": None,
    "is_operator": False,
    "created_at": "2026-01-02T13:00:00+00:00",
}
BALANCE: dict[str, int] = {
    "credits": 1_500,
    "promo_ticks": 500 * CREDIT_TICKS,
    "available_ticks": 900 * CREDIT_TICKS - 1,
    "held_ticks": 100 * CREDIT_TICKS,
    "vesting_ticks": 7,
    "debt_ticks": 0,
}


def a_node(number: int, **changes: object) -> dict[str, object]:
    """Return a row of the directory."""
    return {
        "id": f"0b9f1b7e-0000-4e0c-8a55-{number:012x}",
        "country": "DE",
        "city": "Berlin",
        "protocols": ["wireguard"],
        "bandwidth_mbps": 1_000,
        "load": 0,
        "reputation": 97,
        "latency_ms": 12,
        "public": False,
        "on_probation": False,
        "favourite": False,
        "measured_ms": None,
        "failing_percent": 0,
        **changes,
    }


def a_device(device_id: str, name: str, **changes: object) -> dict[str, object]:
    """Return one of the account's devices."""
    at = "2026-01-02T13:00:00+00:00"
    dates = {"created_at": at, "keys_at": at, "seen_at": at}
    return {"id": device_id, "name": name, "current": False, "x25519": "", **dates, **changes}


def an_entry(number: int, kind: str, **changes: object) -> dict[str, object]:
    """Return a line of the statement."""
    ticks = {f"{name}_ticks": 0 for name in ("promo", "available", "held", "vesting", "debt")}
    return {
        "id": f"0b9f1b7e-0000-4e0c-8a55-{number:012x}",
        "kind": kind,
        "ticks": 0,
        "credits": "0.000000",
        "note": "",
        "created_at": "2026-01-02T13:00:00+00:00",
        **ticks,
        **changes,
    }


class CentralDaemon(FakeDaemon):
    """A daemon whose vault is open and whose central server knows one user."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.nodes = [a_node(1), a_node(2, city="", load=1)]
        #: The most nodes of one answer: the daemon's packets are small.
        self.page_nodes = 1_000
        self.entries: list[dict[str, object]] = []
        self.devices = [a_device(DEVICE, "laptop", current=True), a_device(USER, "phone")]
        self.sessions: list[dict[str, object]] = []
        self.balance: Mapping[str, int] = BALANCE
        self.vault: dict[str, object] = {
            "exists": True,
            "open": True,
            "damaged": False,
            "opened_by": "passphrase",
            "key_id": None,
            "retry_in_s": 0,
            "signed_in": False,
        }
        self.answers = {
            VaultStatus: lambda _: self.vault,
            VaultCreate: lambda _: self._opened(),
            VaultUnlock: lambda _: self._opened(),
            AccountRegister: lambda asked: {**_entered(asked.username), "recovery_code": CODE},
            AccountLogin: lambda asked: _entered(asked.username),
            AccountRecover: lambda _: {"recovery_code": NEXT_CODE},
            AccountShow: lambda _: _text(ACCOUNT),
            AccountDevices: lambda _: _text({"devices": self.devices}),
            AccountSessions: lambda _: _text({"sessions": self.sessions}),
            WalletBalance: lambda _: _text(self.balance),
            WalletHistory: self._history,
            DirectoryNodes: self._nodes,
        }

    def refuse(self, error: WorldVpnError) -> None:
        """Let the central server refuse whatever it is asked."""

        def refusing(_asked: object) -> NoReturn:
            raise error

        self.answers.update(dict.fromkeys((*get_args(AccountRequest), TunnelConnect), refusing))

    def asked(self, *kinds: type) -> list[Any]:
        """Return the requests of ``kinds``, in their order."""
        return [request for request in self.requests if isinstance(request, kinds)]

    def _opened(self) -> Mapping[str, object]:
        self.vault = {**self.vault, "exists": True, "open": True}
        return self.vault

    def _history(self, asked: WalletHistory) -> Mapping[str, object]:
        ids = [entry["id"] for entry in self.entries]
        start = 0 if asked.before is None else ids.index(asked.before) + 1
        page = self.entries[start : start + asked.limit]
        older = page[-1]["id"] if len(page) == asked.limit else None
        return _text({"entries": page, "next": older})

    def _nodes(self, asked: DirectoryNodes) -> Mapping[str, object]:
        end = asked.offset + min(asked.limit, self.page_nodes)
        follows = end if end < len(self.nodes) else None
        page = self.nodes[asked.offset : end]
        return _text({"nodes": page, "total": len(self.nodes), "next": follows, "age_s": 3})


class Watching:
    """A verb that goes on until it is interrupted."""

    def __init__(self, path: Path, *typed: str, env: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [str(WORLDVPN), "--socket", str(path), *typed],
            env=dict(env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def line(self) -> str:
        """Return the next line it prints."""
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def interrupt(self) -> tuple[int, str]:
        """Type Ctrl-C; return its exit code and what it printed on standard error."""
        os.kill(self._process.pid, signal.SIGINT)
        _, err = self._process.communicate(timeout=PATIENCE_S)
        return self._process.returncode, err


def _entered(username: str) -> dict[str, object]:
    return {"username": username, "user_id": USER, "device_id": DEVICE}


def _text(value: object) -> dict[str, object]:
    return {"json": json.dumps(value)}
