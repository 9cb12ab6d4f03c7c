"""How much a node carries for a guest, against the same engine with plain NAT on the host.

``python benchmarks/node_forwarding.py`` builds a lab and sends one TCP stream (iperf3) from a
server to a guest, and one the other way: through our node in its own namespace, with every rule
and count of it, without a limit, with a rate that it has to reach, and with one too high to be
felt; and through wireguard-go in the host's namespace with masquerading and no other rule. They
take turns to go first. Beside each rate stands the processor's time that a gigabit takes of the two
engines and both ends of iperf3, in which most of the kernel's work is done: other load makes it
differ less. Exit status 1 when a median is below its target.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, Final

import attrs

from bench import Bar, Stage, interval, report, staged
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_lab.daemon import Part
from worldvpn_lab.device import Device, device
from worldvpn_lab.disturb.processes import running, running_in_node
from worldvpn_lab.map import PLACES

_PAIRS: Final = 15
_LASTING_S: Final = 1
_RATIO: Final = 0.9
_TRIES: Final = 8
_AGAIN_S: Final = 0.3
_PORT: Final = 51_830
#: What a shaper has to reach: less than any of them carries.
_SHARED_MBPS: Final = 500
#: Beyond what any of them carries, so that the shaper's work is all that is seen of it.
_UNFELT_MBPS: Final = 50_000
#: What TCP's own bytes are of a packet's 1,420: the rate is one of packets.
_PAYLOAD: Final = 1_368 / 1_420
_GUEST: Final = "lan"
_SERVER: Final = ("iperf3", "--server", "--forceflush")
_DIRECTIONS: Final[dict[str, tuple[str, ...]]] = {"down": ("--reverse",), "up": ()}
_NAT: Final = """
table ip bench {
chain out {
 type nat hook postrouting priority srcnat; ip saddr 10.77.0.0/24 masquerade
}
}
"""
_SHARED: Final = f"node with {_SHARED_MBPS} Mbit/s"
_UNFELT: Final = "node, rate not felt"


@attrs.frozen(kw_only=True)
class Run:
    """What the receiver got, and the processor's time that it took."""

    mbps: float
    cpu_ms_gbit: float


Side = Callable[[Stage], contextlib.AbstractContextManager[Device]]


def main() -> int:
    """Measure; return the exit status."""
    sides: dict[str, Side] = {
        "plain NAT": _plain,
        "node": partial(_ours, rate_mbps=0),
        _SHARED: partial(_ours, rate_mbps=_SHARED_MBPS),
        _UNFELT: partial(_ours, rate_mbps=_UNFELT_MBPS),
    }
    measured = {(name, way): list[Run]() for name in sides for way in _DIRECTIONS}
    with staged() as stage, tempfile.TemporaryFile() as said:
        stdio = (said.fileno(),) * 3
        with stage.world.spawn("internet", [*_SERVER], stdio=stdio):
            _await(said)
            for number in range(_PAIRS):
                order = list(sides)
                for name in order[number % len(order) :] + order[: number % len(order)]:
                    with sides[name](stage) as guest:
                        guest.page(PLACES.page)
                        for way, options in _DIRECTIONS.items():
                            measured[name, way].append(_run(stage, guest, options))
    bars = [bar for way in _DIRECTIONS for bar in _bars(way, measured)]
    title = f"a node's forwarding: one TCP stream of {_LASTING_S} s, {_PAIRS} turns, medians"
    return report(title, bars)


@contextlib.contextmanager
def _ours(stage: Stage, *, rate_mbps: int) -> Iterator[Device]:
    call = stage.daemon.call
    call("settings.set", changes={"share_rate_mbps": rate_mbps})
    call("share.on", agree=True)
    stage.daemon.until(_serves)
    profile = str(call("share.invite", name="bench", host=str(PLACES.client))["profile"])
    try:
        with device(stage.world, _GUEST, profile, "wvb0") as guest:
            yield guest
    finally:
        call("share.revoke", name="bench")
        call("share.off")


def _serves(seen: Snapshot) -> bool:
    return seen["sharing"]["state"] == "serving"


@contextlib.contextmanager
def _plain(stage: Stage) -> Iterator[Device]:
    world = stage.world
    keys = {name: _key(stage) for name in ("node", "guest", "shared")}
    null = os.open(os.devnull, os.O_RDWR)
    try:
        engine = world.spawn("client", ["wireguard-go", "-f", "bench1"], stdio=(null, null, null))
    finally:
        os.close(null)
    settings = (
        f"[Interface]\nPrivateKey = {keys['node'][0]}\nListenPort = {_PORT}\n"
        f"[Peer]\nPublicKey = {keys['guest'][1]}\nPresharedKey = {keys['shared'][0]}\n"
        "AllowedIPs = 10.77.0.4/32\n"
    )
    steps = (
        "until wg show bench1 >/dev/null 2>&1; do sleep 0.02; done; "
        "wg setconf bench1 /dev/stdin; ip addr add 10.77.0.1/24 dev bench1; "
        "ip link set bench1 mtu 1420 up; echo 1 > /proc/sys/net/ipv4/ip_forward"
    )
    with engine, stage.daemon_asleep():
        world.run("client", ["sh", "-ec", steps], stdin=settings.encode()).checked()
        world.run("client", ["nft", "-f", "-"], stdin=_NAT.encode()).checked()
        profile = (
            f"PrivateKey = {keys['guest'][0]}\nAddress = 10.77.0.4/32\n"
            f"PublicKey = {keys['node'][1]}\nPresharedKey = {keys['shared'][0]}\n"
            f"Endpoint = {PLACES.client}:{_PORT}\n"
        )
        try:
            with device(world, _GUEST, profile, "wvb1") as guest:
                yield guest
        finally:
            undo = "nft delete table ip bench; echo 0 > /proc/sys/net/ipv4/ip_forward"
            world.run("client", ["sh", "-c", f"{undo}; ip link del bench1"]).checked()


def _key(stage: Stage) -> tuple[str, str]:
    """Return a private key and its public half."""
    private = stage.world.run("client", ["wg", "genkey"]).checked().strip()
    public = stage.world.run("client", ["wg", "pubkey"], stdin=private.encode()).checked()
    return private, public.strip()


def _await(said: IO[bytes]) -> None:
    """Return once the server says that it listens."""
    while b"listening" not in os.pread(said.fileno(), 4096, 0):
        time.sleep(0.01)


def _run(stage: Stage, guest: Device, options: tuple[str, ...]) -> Run:
    argv = ["iperf3", "--client", str(PLACES.page), "--time", str(_LASTING_S), "--json"]
    argv += ["--bind", str(guest.own(PLACES.page)), *options]
    engines = _engines(stage)
    for _ in range(_TRIES):
        before_s = sum(map(_cpu_s, engines))
        told = json.loads(stage.world.run(_GUEST, argv).checked())
        if "error" not in told:
            taken_s = sum(map(_cpu_s, engines)) - before_s
            got, percent = told["end"]["sum_received"], told["end"]["cpu_utilization_percent"]
            lasted_s = float(got["seconds"])
            taken_s += lasted_s * (percent["host_total"] + percent["remote_total"]) / 100
            mbps = float(got["bits_per_second"]) / 1e6
            return Run(mbps=mbps, cpu_ms_gbit=taken_s * 1e6 / (mbps * lasted_s))
        # The server takes a moment after each test, in which it is busy or not listening.
        time.sleep(_AGAIN_S)
    raise SystemExit(f"iperf3 failed: {told['error']}")


def _engines(stage: Stage) -> list[int]:
    """Return the processes that encrypt: the guest's, and the node's or the host's."""
    found = running_in_node(stage.world, "client", Part.ENGINE)
    for role in (_GUEST, "client"):
        found += running(stage.world, role, Part.ENGINE)
    for each in found:
        os.close(each.pidfd)
    return [each.pid for each in found]


def _cpu_s(pid: int) -> float:
    """Return the CPU time of a process (proc(5), stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def _bars(way: str, measured: dict[tuple[str, str], list[Run]]) -> Iterator[Bar]:
    plain = measured["plain NAT", way]
    for (name, of), runs in measured.items():
        if of != way:
            continue
        rate = statistics.median(each.mbps for each in runs)
        cpu_ms = statistics.median(each.cpu_ms_gbit for each in runs)
        yield Bar(name=f"{way}: {name}", figure=rate, unit="Mbit/s")
        yield Bar(name=f"{way}: {name}, CPU of a gigabit", figure=cpu_ms, unit="ms")
        if name == _SHARED:
            reached = rate / (_SHARED_MBPS * _PAYLOAD)
            yield Bar(name=f"{way}: {name}, reached", figure=reached, limit=_RATIO, at_least=True)
        elif runs is not plain:
            pairs = list(zip(runs, plain, strict=True))
            ratios = [one.mbps / other.mbps for one, other in pairs]
            low, high = interval(ratios)
            named, middle = f"{way}: {name}, ratio", statistics.median(ratios)
            yield Bar(name=named, figure=middle, limit=_RATIO, at_least=True)
            yield Bar(name=f"{named} from", figure=low)
            yield Bar(name=f"{named} to", figure=high)
            work = [other.cpu_ms_gbit / one.cpu_ms_gbit for one, other in pairs]
            yield Bar(name=f"{named} by CPU", figure=statistics.median(work))


if __name__ == "__main__":
    sys.exit(main())
