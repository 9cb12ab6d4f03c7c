"""How long a change of policy takes, against starting the nft program for it.

``python benchmarks/policy_change.py`` makes a network namespace of its own, as root or
with user namespaces, and prints medians of interleaved rounds. Exit status 1 when a
target of the project is missed.

Between changes there is a pause: the kernel frees replaced rules after a grace period,
and a change that follows within it waits for that, whoever makes it. An added element
frees nothing, and needs none.
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
from worldvpn_core.testing.firewall_contract import CONNECTED, CONNECTING, ENDPOINT
from worldvpn_killswitch.backend import NftablesBackend
from worldvpn_killswitch.libnftables import LibNftables
from worldvpn_killswitch.links import Topology, topology
from worldvpn_killswitch.rule import script
from worldvpn_killswitch.ruleset import ruleset

_ROUNDS: Final = 100
_PROGRAM_ROUNDS: Final = 40
_PAUSE_S: Final = 0.02
_INSIDE: Final = "--inside"
#: What is measured, and the most its median may be.
_TARGETS_MS: Final = {
    "change (render, load)": 3.0,
    "change, read back": 5.0,
    "one set element": 0.5,
}
_LINKS: Final = (LinkFacts(name="eth0", index=2, kind="veth"),)


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
        taken_ms = (time.perf_counter() - began_monotonic_s) * 1e3
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
    clock, engine = Clock(), LibNftables()
    backend = NftablesBackend(FakeLinks(*_LINKS), engine)
    policies = (CONNECTING, CONNECTED)
    now = topology(_LINKS)
    for number in range(_ROUNDS):
        policy = policies[number % 2]
        await clock.time("change (render, load)", partial(_load, engine, policy, now))
        await clock.time("change, read back", partial(_apply, backend, policy))
        await clock.time("check, unmoved", backend.check)
        if number < _PROGRAM_ROUNDS:
            text = script(ruleset(policy, now))
            await clock.time("nft -f -, same rules", partial(_program, text))
    await _elements(clock, backend)
    return _report(clock)


async def _elements(clock: Clock, backend: NftablesBackend) -> None:
    (first, *rest) = CONNECTED.outer
    other = attrs.evolve(first, endpoint=attrs.evolve(ENDPOINT, host=ip_address("203.0.113.11")))
    policies = (CONNECTED, attrs.evolve(CONNECTED, outer=(other, *rest)))
    for number in range(_ROUNDS):
        await clock.time("another endpoint", partial(_apply, backend, policies[number % 2]))
    engine = LibNftables()
    for number in range(_ROUNDS):
        await clock.time("one set element", partial(engine.run, _added(number + 1)), pause_s=0)
        if number < _PROGRAM_ROUNDS:
            await clock.time("nft -f -, one element", partial(_program, _added(number + 10_000)))


def _added(port: int) -> str:
    return f"add element inet worldvpn endpoint_udp4 {{ 203.0.113.77 . {port} }}"


async def _load(engine: LibNftables, policy: FirewallPolicy, now: Topology) -> None:
    await engine.run(script(ruleset(policy, now)))


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
        f"{'what':24} {'median ms':>10} {'least':>8} {'p90':>8} {'target ms':>10} {'of nft -f':>10}"
    )
    for name, taken in clock.taken_ms.items():
        element = "element" in name or "another" in name
        program = medians["nft -f -, one element" if element else "nft -f -, same rules"]
        ninth = statistics.quantiles(taken, n=10)[-1]
        target = f"{_TARGETS_MS[name]:.1f}" if name in _TARGETS_MS else ""
        print(
            f"{name:24} {medians[name]:10.3f} {min(taken):8.3f} {ninth:8.3f} {target:>10} "
            f"{medians[name] / program:10.2f}"
        )
    missed = [name for name, target in _TARGETS_MS.items() if medians[name] > target]
    if missed:
        print(f"missed: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
