"""One field of the matrix: a fresh world, one state, one disturbance, three bursts.

Where a guest is served, it fires with the owner each time, and once before anything happens.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import attrs

from worldvpn_app.cli.exits import CommandError
from worldvpn_core.errors import EngineError, WorldVpnError
from worldvpn_lab import guest
from worldvpn_lab.daemon import Daemon
from worldvpn_lab.disturb.scene import Disturbance, Scene
from worldvpn_lab.map import PLACES, UPLINK, Cable
from worldvpn_lab.matrix.party import Party, is_at_home
from worldvpn_lab.matrix.states import Stage, StateCase, cells_of
from worldvpn_lab.oracle.judge import Admitted, Verdict, judge
from worldvpn_lab.oracle.router import is_routers_own
from worldvpn_lab.oracle.tap import POINTS, Sighting, Tap
from worldvpn_lab.probes.cells import Probe
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
    """What came of one field; ``skipped`` or ``failed`` say why it was not run to its end.

    ``served``: how many errands of a guest left, before the disturbance and in each burst.
    """

    state: str
    disturbance: str
    cells: int = 0
    seen: int = 0
    frames: int = 0
    lost: int = 0
    leaks: tuple[Leak, ...] = ()
    served: tuple[int, ...] = ()
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
            party = Party.of(stage, world)
            points = (*POINTS, guest.GUEST_LAN, *party.points(case.node.role))
            tap = stack.enter_context(Tap(world.open_socket, points))
            began_in = _state(stage.daemon)
            if began_in != case.shows:
                raise EngineError(f"the state is {began_in}, not {case.shows}: nothing is proved")
            shots = _disturb(Firing(volley=volley, party=party), tap, disturbance, scene)
        except (WorldVpnError, CommandError) as error:
            raise EngineError(f"{error}; the daemon said: {stage.daemon.last_words()}") from error
        ended_in = _state(stage.daemon)
        time.sleep(SETTLE_S)
        return _judge(case, attrs.evolve(blank, ended_in=ended_in), tap, party, shots)


@attrs.frozen(kw_only=True)
class Burst:
    """A burst that was fired, and the cells that were in it."""

    shot: Shot
    cells: frozenset[int]


@attrs.frozen(kw_only=True)
class Firing:
    """The owner's probes and the guest's errands, fired at the same time."""

    volley: Volley
    party: Party

    def fire(self, *, but: Collection[Probe] = (), cable: Cable = UPLINK) -> Shot:
        """Send all, as the volley does."""
        with ThreadPoolExecutor(max_workers=1) as beside:
            errands = beside.submit(self.party.fire)
            shot = self.volley.fire(but=but, cable=cable)
            errands.result()
        return shot


def _disturb(firing: Firing, tap: Tap, disturbance: Disturbance, scene: Scene) -> tuple[Burst, ...]:
    """Fire when it begins, when the client had time to react, and when it is over."""
    prompt = frozenset(cell.index for cell in ALL if cell.probe not in disturbance.late)
    everything = frozenset(cell.index for cell in ALL)
    firing.party.fire()
    time.sleep(SETTLE_S)
    with disturbance.effect(scene):
        for point in disturbance.points:
            tap.add(point)
        first = firing.fire(but=disturbance.late, cable=disturbance.cable)
        time.sleep(disturbance.react_s)
        firing.party.knock()
        second = firing.fire(cable=disturbance.cable)
        time.sleep(SETTLE_S)
    third = firing.fire(but=disturbance.late)
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


def _judge(
    case: StateCase, blank: Outcome, tap: Tap, party: Party, bursts: tuple[Burst, ...]
) -> Outcome:
    witnessed = [*tap.take(), *party.heard()]
    sightings = [each for each in witnessed if not (is_routers_own(each) or is_at_home(each))]
    admitted = party.admitted(case.admitted)
    verdicts = [(each, _verdict(each, admitted)) for each in sightings]
    found = [frozenset(seen(sightings, burst.shot)) for burst in bursts]
    served = party.served(sightings)
    outcome = attrs.evolve(
        blank,
        cells=cells_of(case),
        seen=len(frozenset().union(*found)),
        frames=len(sightings),
        lost=tap.losses().lost + party.lost(),
        served=tuple(map(len, served)),
        by_class=dict(Counter(str(verdict) for _, verdict in verdicts)),
    )
    if case.open:
        return attrs.evolve(outcome, failed=unseen(bursts, found))
    accused = [each for each, verdict in verdicts if verdict is Verdict.LEAK]
    shots = tuple(burst.shot for burst in bursts)
    leaks = tuple(_leak(each, party.name_of(each) or _cell(each, shots)) for each in accused)
    return attrs.evolve(outcome, leaks=leaks, failed=party.unserved(served))


def _verdict(sighting: Sighting, admitted: Admitted) -> Verdict:
    return Verdict.LEAK if sighting.point.is_home else judge(sighting.frame, admitted)


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


def _cell(sighting: Sighting, shots: tuple[Shot, ...]) -> str:
    senders = [cell_of(sighting.frame, shot.burst) for shot in shots]
    return next((ALL[index].name for index in senders if index is not None), "")


def _leak(sighting: Sighting, cell: str) -> Leak:
    frame = sighting.frame
    what = (
        f"{frame.source} → {frame.destination} protocol {frame.protocol} "
        f"ports {frame.source_port}→{frame.destination_port} type {frame.kind} "
        f"ethertype {frame.ethertype or 0:#06x} about {', '.join(map(str, frame.about))}"
    )
    return Leak(point=f"{sighting.point.role}:{sighting.point.device}", cell=cell, what=what)
