"""A command that was told a secret is not dumped, nor is what it starts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.core.crashing import crashed

TOLD = {
    "a_line": "from worldvpn_app.cli import passphrase; passphrase.first_line('-')",
    "a_key": "from worldvpn_app.keys.keeper import Keeper, KeyringError\n"
    "try: Keeper().get('00' * 16)\nexcept KeyringError: pass",
    "nobody_typed": "from worldvpn_app.cli import passphrase\n"
    "try: passphrase.asked('', '')\nexcept Exception: pass",
}


@pytest.mark.parametrize("then", TOLD.values(), ids=TOLD)
def test_command_that_holds_a_secret_is_not_dumped(tmp_path: Path, then: str) -> None:
    said, how = crashed(tmp_path, then)

    assert (said.split()[1], how) == ("1", os.CLD_KILLED)
