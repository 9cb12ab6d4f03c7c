"""What happens to wireguard-go happens to the tunnel: seen, said, and cleaned up."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import ClassVar

import pytest

from tests.plugins.wireguard.conftest import Remote, WireGuardGround, run, traces_of
from worldvpn_core.contracts import Tunnel
from worldvpn_core.errors import EngineError
from worldvpn_core.types import MARK
from worldvpn_wireguard.uapi_socket import socket_of

_EVENTUALLY_S = 20.0
_COUNT = "table inet marks {\nchain sent {\ntype filter hook output priority 0;"
_ROOT = Path(__file__).parents[3]

#: Opens a tunnel on a host that lacks something, and prints what it is told.
_OPEN = """
import asyncio, sys
from pathlib import Path
from worldvpn_core.errors import EngineError
from worldvpn_core.types import MARK
from worldvpn_host.plugin import worldvpn_host
from worldvpn_wireguard.engines import engine_from
async def main():
    host = worldvpn_host(platform="linux", state_dir=sys.argv[1])
    try:
        await engine_from({}, host).make("wvfault")
    except EngineError as error:
        print(error)
asyncio.run(main())
"""


def engine_process(interface: str) -> int:
    (found,) = (trace for trace in traces_of(interface) if trace.startswith("/proc/"))
    return int(Path(found).parent.name)


def stop(process: int) -> None:
    os.kill(process, signal.SIGSTOP)
    states = list(Path(f"/proc/{process}/task").glob("*/stat"))
    while any(state.read_text().rpartition(")")[2].split()[0] != "T" for state in states):
        time.sleep(0.005)


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def told_on_a_host_with(tmp_path: Path, *prefix: str) -> str:
    command = [*prefix, sys.executable, "-c", _OPEN, str(tmp_path)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=_ROOT).stdout


@pytest.mark.netns
@pytest.mark.anyio
class TestUserspaceFaults:
    engine: ClassVar = "userspace"
    outer: ClassVar = "198.51.100.7"
    packets_per_s: ClassVar = 1_000

    @pytest.fixture
    async def tunnel(self, ground: WireGuardGround) -> AsyncIterator[Tunnel]:
        opened = await ground.transport.open(ground.plan)
        yield opened
        await opened.close()

    async def test_killed_engine_is_a_fallen_tunnel_with_its_signal(
        self, ground: WireGuardGround, tunnel: Tunnel
    ) -> None:
        os.kill(engine_process(ground.plan.interface), signal.SIGKILL)
        async with asyncio.timeout(_EVENTUALLY_S):
            cause = await tunnel.wait_down()
        assert isinstance(cause, EngineError)
        assert "killed by signal 9" in str(cause)
        await tunnel.close()
        assert await ground.leftovers() == frozenset()

    async def test_killed_engine_is_an_error_to_who_asks_it(
        self, ground: WireGuardGround, tunnel: Tunnel
    ) -> None:
        os.kill(engine_process(ground.plan.interface), signal.SIGKILL)
        async with asyncio.timeout(_EVENTUALLY_S):
            await tunnel.wait_down()
        with pytest.raises(EngineError, match="wireguard-go has ended"):
            await tunnel.counters()
        with pytest.raises(EngineError, match="wireguard-go has ended"):
            await tunnel.probe()

    async def test_stopped_engine_is_an_error_and_can_be_closed(
        self, ground: WireGuardGround, tunnel: Tunnel
    ) -> None:
        stop(engine_process(ground.plan.interface))
        with pytest.raises(EngineError, match="has not answered in 1 s"):
            await tunnel.counters()
        await tunnel.close()
        assert await ground.leftovers() == frozenset()

    async def test_stopped_engine_that_goes_on_is_asked_again(
        self, ground: WireGuardGround, tunnel: Tunnel
    ) -> None:
        process = engine_process(ground.plan.interface)
        stop(process)
        with pytest.raises(EngineError, match="has not answered"):
            await tunnel.counters()
        os.kill(process, signal.SIGCONT)
        assert (await tunnel.counters()).proof

    async def test_question_given_up_does_not_spoil_the_next(self, tunnel: Tunnel) -> None:
        given_up = asyncio.create_task(tunnel.counters())
        await asyncio.sleep(0)
        given_up.cancel()
        assert (await tunnel.counters()).proof

    async def test_stale_socket_of_a_crash_is_no_hindrance(self, ground: WireGuardGround) -> None:
        crashed = await ground.transport.open(ground.plan)
        os.kill(engine_process(ground.plan.interface), signal.SIGKILL)
        async with asyncio.timeout(_EVENTUALLY_S):
            await crashed.wait_down()
        assert socket_of(ground.plan.interface).exists()
        opened = await ground.transport.open(ground.plan)
        assert (await opened.counters()).proof
        await opened.close()
        await crashed.close()

    async def test_stopped_engine_of_a_crash_is_named(self, ground: WireGuardGround) -> None:
        crashed = await ground.transport.open(ground.plan)
        stop(engine_process(ground.plan.interface))
        with pytest.raises(
            EngineError, match=f"another wireguard-go holds {ground.plan.interface}"
        ):
            await ground.transport.open(ground.plan)
        await crashed.close()
        assert await ground.leftovers() == frozenset()

    async def test_twenty_tunnels_leave_no_descriptor_open(self, ground: WireGuardGround) -> None:
        await (await ground.transport.open(ground.plan)).close()
        before = open_descriptors()
        for _ in range(20):
            await (await ground.transport.open(ground.plan)).close()
        assert open_descriptors() <= before

    async def test_restarted_remote_answers_a_probe(
        self, ground: WireGuardGround, remote: Remote, tunnel: Tunnel
    ) -> None:
        before = await tunnel.counters()
        remote.run("ip", "link", "set", remote.interface, "down")
        remote.run("ip", "link", "set", remote.interface, "up")
        remote.run("ip", "address", "replace", "10.88.0.1/24", "dev", remote.interface)
        async with asyncio.timeout(_EVENTUALLY_S):
            while (await tunnel.counters()).proof == before.proof:
                await tunnel.probe()
                await asyncio.sleep(0.5)
        assert await ground.lost_packets(tunnel, 20) == 0

    async def test_packets_to_the_remote_carry_our_mark(
        self, ground: WireGuardGround, tunnel: Tunnel
    ) -> None:
        run("nft", f"{_COUNT} meta mark {MARK} udp dport 51820 counter\n}}\n}}")
        assert await ground.lost_packets(tunnel, 20) == 0
        listed = run("nft", "list", "chain", "inet", "marks", "sent")
        run("nft", "delete", "table", "inet", "marks")
        assert int(listed.partition("counter packets ")[2].split()[0]) >= 20


@pytest.mark.netns
def test_host_without_tun_is_told_so(tmp_path: Path) -> None:
    hidden = ("sh", "-c", 'mount -t tmpfs none /dev/net && exec "$@"', "sh")
    told = told_on_a_host_with(tmp_path, "unshare", "--net", "--mount", *hidden)
    assert "this kernel has no wireguard interfaces" in told
    assert "this host has no /dev/net/tun: load the module (modprobe tun)" in told


@pytest.mark.netns
def test_daemon_without_rights_is_told_so(tmp_path: Path) -> None:
    drop = ("setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin")
    told = told_on_a_host_with(tmp_path, "unshare", "--net", "--mount", *drop)
    assert "neither engine can carry a tunnel here" in told
    assert "root or CAP_NET_ADMIN" in told
