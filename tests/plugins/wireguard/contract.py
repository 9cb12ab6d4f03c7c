"""What the WireGuard transport promises beyond the contract, on every engine."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import ExitStack
from ipaddress import ip_network

import attrs

from tests.plugins.wireguard.conftest import PORT, REMOTE_INNER, WireGuardGround, run
from worldvpn_core.testing.transport_contract import TransportContract
from worldvpn_core.types import TunnelPlan

FAR_PORT = 51_822
_DELAY_S = 0.06
#: Passes calls to the remote and its answers back, each call a while later.
_FAR = f"""
import socket, time
front = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
front.bind(("::", {FAR_PORT}))
back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
back.connect(("127.0.0.1", {PORT}))
print("ready", flush=True)
while True:
    call, client = front.recvfrom(2048)
    time.sleep({_DELAY_S})
    back.send(call)
    front.sendto(back.recv(2048), client)
"""


def plan_with(ground: WireGuardGround, added: Mapping[str, str]) -> TunnelPlan:
    options = ground.transport.parse({**ground.raw_options, **added})
    remotes = (*ground.plan.remotes, *ground.silent_plan.remotes)
    return attrs.evolve(ground.plan, options=options, remotes=remotes)


class WireGuardContract(TransportContract):
    async def test_round_trip_is_told_and_holds_the_delay_of_the_way(
        self, ground: WireGuardGround
    ) -> None:
        far = attrs.evolve(ground.plan.remotes[0], port=FAR_PORT)
        with ExitStack() as stack:
            ground.remote.run("ip", "link", "set", "lo", "up")
            relay = ground.remote.start(stack, sys.executable, "-c", _FAR)
            assert relay.stdout
            relay.stdout.readline()
            tunnel = await ground.transport.open(attrs.evolve(ground.plan, remotes=(far,)))
            await tunnel.close()
        assert tunnel.info.round_trip_s is not None
        assert tunnel.info.round_trip_s >= _DELAY_S

    async def test_second_peer_that_is_silent_does_not_hinder(
        self, ground: WireGuardGround
    ) -> None:
        silent = {
            "peer.1.public_key": run("wg", "pubkey", given=run("wg", "genkey")),
            "peer.1.allowed_ips": "10.200.0.0/16",
            "peer.1.server": "1",
        }
        tunnel = await ground.transport.open(plan_with(ground, silent))
        try:
            assert set(tunnel.info.outer_endpoints) == {
                *ground.plan.remotes,
                *ground.silent_plan.remotes,
            }
            assert await ground.lost_packets(tunnel, 20) == 0
        finally:
            await tunnel.close()

    async def test_thousands_of_networks_are_carried(self, ground: WireGuardGround) -> None:
        networks = [str(ip_network((0x0A000000 + number * 512, 24))) for number in range(3_000)]
        allowed = {"peer.0.allowed_ips": ", ".join([*networks, f"{REMOTE_INNER}/32"])}
        tunnel = await ground.transport.open(plan_with(ground, allowed))
        try:
            assert await ground.lost_packets(tunnel, 20) == 0
        finally:
            await tunnel.close()

    async def test_keepalive_of_the_profile_is_kept_over_a_probe(
        self, ground: WireGuardGround
    ) -> None:
        tunnel = await ground.transport.open(plan_with(ground, {"peer.0.keepalive_s": "25"}))
        try:
            await tunnel.probe()
            kept = run("wg", "show", ground.plan.interface, "persistent-keepalive")
            assert kept.split()[1] == "25"
        finally:
            await tunnel.close()

    async def test_keepalive_that_the_profile_does_not_want_is_off(
        self, ground: WireGuardGround
    ) -> None:
        tunnel = await ground.transport.open(ground.plan)
        try:
            await tunnel.probe()
            kept = run("wg", "show", ground.plan.interface, "persistent-keepalive")
            assert kept.split()[1] == "off"
        finally:
            await tunnel.close()
