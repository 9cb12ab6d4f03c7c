"""What it costs to be paid to the byte: receipts signed and checked, and a thousand guests counted.

``python benchmarks/receipts.py`` makes a network namespace of its own, as root. Exit status 1
when a target of the project is missed.

Receipts are those of core, beside the same library's Ed25519 over as many bytes. The screen is what
the engine says of each guest's peer, read each second to see who has moved; wireguard-go works for
it, too, so that its time is counted. The precise counters are those of nftables, of both families
and directions, read every five seconds.
"""

from __future__ import annotations

import asyncio
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import IPv4Address, IPv6Address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from bench import PATIENCE_S, Bar, report
from worldvpn_core.credit.exchange import follows, successor
from worldvpn_core.credit.figures import Figures
from worldvpn_core.credit.receipt import Receipt, Role, open_receipt
from worldvpn_core.types import IpAddress
from worldvpn_killswitch.element_counts import NETLINK_NETFILTER, counts
from worldvpn_killswitch.libnftables import LibNftables
from worldvpn_killswitch.meter import DOWN, TABLE, UP, begun, changed
from worldvpn_wireguard.device import DeviceChange, PeerChange
from worldvpn_wireguard.uapi_socket import SOCKETS, UapiSocket, socket_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_INSIDE: Final = "--inside"
_GUESTS: Final = 1_000
_RECEIPTS: Final = 2_000
_POLLS: Final = 60
_SCREEN_S: Final = 1.0
_PRECISE_S: Final = 5.0
_INTERFACE: Final = "bench0"
_FIRST4: Final = IPv4Address("10.128.0.10")
_FIRST6: Final = IPv6Address("fd00::10")
_TICKET: Final = bytes(range(32))


def main() -> int:
    """Measure inside a namespace made for it; return the exit status."""
    if _INSIDE in sys.argv:
        SOCKETS.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(SOCKETS)], check=True)
        return asyncio.run(_measure())
    unshare = ["unshare", "--net", "--mount"]
    return subprocess.run([*unshare, sys.executable, __file__, _INSIDE], check=False).returncode


async def _measure() -> int:
    bars = _receipts()
    async with _engine() as (engine, pid):
        wall_ms, own_s, engine_s = await _polled(engine.peers, pid)
    await LibNftables().run(begun() + changed((), _guests()))
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as kernel:
        precise_ms, precise_s, _ = await _polled(lambda: _counted(kernel), None)
    share = (own_s + engine_s) / _SCREEN_S + precise_s / _PRECISE_S
    bars += [
        Bar(name=f"screen of {_GUESTS:,} guests, median", figure=wall_ms, unit="ms", limit=10.0),
        Bar(name="... our CPU a poll", figure=own_s * 1e3, unit="ms"),
        Bar(name="... wireguard-go's CPU a poll", figure=engine_s * 1e3, unit="ms"),
        Bar(name=f"precise, {_GUESTS:,} guests, median", figure=precise_ms, unit="ms", limit=40.0),
        Bar(name="... CPU a poll", figure=precise_s * 1e3, unit="ms"),
        Bar(name="both at their cadence, of a core", figure=share * 100, unit="%", limit=1.5),
    ]
    return report("receipts", bars)


def _receipts() -> list[Bar]:
    """Sign and check a chain of receipts, each in turn with the bare library."""
    key = Ed25519PrivateKey.generate()
    public, raw = key.public_key(), key.public_key().public_bytes_raw()
    taken: dict[str, list[float]] = {"sign": [], "check": [], "bare sign": [], "bare check": []}
    former: Receipt | None = None
    for at in range(1, _RECEIPTS + 1):
        began = time.perf_counter()
        figures = Figures(up_bytes=at, down_bytes=at)
        signed = successor(former, Role.NODE, _TICKET, figures, at).sign(key)
        signed_at = time.perf_counter()
        receipt = open_receipt(signed, raw)
        if not follows(receipt, former):
            raise SystemExit("a receipt does not follow the one before")
        checked_at = time.perf_counter()
        signature = key.sign(signed)
        bare_signed_at = time.perf_counter()
        public.verify(signature, signed)
        bare_checked_at = time.perf_counter()
        former = receipt
        taken["sign"].append(signed_at - began)
        taken["check"].append(checked_at - signed_at)
        taken["bare sign"].append(bare_signed_at - checked_at)
        taken["bare check"].append(bare_checked_at - bare_signed_at)
    ms = {name: statistics.median(each) * 1e3 for name, each in taken.items()}
    both, bare = ms["sign"] + ms["check"], ms["bare sign"] + ms["bare check"]
    return [
        Bar(name="receipt signed and checked, median", figure=both, unit="ms", limit=1.0),
        Bar(name="... signed", figure=ms["sign"], unit="ms"),
        Bar(name="... checked", figure=ms["check"], unit="ms"),
        Bar(name="... of Ed25519 alone", figure=both / bare),
    ]


@asynccontextmanager
async def _engine() -> AsyncIterator[tuple[UapiSocket, int]]:
    """Run wireguard-go with a thousand peers."""
    process = await asyncio.create_subprocess_exec(
        "wireguard-go", "-f", _INTERFACE, stderr=asyncio.subprocess.DEVNULL
    )
    engine = UapiSocket(socket_of(_INTERFACE))
    try:
        await asyncio.to_thread(_wait_for, socket_of(_INTERFACE))
        await engine.change(
            DeviceChange(
                private_key=X25519PrivateKey.generate().private_bytes_raw(),
                peers=tuple(
                    PeerChange(
                        public_key=X25519PrivateKey.generate().public_key().public_bytes_raw(),
                        allowed_ips=tuple(map(ip_network, addresses)),
                    )
                    for addresses in zip(_guests()[::2], _guests()[1::2], strict=True)
                ),
            )
        )
        yield engine, process.pid
    finally:
        engine.close()
        process.terminate()
        await process.wait()


def _wait_for(path: Path) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not path.exists():
        if time.monotonic() > deadline_s:
            raise SystemExit("wireguard-go does not start")
        time.sleep(0.01)


def _guests() -> tuple[IpAddress, ...]:
    """Return the addresses of all guests, of each both."""
    return tuple(address for at in range(_GUESTS) for address in (_FIRST4 + at, _FIRST6 + at))


async def _counted(kernel: socket.socket) -> list[Figures]:
    """Read what each guest has carried, as the node does."""
    read = {name: counts(kernel, TABLE, name) for names in (UP, DOWN) for name in names.values()}
    return [
        Figures(
            up_bytes=read[UP[guest.version]].get(guest.packed, 0),
            down_bytes=read[DOWN[guest.version]].get(guest.packed, 0),
        )
        for guest in _guests()
    ]


async def _polled(
    poll: Callable[[], Awaitable[object]], engine: int | None
) -> tuple[float, float, float]:
    """Return the median milliseconds of ``poll``, and the CPU seconds it takes here and there."""
    walls = []
    own_s, engine_s = 0.0, _cpu_s(engine)
    for _ in range(_POLLS):
        # Not back to back: what a cache has kept from the poll before would not be there.
        await asyncio.sleep(0.05)
        began, began_cpu_s = time.perf_counter(), time.process_time()
        await poll()
        own_s += time.process_time() - began_cpu_s
        walls.append(time.perf_counter() - began)
    engine_s = _cpu_s(engine) - engine_s
    return statistics.median(walls) * 1e3, own_s / _POLLS, engine_s / _POLLS


def _cpu_s(pid: int | None) -> float:
    """Return the CPU time of a process (proc(5), stat), 0 for none."""
    if pid is None:
        return 0.0
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
