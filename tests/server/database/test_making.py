"""What a folder's database is prepared for: the remains of a server that was killed."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

from worldvpn_server.database import making


def test_a_postmaster_that_has_ended_but_is_still_listed_is_waited_for(tmp_path: Path) -> None:
    ended = subprocess.Popen(["true"])
    while f"/proc/{ended.pid}/cwd" in _readable(ended.pid):
        pass
    (tmp_path / "postmaster.pid").write_text(f"{ended.pid}\n")
    init = threading.Timer(0.2, ended.wait)
    init.start()

    making._end_orphan(tmp_path)
    is_listed = Path(f"/proc/{ended.pid}").exists()

    init.join()
    assert not is_listed


def test_a_process_that_was_given_an_old_postmasters_number_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        (tmp_path / "postmaster.pid").write_text(f"{other.pid}\n")

        making._end_orphan(tmp_path)
        is_running = other.poll() is None

        other.terminate()
    assert is_running


def _readable(pid: int) -> set[str]:
    cwd = Path(f"/proc/{pid}/cwd")
    try:
        cwd.readlink()
    except OSError:
        return set()
    return {str(cwd)}
