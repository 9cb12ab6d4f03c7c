"""What the benchmarks share: a lab with a daemon, the other side (wg-quick), and figures.

Every figure is compared within one run, in pairs that take turns to go first: the speed
of a computer changes more from minute to minute than what is measured here.
"""

from __future__ import annotations

import contextlib
import math
import select
import signal
import socket
import struct
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import attrs

from worldvpn_core.types import IpAddress
from worldvpn_lab import nodes
from worldvpn_lab.answering import plain
from worldvpn_lab.daemon import Daemon, Start, is_in
from worldvpn_lab.map import NODES, PLACES
from worldvpn_lab.world import World

#: What wg-quick calls the tunnel; the daemon leaves links of other names alone.
WG_QUICK: Final = "bench0"
#: What others have begun must be over before the next is measured.
SETTLE_S: Final = 0.25

_ENGINE: Final = {"WG_QUICK_USERSPACE_IMPLEMENTATION": "wireguard-go"}
_STUN_PORT: Final = 3478
_STUN_REQUEST: Final = struct.Struct("!HHI12s")
_STUN_COOKIE: Final = 0x2112A442
_ASK_EVERY_S: Final = 0.002
#: Whatever takes longer has failed.
PATIENCE_S: Final = 10.0


@attrs.frozen(kw_only=True)
class Bar:
    """A figure, and the most (or, ``at_least``, the least) it may be; None: only shown."""

    name: str
    figure: float
    unit: str = ""
    limit: float | None = None
    at_least: bool = False

    @property
    def is_missed(self) -> bool:
        """Whether the figure is on the wrong side of its limit."""
        if self.limit is None:
            return False
        return self.figure < self.limit if self.at_least else self.figure > self.limit


def report(title: str, bars: Sequence[Bar]) -> int:
    """Print ``bars`` as a table; return the exit status: 1 when one is missed."""
    width = max(len(bar.name) for bar in bars)
    print(title)
    for bar in bars:
        sign = "≥" if bar.at_least else "≤"
        limit = "" if bar.limit is None else f"{sign} {bar.limit:g}"
        verdict = "MISSED" if bar.is_missed else "" if bar.limit is None else "ok"
        line = f"  {bar.name:{width}}  {bar.figure:10.3f} {bar.unit:7} {limit:>8}  {verdict}"
        print(line.rstrip())
    return int(any(bar.is_missed for bar in bars))


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the median of ``values``, an odd number of them.

    Nothing is drawn: how often the median of a resample is at most the k-th smallest
    value follows from the binomial distribution (Efron 1979, §3). Pure.
    """
    count = len(values)
    low, high = (
        next(
            value
            for place, value in enumerate(sorted(values), 1)
            if _at_least_half(count, place / count) >= share
        )
        for share in (0.025, 0.975)
    )
    return low, high


def _at_least_half(count: int, chance: float) -> float:
    """Return how likely more than half of ``count`` draws of that ``chance`` succeed."""
    return sum(
        math.comb(count, hits) * chance**hits * (1 - chance) ** (count - hits)
        for hits in range(count // 2 + 1, count + 1)
    )


class Stage:
    """A lab with a daemon in its client, and wg-quick beside it on the same profile."""

    def __init__(self, world: World, daemon: Daemon) -> None:
        self.world = world
        self.daemon = daemon
        self.profiles = {node.role: daemon.import_profile(node.role) for node in NODES}

    def _for_quick(self) -> str:
        """Return the first node's profile without its resolver: wg-quick needs resolvconf."""
        path = self.world.directory / nodes.PROFILES / f"{NODES[0].role}.conf"
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        return "".join(line for line in lines if not line.startswith("DNS"))

    def quick(self, verb: str) -> None:
        """Run ``wg-quick up`` or ``down`` on the first node's profile. Raises EngineError."""
        with self.quick_held(verb) as (begin, wait):
            begin()
            wait()

    @contextlib.contextmanager
    def quick_held(self, verb: str) -> Iterator[tuple[Callable[[], None], Callable[[], None]]]:
        """Yield (begin, wait) of a wg-quick that waits at its start line for ``begin``."""
        path = f"/run/{WG_QUICK}.conf"
        self.world.write("client", {path: self._for_quick()})
        ours, theirs = socket.socketpair()
        with ours, tempfile.TemporaryFile() as said:
            script = 'read -r _ && exec wg-quick "$1" "$2"'
            argv = ["bash", "-c", script, "bash", verb, path]
            stdio = (theirs.fileno(), said.fileno(), said.fileno())
            program = self.world.spawn("client", argv, stdio=stdio, environment=_ENGINE)
            theirs.close()
            time.sleep(0.02)

            def wait() -> None:
                if program.wait(PATIENCE_S) != 0:
                    said.seek(0)
                    raise SystemExit(f"wg-quick {verb} failed: {said.read().decode()}")

            yield lambda: ours.sendall(b"go\n"), wait
            # The engine that wg-quick leaves behind is of its group: only let go of it.
            program.keep()
            program.close()

    @contextlib.contextmanager
    def daemon_asleep(self) -> Iterator[None]:
        """Stop the daemon meanwhile, so that it takes nothing from what is measured."""
        self.daemon.program.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.daemon.program.signal(signal.SIGCONT)
            time.sleep(SETTLE_S)

    def disconnect(self) -> None:
        """Have no tunnel."""
        self.daemon.call("tunnel.disconnect")
        self.daemon.until(is_in("disconnected"))


@contextlib.contextmanager
def staged(how: Start | None = None) -> Iterator[Stage]:
    """Build the lab, start a daemon in it, and remove all of it at the end."""
    with (
        tempfile.TemporaryDirectory(prefix="worldvpn-bench-") as parent,
        World.up(Path(parent, "lab")) as world,
        Daemon.start(world, how) as daemon,
    ):
        yield Stage(world, daemon)


class FirstByte:
    """Asks a server what address it sees (STUN), until that is a node's."""

    def __init__(self, world: World, through: IpAddress) -> None:
        self._line = world.open_socket("client", socket.AF_INET, socket.SOCK_DGRAM)
        self._line.settimeout(0)
        self._through = through

    def close(self) -> None:
        """Give the socket back."""
        self._line.close()

    def wait(self) -> None:
        """Return as soon as an answer through the node is here.

        Raises:
            SystemExit: none came in ten seconds.
        """
        deadline_s = time.perf_counter() + PATIENCE_S
        head = _STUN_REQUEST.pack(1, 0, _STUN_COOKIE, bytes(12))
        while time.perf_counter() < deadline_s:
            # Refused by the rules, or no route yet: ask again.
            with contextlib.suppress(OSError):
                self._line.sendto(head, (str(PLACES.stun), _STUN_PORT))
            if select.select([self._line], [], [], _ASK_EVERY_S)[0]:
                with contextlib.suppress(OSError):
                    if self._seen_as(self._line.recv(1500)) == self._through:
                        return
        raise SystemExit(f"no answer came through {self._through} in {PATIENCE_S:g} s")

    @staticmethod
    def _seen_as(answer: bytes) -> IpAddress:
        """Return the address of a STUN answer (RFC 8489 §14.2, IPv4)."""
        number = struct.unpack("!I", answer[-4:])[0] ^ _STUN_COOKIE
        return plain(socket.inet_ntoa(struct.pack("!I", number)))
