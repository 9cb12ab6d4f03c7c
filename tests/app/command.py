"""Typing a command: in this process, for speed; what it printed and how it ended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import pytest

from worldvpn_app.cli.main import main


@attrs.frozen(kw_only=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """Return the one object it printed; fails if it printed anything else."""
        (only,) = self.out.splitlines()
        value: dict[str, Any] = json.loads(only)
        return value


class Command:
    """``worldvpn`` pointed at one socket."""

    def __init__(self, path: Path, capture: pytest.CaptureFixture[str]) -> None:
        self._path = path
        self._capture = capture

    def __call__(self, *typed: str) -> Ended:
        code = main(["--socket", str(self._path), *typed])
        printed = self._capture.readouterr()
        return Ended(code=code, out=printed.out, err=printed.err)
