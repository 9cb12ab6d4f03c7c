"""One field of the matrix: a fresh world, one state, one disturbance, three bursts."""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import attrs

from worldvpn_app.cli.exits import CommandError
from worldvpn_core.errors import EngineError, WorldVpnError
from worldvpn_lab import guest
from worldvpn_lab.daemon import Daemon
from worldvpn_lab.disturb.scene import Disturbance, Scene
from worldvpn_lab.map import PLACES
from worldvpn_lab.matrix.states import Stage, StateCase
from worldvpn_lab.oracle.judge import Verdict, judge
from worldvpn_lab.oracle.router import is_routers_own
from worldvpn_lab.oracle.tap import POINTS, Sighting, Tap
from worldvpn_lab.probes.marks import cell_of
from worldvpn_lab.probes.volley import ALL, Shot, Volley, seen
from worldvpn_lab.world import World

#: Time for frames to arrive, and for the kernel to report a joined group.
SETTLE_S: Final = 0.1


@attrs.frozen(kw_only=True)
class Leak:
    """A frame that should not have left; ``cell`` is the probe that sent it, if one did."""

    point: str
    cell: str
    what: str


@attrs.frozen(kw_only=True)
class Outcome:
    """What came of one field; ``skipped`` or ``failed`` say why it was not run to its end."""

    state: str
    disturbance: str
    cells: int = 0
    seen: int = 0
    frames: int = 0
    lost: int = 0
    leaks: tuple[Leak, ...] = ()
    by_class: dict[str, int] = attrs.field(factory=dict)
    ended_in: str = ""
    skipped: str = ""
    failed: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the field was run to its end and proves what it should."""
        return not (self.failed or self.leaks or self.lost)


def run(case: StateCase, disturbance: Disturbance) -> Outcome:
    """Build a world, enter the state, disturb it, fire, and judge what was seen."""
    blank = Outcome(state=case.name, disturbance=disturbance.name)
    why_not = disturbance.skip or _missing(case, disturbance)
    if why_not:
        return attrs.evolve(blank, skipped=why_not)
    try:
        with tempfile.TemporaryDirectory(prefix="worldvpn-lab-") as directory:
            return _run(case, disturbance, blank, Path(directory, "lab"))
    except (WorldVpnError, CommandError) as error:
        return attrs.evolve(blank, failed=f"{type(error).__name__}: {error}")


def _missing(case: StateCase, disturbance: Disturbance) -> str:
    if disturbance.needs and disturbance.needs not in case.runs:
        return f"no {disturbance.needs} runs in state {case.name}"
    return ""


def _run(case: StateCase, disturbance: Disturbance, blank: Outcome, directory: Path) -> Outcome:
    with ExitStack() as stack:
        world = stack.enter_context(World.up(directory))
        volley = stack.enter_context(Volley(world))
        daemon = stack.enter_context(Daemon.start(world, case.start))
        scene = Scene(world=world, node=case.node)
        stage = Stage(scene=scene, daemon=daemon, stack=stack)
        try:
            case.enter(stage)
            if case.carries:
                _carries(world, case)
            tap = stack.enter_context(Tap(world.open_socket, (*POINTS, guest.GUEST_LAN)))
            began_in = _state(stage.daemon)
            if began_in != case.shows:
                raise EngineError(f"the state is {began_in}, not {case.shows}: nothing is proved")
            shots = _disturb(volley, tap, disturbance, scene)
        except (WorldVpnError, CommandError) as error:
            raise EngineError(f"{error}; the daemon said: {stage.daemon.last_words()}") from error
        ended_in = _state(stage.daemon)
        time.sleep(SETTLE_S)
        return _judge(case, attrs.evolve(blank, ended_in=ended_in), tap, shots)


@attrs.frozen(kw_only=True)
class Burst:
    """A burst that was fired, and the cells that were in it."""

    shot: Shot
    cells: frozenset[int]


def _disturb(volley: Volley, tap: Tap, disturbance: Disturbance, scene: Scene) -> tuple[Burst, ...]:
    """Fire when it begins, when the client had time to react, and when it is over."""
    prompt = frozenset(cell.index for cell in ALL if cell.probe not in disturbance.late)
    everything = frozenset(cell.index for cell in ALL)
    with disturbance.effect(scene):
        for point in disturbance.points:
            tap.add(point)
        first = volley.fire(but=disturbance.late, cable=disturbance.cable)
        time.sleep(disturbance.react_s)
        second = volley.fire(cable=disturbance.cable)
        time.sleep(SETTLE_S)
    third = volley.fire(but=disturbance.late)
    return (
        Burst(shot=first, cells=prompt),
        Burst(shot=second, cells=everything),
        Burst(shot=third, cells=prompt),
    )


def _state(daemon: Daemon) -> str:
    """Return the state the daemon shows, or that there is no daemon."""
    try:
        return daemon.status()["tunnel"]["state"]
    except CommandError:
        return "no daemon"


def _carries(world: World, case: StateCase) -> None:
    """Prove that the state is what it says: a page comes, and from the node's address.

    Raises:
        EngineError: it does not.
    """
    script = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1], timeout=5).read())"
    for url, exit_address in (
        (f"http://{PLACES.page}/", case.node.endpoint),
        (f"http://[{PLACES.page6}]/", case.node.endpoint6),
    ):
        said = world.run("client", [sys.executable, "-I", "-c", script, url]).checked()
        if str(exit_address) not in said:
            raise EngineError(f"{url} was fetched from {said.strip()}, not from {exit_address}")


def _judge(case: StateCase, blank: Outcome, tap: Tap, bursts: tuple[Burst, ...]) -> Outcome:
    sightings = [each for each in tap.take() if not is_routers_own(each)]
    verdicts = [(each, judge(each.frame, case.admitted)) for each in sightings]
    found = [frozenset(seen(sightings, burst.shot)) for burst in bursts]
    outcome = attrs.evolve(
        blank,
        cells=len(ALL),
        seen=len(frozenset().union(*found)),
        frames=len(sightings),
        lost=tap.losses().lost,
        by_class=dict(Counter(str(verdict) for _, verdict in verdicts)),
    )
    if case.open:
        return attrs.evolve(outcome, failed=unseen(bursts, found))
    accused = [each for each, verdict in verdicts if verdict is Verdict.LEAK]
    shots = tuple(burst.shot for burst in bursts)
    return attrs.evolve(outcome, leaks=tuple(_leak(each, shots) for each in accused))


def unseen(bursts: Sequence[Burst], found: Sequence[frozenset[int]]) -> str:
    """Return what a control missed, burst by burst; "" when it saw all of each.

    Every burst counts for itself: what is seen after a disturbance proves nothing of it.
    """
    missing = [burst.cells - cells for burst, cells in zip(bursts, found, strict=True)]
    missed = [
        f"burst {number}: {', '.join(ALL[index].name for index in sorted(cells))}"
        for number, cells in enumerate(missing, start=1)
        if cells
    ]
    return f"control did not see {'; '.join(missed)}" if missed else ""


def _leak(sighting: Sighting, shots: tuple[Shot, ...]) -> Leak:
    frame = sighting.frame
    senders = [cell_of(frame, shot.burst) for shot in shots]
    cell = next((ALL[index].name for index in senders if index is not None), "")
    what = (
        f"{frame.source} → {frame.destination} protocol {frame.protocol} "
        f"ports {frame.source_port}→{frame.destination_port} type {frame.kind} "
        f"ethertype {frame.ethertype or 0:#06x} about {', '.join(map(str, frame.about))}"
    )
    return Leak(point=f"{sighting.point.role}:{sighting.point.device}", cell=cell, what=what)
