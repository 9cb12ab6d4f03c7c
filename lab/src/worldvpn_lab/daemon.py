"""A real worldvpnd in a role of a lab: started, asked over its own API, hurt, stopped.

    with Daemon.start(world) as daemon:
        daemon.connect(daemon.import_profile("node1"))
        daemon.kill(Part.ENGINE)
        daemon.until(is_connected)

Nothing here knows the daemon from inside: it is the program users run, spoken to by the
client that the command line uses.
"""

from __future__ import annotations

import contextlib
import enum
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import attrs

from worldvpn_app.cli.client import Client
from worldvpn_app.cli.exits import NoDaemonError
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_core.errors import EngineError
from worldvpn_lab import nodes
from worldvpn_lab.disturb.processes import end, family, running

if TYPE_CHECKING:
    from worldvpn_lab.program import Program
    from worldvpn_lab.world import World

START_S: Final = 20.0
STOP_S: Final = 10.0
_POLL_S: Final = 0.005
_DEATH_S: Final = 5.0

#: Says of a snapshot whether it is the one waited for.
Holds = Callable[[Snapshot], bool]


class Part(enum.StrEnum):
    """A process of the product; the value is a word of its command line, and of no other's."""

    DAEMON = "worldvpnd"
    AGENT = "worldvpn_core.agent.main"
    ENGINE = "wireguard-go"


@attrs.frozen(kw_only=True)
class Start:
    """How a daemon is started. Paths are as the role sees them; it keeps what it wrote there.

    ``program`` is the command without options; ``config`` the text of daemon.toml.
    """

    role: str = "client"
    program: Sequence[str] = (str(Path(sys.prefix, "bin", "worldvpnd")),)
    config: str = ""
    config_path: str = "/etc/worldvpn/daemon.toml"
    state_dir: str = "/var/lib/worldvpn"
    run_dir: str = "/run/worldvpn"
    is_verbose: bool = False
    environment: Mapping[str, str] = attrs.field(factory=dict)
    #: File in the lab's directory that gets all it says; started again, it is added to.
    log_name: str = "daemon.log"

    @property
    def options(self) -> tuple[str, ...]:
        """Options that say where everything is; ``worldvpnd reset`` takes the same."""
        places = {
            "--config": self.config_path,
            "--state-dir": self.state_dir,
            "--run-dir": self.run_dir,
        }
        return tuple(word for pair in places.items() for word in pair)

    @property
    def argv(self) -> tuple[str, ...]:
        """The whole command."""
        loud = ("--verbose",) if self.is_verbose else ()
        return (*self.program, *self.options, *loud)


class Daemon:
    """A worldvpnd that runs, or has run, in a role of ``world``."""

    def __init__(self, world: World, start: Start, program: Program) -> None:
        self.world = world
        self.started = start
        self.program = program

    @classmethod
    def start(cls, world: World, how: Start | None = None, *, timeout_s: float = START_S) -> Self:
        """Start a daemon and return once it answers.

        Raises:
            EngineError: it ended, or did not answer in ``timeout_s``; its log is quoted.
        """
        daemon = cls.launch(world, how)
        try:
            daemon.wait_ready(timeout_s)
        except BaseException:
            daemon.close()
            raise
        return daemon

    @classmethod
    def launch(cls, world: World, how: Start | None = None) -> Self:
        """Start a daemon and return at once. Raises EngineError when it cannot be started."""
        how = how or Start()
        if how.config:
            world.write(how.role, {how.config_path: how.config})
        flags = os.O_CREAT | os.O_APPEND | os.O_WRONLY
        log = os.open(world.directory / how.log_name, flags, 0o600)
        null = os.open(os.devnull, os.O_RDWR)
        try:
            program = world.spawn(
                how.role, how.argv, stdio=(null, log, log), environment=how.environment
            )
        finally:
            os.close(log)
            os.close(null)
        return cls(world, how, program)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def socket_path(self) -> Path:
        """The local API's socket, as seen from outside the lab."""
        return self.world.path(self.started.role, f"{self.started.run_dir}/daemon.sock")

    def wait_ready(self, timeout_s: float = START_S) -> None:
        """Return once the daemon answers. Raises EngineError as ``start``."""
        deadline_s = time.monotonic() + timeout_s
        while True:
            status = self.program.wait(0)
            if status is not None:
                raise EngineError(f"worldvpnd ended with status {status}: {self.last_words()}")
            with contextlib.suppress(NoDaemonError):
                self.client().close()
                return
            if time.monotonic() > deadline_s:
                raise EngineError(
                    f"worldvpnd did not answer in {timeout_s:g} s: {self.last_words()}"
                )
            time.sleep(_POLL_S)

    def client(self) -> Client:
        """Return a fresh connection, the caller's to close. Raises NoDaemonError."""
        return Client(str(self.socket_path))

    def call(self, method: str, **params: object) -> dict[str, Any]:
        """Ask once, over a connection of its own. Raises CommandError, NoDaemonError."""
        with contextlib.closing(self.client()) as client:
            return client.call(method, **params)

    def status(self) -> Snapshot:
        """Return the snapshot of this moment."""
        with contextlib.closing(self.client()) as client:
            return client.status()

    def until(self, holds: Holds, timeout_s: float = 30.0) -> Snapshot:
        """Return the first snapshot for which ``holds`` does, from now on.

        Raises:
            EngineError: none came in ``timeout_s``; it says what the last one was.
            NoDaemonError: the daemon went away.
        """
        deadline_s = time.monotonic() + timeout_s
        with contextlib.closing(self.client()) as client:
            client.call("subscribe")
            last = client.status()
            while not holds(last):
                following = client.next_snapshot(deadline_s - time.monotonic())
                if following is None:
                    told = f"{last['tunnel']['state']}, {last['tunnel']['cause']}"
                    raise EngineError(f"waited {timeout_s:g} s in vain; the daemon is {told}")
                last = following
        return last

    def import_profile(self, name: str, text: str | None = None) -> str:
        """Import ``text``, or the lab's profile of that name, in place of one so called.

        Returns its id. Raises CommandError when it is refused.
        """
        if text is None:
            path = self.world.directory / nodes.PROFILES / f"{name}.conf"
            text = path.read_text(encoding="utf-8")
        reply = self.call("profiles.import", name=name, text=text, replace=True)
        return str(reply["profile"]["id"])

    def connect(self, profile_id: str, timeout_s: float = 30.0) -> Snapshot:
        """Connect by a profile and return once it is connected. Raises like ``until``."""
        self.call("tunnel.connect", profile_id=profile_id)
        return self.until(is_connected_by(profile_id), timeout_s)

    def disconnect(self, timeout_s: float = 10.0) -> Snapshot:
        """Disconnect and return once it is. Raises like ``until``."""
        self.call("tunnel.disconnect")
        return self.until(is_in("disconnected"), timeout_s)

    def kill(self, part: Part, number: signal.Signals = signal.SIGKILL) -> int:
        """Send ``number`` to every process of ``part``; killed ones are gone when this returns.

        Returns how many there were.
        """
        found = running(self.world, self.started.role, part)
        for each in found:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(each.pidfd, number)
        for each in found:
            if number is signal.SIGKILL:
                select.select([each.pidfd], [], [], _DEATH_S)
            os.close(each.pidfd)
        return len(found)

    def vanish(self) -> int:
        """Kill it and all it has started, wherever that runs: as a computer that loses power.

        Returns how many processes there were.
        """
        found = family(self.program.pid)
        end(found)
        for pidfd in found:
            os.close(pidfd)
        self.close()
        return len(found)

    def stop(self) -> int:
        """Stop it as the system does (SIGTERM) and return its exit status; the block stays.

        Raises:
            EngineError: it did not end in ``STOP_S``.
        """
        self.program.signal(signal.SIGTERM)
        status = self.program.wait(STOP_S)
        if status is None:
            raise EngineError(f"worldvpnd did not stop in {STOP_S:g} s: {self.last_words()}")
        return status

    def restart(self, how: Start | None = None) -> Daemon:
        """Return a new daemon in the place of this one, which must have ended."""
        self.close()
        return Daemon.start(self.world, how or self.started)

    def log(self) -> str:
        """Return all that daemons with this log have said."""
        path = self.world.directory / self.started.log_name
        return path.read_text(encoding="utf-8", errors="replace")

    def last_words(self, lines: int = 8) -> str:
        """Return the end of the log, for messages."""
        return "\n".join(self.log().strip().splitlines()[-lines:]) or "it said nothing"

    def close(self) -> None:
        """Kill it, unless it has ended; rules, routes and links stay as they are. Idempotent."""
        self.program.close()


def is_in(*states: str) -> Holds:
    """Return what holds in these states (Blocked: only if enforced)."""
    return lambda seen: seen["tunnel"]["state"] in states and seen["tunnel"]["enforced"]


#: Holds once a tunnel is open.
is_connected: Final = is_in("connected")


def is_connected_by(profile_id: str) -> Holds:
    """Return what holds once the tunnel of ``profile_id`` is open."""

    def holds(seen: Snapshot) -> bool:
        profile = seen["tunnel"]["profile"]
        return is_connected(seen) and profile is not None and profile["id"] == profile_id

    return holds
