"""A real ``worldvpn-server`` in a folder of its own, as a person starts it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

import attrs
import httpx

from tests.folders import public_folder

PATIENCE_S: Final = 40.0
_started: Final[dict[Path, list[subprocess.Popen[str]]]] = {}


@contextmanager
def data_folder() -> Iterator[Path]:
    """A folder that the account of PostgreSQL can come to."""
    with public_folder() as made:
        try:
            yield made / "data"
        finally:
            for each in _started.pop(made, ()):  # a test that failed did not stop it
                if each.poll() is None:
                    each.terminate()
                    each.wait(PATIENCE_S)
                if each.stdout is not None:
                    each.stdout.close()


@attrs.define
class ServerProcess:
    """It, and what it said."""

    process: subprocess.Popen[str]
    data: Path
    log: Path
    said: list[str]
    url: str

    @classmethod
    def start(cls, data: Path, *options: str, tls: bool = False) -> Self:
        """Start it and wait until it listens."""
        log = data.parent / "log"
        plain = () if tls else ("--no-tls",)
        argv = [sys.executable, "-m", "worldvpn_server", "--data", str(data), "--port", "0"]
        with log.open("ab") as stderr:
            process = subprocess.Popen(
                [*argv, "--host", "127.0.0.1", *plain, *options],
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        _started.setdefault(data.parent, []).append(process)
        said = []
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line.rstrip("\n"))
            if line.startswith("listening on "):
                return cls(process, data, log, said, line.removeprefix("listening on ").strip())
        raise AssertionError(f"it ended with {process.wait()}: {log.read_text()}")

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask it once, on a connection of its own."""
        return httpx.get(self.url + path, headers=headers, timeout=20.0)

    def status_of(self, path: str) -> int:
        """Return the status it answers, 0 for none."""
        try:
            return self.get(path).status_code
        except httpx.TransportError:
            return 0

    def stop(self) -> int:
        """Ask it to end as systemd does; return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(PATIENCE_S)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return status

    def children(self, word: str) -> set[int]:
        """Return its child processes whose command line has ``word`` in it."""
        found = set()
        for each in Path("/proc").iterdir():
            if each.name.isdecimal() and _is_child(each, self.process.pid, word):
                found.add(int(each.name))
        return found

    def workers(self) -> set[int]:
        return self.children("operations.worker")

    def postmaster(self) -> int:
        (found,) = self.children("/bin/postgres")
        return found

    def answering(self) -> set[object]:
        """Return the workers that have begun to answer, ended ones too."""
        return {line["worker"] for line in self.lines() if line["what"] == "a worker answers"}

    def lines(self) -> list[dict[str, object]]:
        """Return what it logged."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


def _is_child(entry: Path, parent: int, word: str) -> bool:
    try:
        fields = (entry / "stat").read_text().rpartition(")")[2].split()
        return fields[0] != "Z" and int(fields[1]) == parent and word in _command(entry)
    except OSError:
        return False


def _command(entry: Path) -> str:
    return (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds, looking often; fails the test when it never does."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline_s, "it did not come to be"
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    """Say whether a process has ended; one nobody has waited for yet has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
