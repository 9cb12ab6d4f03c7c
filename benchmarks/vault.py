"""How long the vault takes: opened by a kept key, opened by a passphrase, written.

``python benchmarks/vault.py`` works in a temporary directory of the disk it is on. Exit
status 1 when a target of the project is missed.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench import Bar, report
from worldvpn_core.vault import key_file
from worldvpn_core.vault.contents import Secrets
from worldvpn_core.vault.folder import DiskFolder
from worldvpn_core.vault.keeping import Keeping
from worldvpn_core.vault.opening import Passphrase

_OPEN_MS: Final = 20.0
_ROUNDS: Final = 200
_GUESSES: Final = 10

_SECRETS: Final = Secrets(
    server="https://vpn.example:8443",
    user_id="01900000-0000-7000-8000-000000000000",
    username="benchmark",
    device_id="01900000-0000-7000-8000-000000000001",
    x25519_private=bytes(32),
    ed25519_private=bytes(32),
    refresh_token="r" * 64,
    device_keys_made_utc=datetime(2026, 1, 1, tzinfo=UTC),
)


def main() -> int:
    """Measure; return the exit status."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as name:
        folder = Path(name)
        key_file.make(folder / "vault.key")
        keeping = Keeping(DiskFolder(folder))
        held = keeping.created(key_file.read(folder / "vault.key"), None)
        stored = _median_ms(lambda: keeping.stored(held, _SECRETS), _ROUNDS)
        opened = _median_ms(lambda: keeping.opened(key_file.read(folder / "vault.key")), _ROUNDS)
        words = Passphrase(text="benchmark of a passphrase")
        keeping.changed(held, words, None)
        guessed = _median_ms(lambda: keeping.opened(words), _GUESSES)
    return report(
        "vault",
        [
            Bar(name="open by key file, median", figure=opened, unit="ms", limit=_OPEN_MS),
            Bar(name="store, durable, median", figure=stored, unit="ms"),
            Bar(name="open by passphrase, median", figure=guessed, unit="ms"),
        ],
    )


def _median_ms(act: Callable[[], object], rounds: int) -> float:
    taken_ms = []
    for _ in range(rounds):
        began_s = time.perf_counter()
        act()
        taken_ms.append((time.perf_counter() - began_s) * 1e3)
    return statistics.median(taken_ms)


if __name__ == "__main__":
    sys.exit(main())
