"""Every secret of the end-to-end tests, looked for in everything that could show one.

``Canary.listening`` lasts the whole run, and nobody has to call on it: it stands between the
tests and the daemons' sockets. So it knows every daemon that is spoken to, each secret that a
request brings or an answer hands over, and from the daemons' files those that nobody typed.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

import attrs
import pytest

from tests.e2e.held import (
    CODE,
    NODE_KEY,
    PROFILE_KEY,
    SHARED_KEY,
    TYPED,
    Secret,
    forms,
    handed_over,
    in_profile,
    in_request,
    kept_by,
)
from worldvpn_app.cli.client import Client
from worldvpn_lab.central import CentralHouse
from worldvpn_lab.daemon import Daemon, Part
from worldvpn_lab.disturb.processes import family
from worldvpn_lab.program import Completed, pidfd_pid
from worldvpn_lab.world import World

#: Where a secret lies by intention: root's own files, by their name or their folder's.
KEPT: Final[Mapping[str, frozenset[str]]] = {
    "profiles": frozenset({PROFILE_KEY, SHARED_KEY}),
    "wireguard-node.key": frozenset({NODE_KEY}),
    "node.json": frozenset({NODE_KEY}),
    "guests.json": frozenset({SHARED_KEY}),
}
#: What is known only from having been told it, once.
TOLD: Final = frozenset({TYPED, CODE, PROFILE_KEY, SHARED_KEY})
#: Processes come and go: whenever a daemon is spoken to, they are looked at this often.
_EVERY_S: Final = 0.2


@attrs.frozen
class Place:
    """Something that was shown: where, and how. ``allowed`` are the secrets that belong there."""

    name: str
    data: bytes = attrs.field(repr=False)
    allowed: frozenset[str] = frozenset()


@attrs.define(kw_only=True, eq=False)
class Canary:
    """What is secret so far, and what has been shown since it was judged last."""

    secrets: set[Secret] = attrs.field(factory=set)
    _shown: set[Place] = attrs.field(factory=set)
    _daemons: dict[Path, Daemon] = attrs.field(factory=dict)
    _logs: dict[Path, int] = attrs.field(factory=dict)
    _looked_monotonic_s: float = 0.0

    @classmethod
    @contextlib.contextmanager
    def listening(cls) -> Iterator[Self]:
        """Hear all that is said to daemons, and by them, while this lasts."""
        canary = cls()
        run, wait_ready = World.run, CentralHouse.wait_ready

        def client(daemon: Daemon) -> Client:
            canary.meet(daemon)
            return _Heard(str(daemon.socket_path), canary)

        def run_heard(
            world: World,
            role: str,
            argv: Sequence[str],
            **how: Any,  # noqa: ANN401 - run's own
        ) -> Completed:
            done = run(world, role, argv, **how)
            canary.printed(argv, done.stdout + done.stderr)
            return done

        def wait_heard(house: CentralHouse) -> None:
            canary._logs.setdefault(house._log, 0)
            wait_ready(house)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Daemon, "client", client)
            patch.setattr(World, "run", run_heard)
            patch.setattr(CentralHouse, "wait_ready", wait_heard)
            yield canary

    def meet(self, daemon: Daemon) -> None:
        """Watch a daemon's log, files and processes from now on."""
        where = daemon.world.path(daemon.started.role, daemon.started.state_dir)
        self._daemons[where] = daemon
        for name in (daemon.started.log_name, "holder.log"):
            self._logs.setdefault(daemon.world.directory / name, 0)

    def asked(self, params: Mapping[str, Any]) -> None:
        """Learn the secrets of a request."""
        self.secrets.update(in_request(params))

    def answered(self, method: str, message: Mapping[str, Any]) -> None:
        """Learn what an answer hands over; the rest of it was shown."""
        found, rest = handed_over(method, message)
        self.secrets.update(found)
        self._shown.add(Place("answer", json.dumps(rest, ensure_ascii=False).encode()))
        if found or time.monotonic() > self._looked_monotonic_s + _EVERY_S:
            self.look()

    def printed(self, argv: Sequence[str], text: str) -> None:
        """Take note of what one of our own programs has said."""
        if Path(argv[0]).name not in {"worldvpn", "worldvpnd"}:
            return
        if "invite" in argv:
            # This is the profile that was asked for.
            self.secrets.update(in_profile(text))
        else:
            self._shown.add(Place("command", text.encode()))

    def look(self) -> None:
        """Take note of what there is to see now: processes, files, and secrets in files."""
        self._looked_monotonic_s = time.monotonic()
        standing = {where: each for where, each in self._daemons.items() if _stands(each.world)}
        for folder, daemon in standing.items():
            self.secrets.update(kept_by(daemon, self.secrets))
            run = daemon.world.path(daemon.started.role, daemon.started.run_dir)
            for path in (*folder.rglob("*"), *run.rglob("*")):
                with contextlib.suppress(OSError):
                    if path.is_file():
                        allowed = KEPT.get(path.parent.name, KEPT.get(path.name, frozenset()))
                        self._shown.add(Place(f"file {path.name}", path.read_bytes(), allowed))
        for holder in {daemon.world.holder_pid for daemon in standing.values()}:
            self._shown.update(_processes(holder))

    def names(self) -> set[str]:
        """Return what has been looked at since the last ``judged``."""
        return {place.name for place in self._shown}

    def judged(self) -> set[str]:
        """Return which secret was shown where since this was called last; it is none."""
        self._read_logs()
        secrets, shown = self.secrets, self._shown
        # The others are learned again from the files of daemons that run on.
        self.secrets, self._shown = {each for each in secrets if each.kind in TOLD}, set()
        self._daemons = {
            where: daemon for where, daemon in self._daemons.items() if daemon.program.pidfd >= 0
        }
        return {
            f"{secret.kind} in {where}" for secret in secrets for where in _found(shown, secret)
        }

    def _read_logs(self) -> None:
        """Take note of what was said in logs since they were read last."""
        for path, read_bytes in self._logs.items():
            with contextlib.suppress(FileNotFoundError), path.open("rb") as log:
                # One that was begun anew is shorter than what was read of it.
                log.seek(read_bytes if read_bytes <= log.seek(0, os.SEEK_END) else 0)
                self._shown.add(Place(f"log {path.name}", log.read()))
                self._logs[path] = log.tell()


class _Heard(Client):
    """A client whose every word is heard."""

    def __init__(self, path: str, canary: Canary) -> None:
        self._canary, self._method = canary, ""
        super().__init__(path)

    def _send(self, message: Mapping[str, object]) -> None:
        self._method, params = str(message["method"]), message["params"]
        assert isinstance(params, Mapping)
        self._canary.asked(params)
        super()._send(message)

    def _next(self, timeout_s: float | None) -> dict[str, Any] | None:
        message = super()._next(timeout_s)
        if message is not None:
            self._canary.answered(self._method, message)
        return message


def _stands(world: World) -> bool:
    """Say whether the lab is still there: what its processes wrote has gone with it."""
    try:
        return world.holder_pid > 0
    except (OSError, IndexError):
        return False


def _processes(holder: int) -> Iterator[Place]:
    """Yield what the kernel shows of every process below ``holder``."""
    for pidfd in family(holder):
        pid = pidfd_pid(pidfd)
        os.close(pidfd)
        with contextlib.suppress(OSError):
            line = Path(f"/proc/{pid}/cmdline").read_bytes()
            argv = line.decode(errors="replace").split("\0")
            who = next((part for part in Part if part in " ".join(argv)), Path(argv[0]).name)
            yield Place(f"cmdline of {who}", line)
            yield Place(f"environ of {who}", Path(f"/proc/{pid}/environ").read_bytes())


def _found(shown: set[Place], secret: Secret) -> set[str]:
    sought = forms(secret.value)
    return {
        place.name
        for place in shown
        if secret.kind not in place.allowed and any(form in place.data for form in sought)
    }
