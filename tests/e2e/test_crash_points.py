"""SIGKILL of worldvpnd after every step it takes: still blocked, recovers, gives all back."""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest

from tests.e2e.host import Facts
from tests.e2e.rig import Rig, Store
from tests.e2e.steps import CONNECT, COUNT, DISCONNECT, OPEN, STILL_FIRST, SWITCH, UNWANTED
from worldvpn_app.cli.exits import NoDaemonError
from worldvpn_lab.daemon import Daemon, Part, is_connected_by, is_in
from worldvpn_lab.demo.witness import Witness
from worldvpn_lab.disturb.processes import running
from worldvpn_lab.map import NODES
from worldvpn_lab.probes.volley import Volley
from worldvpn_lab.world import World

pytestmark = pytest.mark.netns

PROGRAM = Path(__file__).with_name("crashing_worldvpnd.py")
#: The kernel's own engine takes other steps than the one that runs everywhere.
CONFIG = '[options]\nengine = "userspace"\n'
DEATH_S = 10.0
#: A step follows the one before it sooner than this.
QUIET_S = 0.3
#: The last step that a daemon takes by itself, where nothing is wanted of it.
STARTED = "disconnected: rules loaded"


@attrs.define(kw_only=True, eq=False)
class Stage:
    """A daemon that can be told where to die; started again for each test that needs one."""

    rig: Rig
    folder: Path
    daemon: Daemon | None = None

    def ready(self) -> Daemon:
        """Return a daemon, connected to nothing."""
        if self.daemon is None or self.daemon.program.wait(0) is not None:
            program = (sys.executable, "-I", str(PROGRAM), str(self.folder))
            how = attrs.evolve(self.rig.how, program=program, config=CONFIG)
            self.daemon = self.rig.start(how)
        return self.daemon

    def die_after(self, step: str, request: Callable[[Daemon], object]) -> None:
        """Make ``request`` of the daemon, which dies by SIGKILL right after ``step``."""
        daemon = self.ready()
        (self.folder / "target").write_text(step, encoding="utf-8")
        with contextlib.suppress(NoDaemonError):
            request(daemon)
        status = daemon.program.wait(DEATH_S)
        (self.folder / "target").unlink()
        self.daemon = None
        assert status == -signal.SIGKILL, daemon.last_words()

    def trace(self, request: Callable[[Daemon], object]) -> tuple[str, ...]:
        """Return the steps that ``request`` takes, and what it leaves to be done after it."""
        daemon = self.ready()
        deadline_s = time.monotonic() + DEATH_S
        while STARTED not in self._steps():
            assert time.monotonic() < deadline_s, daemon.last_words()
        began = len(self._steps())
        request(daemon)
        return self._steps()[began:]

    def _steps(self) -> tuple[str, ...]:
        """Return the steps taken so far, once no other follows."""
        trace = self.folder / "trace"
        trace.touch()
        taken = None
        while taken != (taken := trace.read_text(encoding="utf-8")):
            time.sleep(QUIET_S)
        return tuple(taken.splitlines())


@pytest.fixture(scope="module")
def stage(
    world: World,
    volley: Volley,
    pristine: Facts,
    store: Store,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stage]:
    with Witness(world) as witness:
        rig = Rig(
            world=world,
            volley=volley,
            witness=witness,
            pristine=pristine,
            store=store,
            place="crashing",
        )
        yield Stage(rig=rig, folder=tmp_path_factory.mktemp("steps"))
        rig.clear()


@pytest.fixture(autouse=True)
def fresh(stage: Stage, witness: Witness) -> None:
    """Let each test have a witness that remembers nothing of the one before."""
    stage.rig.witness = witness


def connect(profile_id: str) -> Callable[[Daemon], object]:
    return lambda daemon: daemon.call("tunnel.connect", profile_id=profile_id)


def disconnect(daemon: Daemon) -> None:
    daemon.call("tunnel.disconnect")


def check_recovery(stage: Stage, step: str, wanted: str) -> None:
    """Find the host protected, unless it may be open; then started again, as it was wanted."""
    came_out = stage.rig.fire()
    assert bool(came_out) is (step in OPEN)
    daemon = stage.ready()
    if step in UNWANTED:
        assert is_in("disconnected")(daemon.status())
        return
    daemon.until(is_connected_by(wanted))
    if step in OPEN:
        stage.rig.admit(*NODES)
    assert stage.rig.fire() == set()
    assert stage.rig.leaks() == ()


def check_end(stage: Stage) -> None:
    """Disconnect, and find the host as it was before anything."""
    stage.ready().disconnect()
    assert stage.rig.changed() == {}
    assert running(stage.rig.world, "client", Part.ENGINE) == []


def test_steps_are_all_that_there_are(stage: Stage) -> None:
    taken = (
        stage.trace(lambda daemon: daemon.connect("node1")),
        stage.trace(lambda daemon: daemon.connect("node2")),
        stage.trace(lambda daemon: daemon.disconnect()),
    )

    assert taken == (CONNECT, SWITCH, DISCONNECT)
    assert sum(map(len, taken)) == COUNT


@pytest.mark.parametrize("step", CONNECT)
def test_host_outlives_a_kill_while_connecting(stage: Stage, step: str) -> None:
    stage.die_after(step, connect("node1"))
    if step not in OPEN:
        stage.rig.admit(NODES[0])

    check_recovery(stage, step, "node1")
    check_end(stage)


@pytest.mark.parametrize("step", SWITCH)
def test_host_outlives_a_kill_while_switching(stage: Stage, step: str) -> None:
    stage.ready().connect("node1")
    stage.rig.admit(*NODES)
    stage.die_after(step, connect("node2"))

    check_recovery(stage, step, "node1" if step in STILL_FIRST else "node2")
    check_end(stage)


@pytest.mark.parametrize("step", DISCONNECT)
def test_host_outlives_a_kill_while_disconnecting(stage: Stage, step: str) -> None:
    stage.ready().connect("node1")
    if step not in OPEN:
        stage.rig.admit(NODES[0])
    stage.die_after(step, disconnect)

    check_recovery(stage, step, "node1")
    check_end(stage)
