"""A process that holds secrets dies without a dump, wherever this host sends its dumps."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from tests.core.crashing import crashed
from worldvpn_core import dumps

#: It gives up over a folder that is none, once it has made itself ready.
DAEMON = """
from worldvpn_core import daemon
os.geteuid = lambda: 0
daemon.main(["--config", "{0}/none", "--state-dir", "{0}/file", "--run-dir", "{0}", "reset"])
"""


def test_process_that_forbids_nothing_is_dumped(tmp_path: Path) -> None:
    said, how = crashed(tmp_path)

    assert said.startswith("1 ")
    assert how == os.CLD_DUMPED


def test_daemon_is_not_dumped(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said, how = crashed(tmp_path, DAEMON.format(tmp_path))

    assert (said, how) == ("0 1", os.CLD_KILLED)


def test_limit_can_be_for_now_only(tmp_path: Path) -> None:
    again = "resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))"
    limited = "from worldvpn_core import dumps; dumps.limit(for_good=False)"

    assert crashed(tmp_path, limited) == ("1 1", os.CLD_KILLED)
    assert crashed(tmp_path, f"{limited}\n{again}")[1] == os.CLD_DUMPED


def test_who_may_not_raise_its_limit_keeps_zero(tmp_path: Path) -> None:
    bare = "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
    bare += "ctypes.CDLL(None).unshare(0x10000000)  # a namespace in which it is root of nothing\n"
    bare += "from worldvpn_core import dumps; dumps.forbid()"

    assert crashed(tmp_path, bare) == ("0 0", os.CLD_KILLED)


def test_system_that_refuses_every_limit_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_kind: int, _limits: tuple[int, int]) -> None:
        raise ValueError("not allowed")

    monkeypatch.setattr(resource, "setrlimit", refuse)

    with pytest.raises(OSError, match="cannot be limited: not allowed"):
        dumps.limit(for_good=True)
