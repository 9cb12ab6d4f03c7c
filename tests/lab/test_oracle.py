"""The positive control: with no firewall every probe is seen, and no frame is lost.

Without this a matrix of zeros would prove nothing.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import attrs
import pytest

from worldvpn_lab import guest
from worldvpn_lab.oracle.judge import Admitted, Verdict, judge
from worldvpn_lab.oracle.ring import Losses, Ring
from worldvpn_lab.oracle.tap import POINTS, Sighting, Tap
from worldvpn_lab.probes.cells import Cell, Probe
from worldvpn_lab.probes.marks import cell_of
from worldvpn_lab.probes.volley import ALL, Shot, Volley, seen
from worldvpn_lab.world import World

pytestmark = pytest.mark.netns

#: Kernels report a joined group after a random moment; the rest is there at once.
SETTLE_S = 0.2
BURSTS = 3


@attrs.frozen(kw_only=True)
class Record:
    """What a witness saw of some bursts."""

    shots: tuple[Shot, ...]
    sightings: tuple[Sighting, ...]
    losses: Losses


@pytest.fixture(scope="module")
def record(world: World) -> Iterator[Record]:
    with Volley(world) as volley, Tap(world.open_socket, (*POINTS, guest.GUEST_LAN)) as tap:
        shots = []
        for _ in range(BURSTS):
            shots.append(volley.fire())
            time.sleep(SETTLE_S)
        # Counted first: a frame may arrive between the two, and is then seen, not missed.
        losses = tap.losses()
        yield Record(shots=tuple(shots), sightings=tuple(tap.take()), losses=losses)


def places(record: Record, cell: Cell) -> list[set[str]]:
    return [seen(record.sightings, shot).get(cell.index, set()) for shot in record.shots]


@pytest.mark.parametrize("cell", ALL, ids=lambda cell: cell.name)
def test_unhindered_probe_is_seen_on_the_lan(record: Record, cell: Cell) -> None:
    expected = "lan:lan2" if cell.probe is Probe.GUEST else "lan:lan0"

    assert all(expected in where for where in places(record, cell))


@pytest.mark.parametrize(
    "cell",
    [cell for cell in ALL if cell.destination.startswith(("internet", "resolver", "relay"))],
    ids=lambda cell: cell.name,
)
def test_unhindered_probe_to_the_internet_is_seen_by_the_isp(record: Record, cell: Cell) -> None:
    assert all("isp:lan" in where for where in places(record, cell))


def test_every_probe_seen_is_called_a_leak(record: Record) -> None:
    shot = record.shots[0]
    verdicts = {
        judge(sighting.frame, Admitted())
        for sighting in record.sightings
        if cell_of(sighting.frame, shot.burst) is not None
    }

    assert verdicts == {Verdict.LEAK}


def test_kernel_refuses_no_probe_of_an_open_host(record: Record) -> None:
    assert [shot.refused for shot in record.shots] == [{}] * BURSTS


def test_capture_loses_no_frame(record: Record) -> None:
    assert record.losses.lost == 0
    assert len(record.sightings) >= record.losses.frames > BURSTS * len(ALL)


def test_witness_counts_what_it_could_not_keep(world: World) -> None:
    slots = 32
    line = world.open_socket("lan", socket.AF_PACKET, socket.SOCK_RAW)
    ring = Ring(line, "lan0", slots=slots)
    with Volley(world, with_guest=False) as volley:
        volley.fire()

    # The ring is full until it is drained; what comes after that finds a slot again.
    losses = ring.losses()
    kept = len(list(ring.drain()))
    ring.close()

    assert losses.lost == losses.frames - slots > 0
    assert kept >= slots
