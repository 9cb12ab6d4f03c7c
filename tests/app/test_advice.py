"""The commands that sentences tell people to type."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from worldvpn_app.cli.advice import command


@pytest.mark.parametrize("typed", ["worldvpn", "./worldvpn", "{folder}/worldvpn", "python"])
@pytest.mark.parametrize("uid", [0, 1_000])
def test_command_can_be_typed_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str, uid: int
) -> None:
    program = tmp_path / "worldvpn"
    program.touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    monkeypatch.setattr(sys, "argv", [typed.format(folder=tmp_path)])
    name = str(program) if "/" in typed else "worldvpn"
    sudo = "" if uid == 0 else "sudo "
    assert command("daemon", as_root=True) == f"{sudo}{name} daemon"
    assert command("connect", "my home") == "worldvpn connect 'my home'"
