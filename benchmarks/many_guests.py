"""Two hundred guests on one node, for ten minutes: is each counted, and does memory stay?

``python benchmarks/many_guests.py`` builds a lab with a central server, a computer that shares,
and guests in another role: each with a session of the server's, keys and a wireguard-go of its
own, and a stream to the node on which it answers for what it carries. Each sends a datagram of
1,000 bytes twice a second to an echo server on the internet. ``--guests`` and ``--minutes`` make
it shorter. What the node's programs take of the memory is read every five seconds; the first fifth
of the time is left out of the slope, for it is when things are used for the first time. Exit status
1 when a target of the project is missed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import attrs

from bench import Bar, report
from worldvpn_core.types import IpAddress
from worldvpn_lab.central import CentralHouse
from worldvpn_lab.crowd.gathered import Carried, Crowd, metered
from worldvpn_lab.daemon import Daemon, Part
from worldvpn_lab.demo import network
from worldvpn_lab.demo.settling import EARN, Purse
from worldvpn_lab.disturb.processes import running, running_in_node
from worldvpn_lab.world import World

_GUESTS: Final = 200
_MINUTES: Final = 10.0
_NODE: Final = "node1"
#: Of another network than the node: the owner is paid for those alone.
_FROM: Final = "lan"
_LISTED_S: Final = 40.0
_EVERY_S: Final = 5.0
_MINUTE_S: Final = 60.0
_PAGE_BYTES: Final = 4_096
_KIB: Final = 1_024
_MIB: Final = 1 << 20
#: Memory is flat where it grows by less in ten minutes.
_FLAT_KIB_A_MINUTE: Final = 100.0
#: What was settled is paid some seconds after the last word.
_PAID_S: Final = 90.0


@attrs.frozen
class Sample:
    """What each program takes of the memory, bytes, ``at_s`` since the first sample."""

    at_s: float
    rss_bytes: dict[str, int]


def main() -> int:
    """Measure; return the exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--guests", type=int, default=_GUESTS)
    parser.add_argument("--minutes", type=float, default=_MINUTES)
    chosen = parser.parse_args()
    with (
        TemporaryDirectory(prefix="worldvpn-bench-") as parent,
        World.up(Path(parent, "lab")) as world,
        CentralHouse.open(world) as house,
        network.sharing_node(world, house, _NODE, share_guests=chosen.guests) as node,
    ):
        node.until(network.is_listed, _LISTED_S)
        before = Purse.of(node)
        began_s = time.monotonic()
        with Crowd.gathered(world, house, _FROM, node, chosen.guests) as crowd:
            gathered_s = time.monotonic() - began_s
            with _sampled(_pids(world)) as samples:
                was = metered(world, _NODE)
                told = crowd.carry(chosen.minutes * _MINUTE_S)
                now = metered(world, _NODE)
            left = crowd.leave()
        counted = {one: sum(now[one]) - sum(was[one]) for one in now}
        paid = _settled(node, before, sum(each.signed_bytes for each in left))
    title = f"{chosen.guests} guests for {chosen.minutes:g} minutes"
    bars = [*_counts(told, counted, left, paid), *_memory(samples, chosen.minutes)]
    bars.append(Bar(name="all of them let in", figure=gathered_s, unit="s"))
    return report(title, bars)


def _counts(
    told: Sequence[Carried],
    counted: Mapping[IpAddress, int],
    left: Sequence[Carried],
    paid_bytes: int,
) -> list[Bar]:
    carried = [each.total_bytes for each in told]
    apart = [abs(counted[each.address] - each.total_bytes) for each in told]
    signed = sum(each.signed_bytes for each in left)
    return [
        Bar(name="carried by a guest, least", figure=min(carried) / _KIB, unit="KiB"),
        Bar(name="... of all", figure=sum(carried) / _MIB, unit="MiB"),
        Bar(
            name="guests whose node counts another figure",
            figure=sum(each > 0 for each in apart),
            limit=0,
        ),
        Bar(name="... furthest apart", figure=max(apart), unit="B"),
        Bar(
            name="receipts of a guest, least",
            figure=min(each.answered for each in left),
            limit=1,
            at_least=True,
        ),
        Bar(
            name="guests who were not signed for to the byte",
            figure=sum(each.signed_bytes != each.total_bytes for each in left),
            limit=0,
        ),
        Bar(name="settled, less what was signed", figure=paid_bytes - signed, unit="B"),
    ]


def _memory(samples: Sequence[Sample], minutes: float) -> Iterator[Bar]:
    lasting_s = minutes * _MINUTE_S
    late = [each for each in samples if each.at_s >= lasting_s / 5]
    last_s = samples[-1].at_s
    for name in samples[0].rss_bytes:
        first = [each.rss_bytes[name] for each in samples if each.at_s < _MINUTE_S]
        last = [each.rss_bytes[name] for each in samples if each.at_s > last_s - _MINUTE_S]
        slope, later = (
            statistics.linear_regression(
                [each.at_s for each in part], [each.rss_bytes[name] for each in part]
            ).slope
            for part in (late, late[len(late) // 2 :])
        )
        grown = statistics.median(last) - statistics.median(first)
        yield Bar(name=f"{name}, RSS at the end", figure=statistics.median(last) / _MIB, unit="MiB")
        yield Bar(name="... last minute less the first", figure=grown / _KIB, unit="KiB")
        yield Bar(
            name="... slope, without the first fifth",
            figure=slope * _MINUTE_S / _KIB,
            unit="KiB/min",
            limit=_FLAT_KIB_A_MINUTE,
        )
        yield Bar(
            name="... of the last two fifths", figure=later * _MINUTE_S / _KIB, unit="KiB/min"
        )


def _pids(world: World) -> dict[str, int]:
    """Return the process of each part of the node. Raises ValueError: there is more than one."""
    found = {
        "daemon": running(world, _NODE, Part.DAEMON),
        "agent": running(world, _NODE, Part.AGENT),
        "engine": running_in_node(world, _NODE, Part.ENGINE),
    }
    pids = {}
    for name, processes in found.items():
        for each in processes:
            os.close(each.pidfd)
        (pids[name],) = {each.pid for each in processes}
    return pids


@contextlib.contextmanager
def _sampled(pids: dict[str, int]) -> Iterator[list[Sample]]:
    """Read the memory of ``pids`` every five seconds meanwhile."""
    samples: list[Sample] = []
    stop = threading.Event()
    began_s = time.monotonic()

    def read() -> None:
        while not stop.wait(_EVERY_S if samples else 0):
            rss = {name: _rss_bytes(pid) for name, pid in pids.items()}
            samples.append(Sample(time.monotonic() - began_s, rss))

    reading = threading.Thread(target=read)
    reading.start()
    try:
        yield samples
    finally:
        stop.set()
        reading.join()


def _rss_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES


def _settled(node: Daemon, before: Purse, signed_bytes: int) -> int:
    """Return for how many bytes the owner was paid, once it is for all that was signed."""
    deadline_s = time.monotonic() + _PAID_S
    while True:
        now = Purse.of(node)
        paid = (now.own + now.vesting - before.own - before.vesting) // EARN
        if paid >= signed_bytes or time.monotonic() > deadline_s:
            return paid
        time.sleep(1.0)


if __name__ == "__main__":
    sys.exit(main())
