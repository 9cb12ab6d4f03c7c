"""What every end-to-end test stands on: a client, its witness, and daemons that come and go."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import attrs

from tests.e2e.host import Facts, differences, facts_of
from worldvpn_app.cli.exits import CommandError, NoDaemonError
from worldvpn_core.errors import EngineError
from worldvpn_lab.daemon import Daemon, Start
from worldvpn_lab.demo.witness import Witness, admitted_to
from worldvpn_lab.map import NODES, Node
from worldvpn_lab.oracle.judge import Admitted
from worldvpn_lab.probes.volley import ALL, Volley, seen
from worldvpn_lab.world import World

STATE = "/var/lib/worldvpn"
RUN = "/run/worldvpn"
#: What may leave where nothing is wanted but protection.
NOTHING = Admitted(inner=admitted_to(*NODES).inner)
#: How long what was sent may take to be seen: it is on the wire when the call returns.
SETTLE_S = 0.02
QUESTION_S = 20.0


@attrs.frozen(kw_only=True)
class Store:
    """The files of some imported profiles, by name."""

    files: Mapping[str, str] = attrs.field(repr=False)

    @classmethod
    def copied(cls, world: World) -> Self:
        kept = world.path("client", f"{STATE}/profiles")
        return cls(files={path.name: path.read_text("utf-8") for path in kept.glob("*.json")})

    def put(self, world: World, state_dir: str) -> None:
        if not self.files:
            return
        folder = f"{state_dir}/profiles"
        world.run("client", ["mkdir", "-p", folder]).checked()
        world.write("client", {f"{folder}/{name}": text for name, text in self.files.items()})


def watched(how: Start, place: Path) -> Start:
    """Return how the same is started by ``watched.py``: its exit status says if it was dumped."""
    (program,) = how.program
    told = {"WATCHED": program, "PLACE": str(place)}
    argv = (sys.executable, str(Path(__file__).with_name("watched.py")))
    return attrs.evolve(how, program=argv, environment=told, is_verbose=True)


@attrs.define(kw_only=True, eq=False)
class Rig:
    """One test's client. ``place`` names its own state and run directories."""

    world: World
    volley: Volley
    witness: Witness
    pristine: Facts
    store: Store
    place: str
    daemons: list[Daemon] = attrs.field(factory=list)

    @property
    def how(self) -> Start:
        """How this test's daemons are started unless it says otherwise."""
        return Start(
            state_dir=f"{STATE}/{self.place}",
            run_dir=f"{RUN}/{self.place}",
            log_name=f"{self.place}.log",
            config_path=f"/etc/worldvpn/{self.place}.toml",
        )

    def how_with(self, config: str) -> Start:
        """Return how a daemon is started with ``config`` as its daemon.toml."""
        return attrs.evolve(self.how, config=config)

    def start(self, how: Start | None = None, *, wait: bool = True) -> Daemon:
        """Start a daemon that knows the profiles; it ends with the test."""
        how = how or self.how
        if not self.daemons:
            self.store.put(self.world, how.state_dir)
        daemon = Daemon.launch(self.world, how)
        self.daemons.append(daemon)
        if wait:
            daemon.wait_ready()
        return daemon

    def reset(self, *options: str) -> tuple[int, str]:
        """Run ``worldvpnd reset`` and return its status and what it said."""
        argv = [*Start().program, "reset", *self.how.options, *options]
        done = self.world.run("client", argv)
        return done.status, done.stdout + done.stderr

    def folder_of(self, daemon: Daemon) -> Path:
        """Return what the kernel shows of the daemon's process."""
        return Path(f"/proc/{daemon.program.pid}")

    def fire(self) -> set[str]:
        """Send one probe of every kind; return the names of those that came out somewhere."""
        self.witness.take()
        shot = self.volley.fire()
        time.sleep(SETTLE_S)
        found = seen(self.witness.take(), shot)
        return {cell.name for cell in ALL if cell.index in found}

    def wait_for_question(self) -> None:
        """Return once the client has asked a resolver for a name, in the clear."""
        deadline_s = time.monotonic() + QUESTION_S
        while not any(seen.frame.destination_port == 53 for seen in self.witness.take()):
            assert time.monotonic() < deadline_s, "no name was asked for"
            time.sleep(SETTLE_S)

    def leaks(self) -> tuple[str, ...]:
        """Return every frame that left since a period was begun and should not have."""
        return self.witness.census().leaks

    def admit(self, *nodes: Node) -> None:
        """From now on only packets to ``nodes`` may leave, and what a network needs."""
        self.witness.from_now(admitted_to(*nodes) if nodes else NOTHING)

    def changed(self) -> dict[str, tuple[list[str], list[str]]]:
        """Return how the client differs from what it was before the first daemon."""
        return differences(self.pristine, facts_of(self.world))

    def clear(self) -> None:
        """End the daemons and give the client back as it was."""
        for daemon in self.daemons:
            # What it keeps on a disk of its own goes with it: it is asked first.
            with contextlib.suppress(NoDaemonError, CommandError, EngineError):
                if daemon.program.wait(0) is None:
                    daemon.disconnect()
            daemon.close()
        if self.daemons and self.changed():
            status, said = self.reset()
            assert status == 0, said
        assert not self.changed()


def is_open(names: set[str]) -> bool:
    """Say whether a burst got out as it does from a host without any VPN."""
    return len(names) > len(ALL) / 2
