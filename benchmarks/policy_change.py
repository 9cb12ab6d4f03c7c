"""How long a change of policy takes, against starting the nft program for it.

``python benchmarks/policy_change.py`` makes a network namespace of its own, as root or
with user namespaces, and prints medians of interleaved rounds. Exit status 1 when a
target of the project is missed.

The backend is led through the states of a connection, as the daemon leads it, and each
change is timed twice: until the kernel enforces it, and until it was read back. What it
changes of the rules is its own affair. "all anew" is what it does where it may not rely
on what stands: others have touched our rules, or the host's links are other ones.

Between changes there is a pause: the kernel frees replaced rules after a grace period,
and a change that follows within it waits for that, whoever makes it. An added element
frees nothing, and needs none. Somebody listens to changes of rules, as the daemon does:
the kernel tells of each.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from ipaddress import ip_address
from typing import Final

import attrs

from worldvpn_core.contracts import LinkFacts
from worldvpn_core.policy import FirewallPolicy, PolicySet
from worldvpn_core.testing.fakes import FakeLinks
from worldvpn_core.testing.firewall_contract import (
    BLOCKED,
    CONNECTED,
    CONNECTING,
    ENDPOINT,
    OPEN,
    TUNNEL,
)
from worldvpn_core.types import Link
from worldvpn_killswitch.backend import NftablesBackend
from worldvpn_killswitch.changes import Changes
from worldvpn_killswitch.libnftables import LibNftables
from worldvpn_killswitch.links import topology
from worldvpn_killswitch.rule import script
from worldvpn_killswitch.ruleset import ruleset

_ROUNDS: Final = 100
_PROGRAM_ROUNDS: Final = 40
_PAUSE_S: Final = 0.02
_INSIDE: Final = "--inside"
_READ: Final = ", read back"
_ELEMENT: Final = "one set element"
_BY_PROGRAM: Final = "nft -f -, all anew"
_ELEMENT_BY_PROGRAM: Final = "nft -f -, one element"
_OTHER: Final = attrs.evolve(TUNNEL, path=Link(name="wv1"))
#: The states of a connection that changes its node, falls, and is ended.
_STATES: Final = (
    ("open to connecting", CONNECTING),
    ("connecting to connected", CONNECTED),
    ("connected to switching", attrs.evolve(CONNECTED, tunnels=(TUNNEL, _OTHER))),
    ("switching to connected", attrs.evolve(CONNECTED, tunnels=(_OTHER,))),
    ("connected to connecting", CONNECTING),
    ("connecting to connected", CONNECTED),
    ("connected to disconnecting", BLOCKED),
    ("disconnecting to open", OPEN),
)
#: The most that medians may be.
_TARGETS_MS: Final = {
    **{name: 3.0 for name, _ in _STATES},
    **{name + _READ: 5.0 for name, _ in _STATES},
    _ELEMENT: 0.5,
}
_LINKS: Final = (LinkFacts(name="eth0", index=2, kind="veth"),)


class TimedEngine:
    """nft's library, and when it last was done with anything but a listing."""

    name: Final = "timed"

    def __init__(self) -> None:
        self.done_monotonic_s = 0.0
        self._engine = LibNftables()

    async def run(self, commands: str, *, stateless: bool = True, handles: bool = False) -> str:
        """Run ``commands``, as LibNftables does."""
        said = await self._engine.run(commands, stateless=stateless, handles=handles)
        if not commands.startswith("list "):
            self.done_monotonic_s = time.perf_counter()
        return said


class Clock:
    """Collects how long things took, by name, in milliseconds."""

    def __init__(self) -> None:
        self.taken_ms: dict[str, list[float]] = {}

    async def time(
        self, name: str, work: Callable[[], Awaitable[object]], *, pause_s: float = _PAUSE_S
    ) -> None:
        """Add the time that ``work`` takes, after ``pause_s``, to ``name``."""
        await asyncio.sleep(pause_s)
        began_monotonic_s = time.perf_counter()
        await work()
        self._add(name, began_monotonic_s, time.perf_counter())

    async def time_change(
        self, name: str, engine: TimedEngine, work: Callable[[], Awaitable[object]]
    ) -> None:
        """Add to ``name`` when ``work`` was in force, and when it was read back."""
        await asyncio.sleep(_PAUSE_S)
        began_monotonic_s = time.perf_counter()
        await work()
        read_monotonic_s = time.perf_counter()
        self._add(name, began_monotonic_s, engine.done_monotonic_s)
        self._add(name + _READ, began_monotonic_s, read_monotonic_s)

    def _add(self, name: str, began_monotonic_s: float, ended_monotonic_s: float) -> None:
        taken_ms = (ended_monotonic_s - began_monotonic_s) * 1e3
        self.taken_ms.setdefault(name, []).append(taken_ms)


def main() -> int:
    """Measure inside a namespace made for it; return the exit status."""
    if _INSIDE in sys.argv:
        for command in ("ip link set lo up", "ip link add eth0 type veth peer name far0"):
            subprocess.run(command.split(), check=True)
        return asyncio.run(_measure())
    unshare = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "-rn"]
    return subprocess.run([*unshare, sys.executable, __file__, _INSIDE], check=False).returncode


async def _measure() -> int:
    clock, engine, changes = Clock(), TimedEngine(), Changes()
    listening = asyncio.create_task(_listen(changes))
    backend = NftablesBackend(FakeLinks(*_LINKS), engine)
    whole = script(ruleset(CONNECTED, topology(_LINKS)))
    for number in range(_ROUNDS):
        for name, policy in _STATES:
            await clock.time_change(name, engine, partial(_apply, backend, policy))
        await _apply(backend, CONNECTED)
        await clock.time("check, unmoved", backend.check)
        await engine.run('add element inet worldvpn uplinks { "other0" }')
        await clock.time_change("all anew", engine, partial(_apply, backend, CONNECTED))
        if number < _PROGRAM_ROUNDS:
            await clock.time(_BY_PROGRAM, partial(_program, whole))
        await _apply(backend, OPEN)
    await _elements(clock, backend)
    listening.cancel()
    return _report(clock)


async def _listen(changes: Changes) -> None:
    while True:
        await changes.heard()


async def _elements(clock: Clock, backend: NftablesBackend) -> None:
    (first, *rest) = CONNECTED.outer
    other = attrs.evolve(first, endpoint=attrs.evolve(ENDPOINT, host=ip_address("203.0.113.11")))
    policies = (CONNECTED, attrs.evolve(CONNECTED, outer=(other, *rest)))
    await _apply(backend, CONNECTED)
    for number in range(_ROUNDS):
        await clock.time("another endpoint", partial(_apply, backend, policies[(number + 1) % 2]))
    engine = LibNftables()
    for number in range(_ROUNDS):
        await clock.time(_ELEMENT, partial(engine.run, _added(number + 1)), pause_s=0)
        if number < _PROGRAM_ROUNDS:
            await clock.time(_ELEMENT_BY_PROGRAM, partial(_program, _added(number + 10_000)))


def _added(port: int) -> str:
    return f"add element inet worldvpn endpoint_udp4 {{ 203.0.113.77 . {port} }}"


async def _apply(backend: NftablesBackend, policy: FirewallPolicy) -> None:
    await backend.apply(PolicySet(host=policy))


async def _program(commands: str) -> None:
    process = await asyncio.create_subprocess_exec("nft", "-f", "-", stdin=asyncio.subprocess.PIPE)
    await process.communicate(commands.encode())
    if process.returncode != 0:
        raise SystemExit(f"nft refused with status {process.returncode}")


def _report(clock: Clock) -> int:
    medians = {name: statistics.median(taken) for name, taken in clock.taken_ms.items()}
    print(
        f"{'what':37} {'median ms':>10} {'least':>8} {'p90':>8} {'target ms':>10} {'of nft -f':>10}"
    )
    for name, taken in clock.taken_ms.items():
        element = "element" in name or "another" in name
        program = medians[_ELEMENT_BY_PROGRAM if element else _BY_PROGRAM]
        ninth = statistics.quantiles(taken, n=10)[-1]
        target = f"{_TARGETS_MS[name]:.1f}" if name in _TARGETS_MS else ""
        print(
            f"{name:37} {medians[name]:10.3f} {min(taken):8.3f} {ninth:8.3f} {target:>10} "
            f"{medians[name] / program:10.2f}"
        )
    missed = [name for name, target in _TARGETS_MS.items() if medians[name] > target]
    if missed:
        print(f"missed: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
