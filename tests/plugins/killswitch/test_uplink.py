"""What leaves by the uplink, judged from beyond the cable."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys

import pytest

from tests.plugins.killswitch.probe import emit, framed, held, probes, send
from tests.plugins.killswitch.street import Street
from worldvpn_core.testing.firewall_contract import (
    BLOCKED,
    CONNECTED,
    CONNECTING,
    ENDPOINT,
    ENDPOINT_V6,
    OPEN,
    POLICIES,
)
from worldvpn_core.types import MARK, Endpoint
from worldvpn_killswitch.backend import NftablesBackend

pytestmark = [pytest.mark.netns, pytest.mark.anyio]

_LOADER = """
import asyncio, os
from worldvpn_core.contracts import LinkFacts
from worldvpn_core.policy import PolicySet
from worldvpn_core.testing.firewall_contract import CONNECTED
from worldvpn_killswitch.backend import NftablesBackend
from worldvpn_killswitch.libnftables import LibNftables

class Links:
    async def all(self):
        return (LinkFacts(name="eth0", index=2, kind="veth"),)

asyncio.run(NftablesBackend(Links(), LibNftables()).apply(PolicySet(host=CONNECTED)))
print("loaded", flush=True)
input()
"""


async def test_open_host_lets_all_leave(street: Street, backend: NftablesBackend) -> None:
    await backend.apply(held(OPEN))
    witness = street.witness()

    send(street.udp(), "8.8.8.8", 53)
    send(street.udp(6), "2001:4860:4860::8888", 443)

    assert len(probes(witness.seen(street))) == 2


async def test_blocked_host_lets_nothing_leave(street: Street, backend: NftablesBackend) -> None:
    await backend.apply(held(BLOCKED))
    witness = street.witness()

    for version, host in ((4, "8.8.8.8"), (6, "2001:4860:4860::8888"), (4, "192.168.1.1")):
        send(street.udp(version), host, 53)
        send(street.udp(version), host, 443)
        send(street.udp(version, mark=MARK), host, 443)
        send(street.udp(version, device="eth0"), host, 443)
    send(street.udp(), "224.0.0.251", 5_353)

    assert witness.seen(street) == []


@pytest.mark.parametrize("strictness", ["1", "2"], ids=["strict", "loose"])
async def test_router_finds_a_blocked_host_despite_a_reverse_path_filter(
    street: Street, backend: NftablesBackend, strictness: str
) -> None:
    _filtered(street, strictness)

    await backend.apply(held(BLOCKED))

    assert street.is_found("192.168.1.5")


@pytest.mark.parametrize("strictness", ["1", "2"], ids=["strict", "loose"])
async def test_lease_of_a_blocked_host_is_renewed_despite_a_reverse_path_filter(
    street: Street, backend: NftablesBackend, strictness: str
) -> None:
    _filtered(street, strictness)
    client = street.udp()
    client.bind(("", 68))
    await backend.apply(held(BLOCKED))

    with street.beyond(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("", 67))
        server.sendto(b"renewed", ("192.168.1.5", 68))

    client.settimeout(5)
    assert client.recv(64) == b"renewed"


@pytest.mark.parametrize("remote", [ENDPOINT, ENDPOINT_V6], ids=["IPv4", "IPv6"])
async def test_only_marked_packets_reach_the_endpoint(
    street: Street, backend: NftablesBackend, remote: Endpoint
) -> None:
    await backend.apply(held(CONNECTING))
    witness = street.witness()
    version = remote.host.version

    send(street.udp(version), remote.host, remote.port)
    send(street.udp(version, mark=MARK), remote.host, remote.port + 1)
    unmarked = witness.seen(street)
    send(street.udp(version, mark=MARK), remote.host, remote.port)

    assert probes(unmarked) == []
    assert len(probes(witness.seen(street))) == 1


@pytest.mark.parametrize("remote", [ENDPOINT, ENDPOINT_V6], ids=["IPv4", "IPv6"])
async def test_later_fragments_of_outer_packets_leave(
    street: Street, backend: NftablesBackend, remote: Endpoint
) -> None:
    await backend.apply(held(CONNECTED))
    witness = street.witness()
    sender = street.udp(remote.host.version, mark=MARK)

    send(sender, remote.host, remote.port, b"probe" * 800)

    assert len(probes(witness.seen(street))) == 3


async def test_helpers_own_uid_reaches_its_endpoint_and_root_does_not(
    street: Street, backend: NftablesBackend
) -> None:
    policy = POLICIES["connecting with a helper"]
    (rule,) = policy.outer
    remote = (str(rule.endpoint.host), rule.endpoint.port)
    await backend.apply(held(policy))
    witness = street.witness()

    with pytest.raises(ConnectionRefusedError):
        street.tcp().connect(remote)
    by_root = witness.seen(street)
    assert rule.uid is not None
    with street.as_user(rule.uid):
        helper = street.tcp()
    helper.settimeout(0)
    helper.connect_ex(remote)

    assert by_root == []
    assert len(witness.seen(street)) == 1


async def test_frames_of_af_packet_are_stopped_below_ip(
    street: Street, backend: NftablesBackend
) -> None:
    frame = framed(0x0800)
    await backend.apply(held(OPEN))
    witness = street.witness()
    emit(street.raw(), frame)
    before = witness.seen(street)

    await backend.apply(held(CONNECTED))
    emit(street.raw(), frame)

    assert frame in before
    assert frame not in witness.seen(street)


async def test_frame_that_only_claims_to_be_arp_is_stopped(
    street: Street, backend: NftablesBackend
) -> None:
    await backend.apply(held(CONNECTED))
    witness = street.witness()
    with (
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as liar,
        pytest.raises(OSError, match="No buffer space"),
    ):
        liar.sendto(framed(0x0800), ("eth0", 0x0806))

    assert witness.seen(street) == []


async def test_eapol_passes(street: Street, backend: NftablesBackend) -> None:
    await backend.apply(held(BLOCKED))
    witness = street.witness()

    emit(street.raw(), framed(0x888E))

    assert len(witness.seen(street)) == 1


async def test_renamed_uplink_is_judged_after_the_next_apply(
    street: Street, backend: NftablesBackend
) -> None:
    await backend.apply(held(CONNECTED))
    witness = street.witness()
    street.run("ip link set eth0 name lan0")

    await backend.apply(held(CONNECTED))
    emit(street.raw("lan0"), framed(0x0800))
    send(street.udp(device="lan0"), "8.8.8.8", 443)
    street.run("ip link set lan0 name eth0")

    assert witness.seen(street) == []


async def test_socket_bound_to_the_uplink_is_refused(
    street: Street, tunnel: int, backend: NftablesBackend
) -> None:
    assert tunnel
    street.route_into_tunnel()
    await backend.apply(held(CONNECTED))
    witness = street.witness()

    for version, host in ((4, "1.1.1.1"), (6, "2606:4700::1111")):
        send(street.udp(version, device="eth0"), host, 443)

    assert witness.seen(street) == []


async def test_lan_is_reached_only_when_allowed_and_never_the_tunnels_addresses(
    street: Street, tunnel: int, backend: NftablesBackend
) -> None:
    assert tunnel
    await backend.apply(held(CONNECTED))
    witness = street.witness()
    send(street.udp(device="eth0"), "192.168.1.1", 9)
    refused = witness.seen(street)

    await backend.apply(held(POLICIES["connected with LAN"]))
    send(street.udp(device="eth0"), "192.168.1.1", 9)
    allowed = witness.seen(street)
    for host, port in (("10.64.0.1", 9), ("192.168.1.1", 53), ("192.168.1.1", 137)):
        send(street.udp(device="eth0"), host, port)

    assert refused == []
    assert len(allowed) == 1
    assert witness.seen(street) == []


def test_rules_outlive_the_process_that_loaded_them(street: Street) -> None:
    loader = subprocess.Popen(
        [sys.executable, "-c", _LOADER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert loader.stdout is not None
    assert loader.stdin is not None
    assert loader.stdout.readline() == b"loaded\n"
    witness = street.witness()

    loader.send_signal(signal.SIGKILL)
    loader.wait()
    loader.stdout.close()
    loader.stdin.close()
    send(street.udp(), "8.8.8.8", 443)
    emit(street.raw(), framed(0x0800))

    assert witness.seen(street) == []


def _filtered(street: Street, strictness: str) -> None:
    """Filter by reverse path, and route as a blocked host does."""
    for setting, value in (("eth0/rp_filter", strictness), ("all/src_valid_mark", "1")):
        street.set(f"ipv4/conf/{setting}", value)
    street.run("ip route add unreachable default table 22358")
    street.run(f"ip rule add not fwmark {MARK:#x}/0xffff0000 lookup 22358 priority 5104")
