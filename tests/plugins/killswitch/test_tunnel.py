"""What enters a tunnel and what comes out of it, judged by the kernel."""

from __future__ import annotations

import os
import select
import socket
import struct
from collections.abc import Callable
from ipaddress import ip_address

import attrs
import pytest

from tests.plugins.killswitch.probe import counts, held, probes, send, summed
from tests.plugins.killswitch.street import Street
from worldvpn_core.policy import Packet
from worldvpn_core.testing.firewall_contract import (
    BLOCKED,
    CONNECTED,
    POLICIES,
    TUNNEL,
)
from worldvpn_core.types import LocalProxy
from worldvpn_killswitch.backend import NftablesBackend

pytestmark = [pytest.mark.netns, pytest.mark.anyio]

#: What hides containers behind the host's address is another program's.
_DOCKER = """table ip docker {
  chain postrouting {
    type nat hook postrouting priority srcnat
    ip saddr 172.17.0.0/16 oifname != docker0 masquerade
  }
}
"""


@pytest.mark.parametrize("port", [53, 853])
@pytest.mark.parametrize("host", ["8.8.8.8", "2001:4860:4860::8888", "192.168.1.1"])
async def test_tcp_for_names_is_refused_at_once(
    street: Street, tunnel: int, backend: NftablesBackend, host: str, port: int
) -> None:
    assert tunnel
    street.route_into_tunnel()
    await backend.apply(held(CONNECTED))
    asking = street.tcp(ip_address(host).version)

    with pytest.raises(ConnectionRefusedError):
        asking.connect((host, port))


async def test_udp_for_names_is_refused_at_once(
    street: Street, tunnel: int, backend: NftablesBackend
) -> None:
    assert tunnel
    street.route_into_tunnel()
    await backend.apply(held(CONNECTED))
    asking = street.udp()
    asking.connect(("8.8.8.8", 53))

    with pytest.raises(PermissionError):
        asking.send(b"question")


async def test_names_are_asked_of_the_tunnels_resolvers(
    street: Street, backend: NftablesBackend, entered: Callable[[], list[bytes]]
) -> None:
    street.route_into_tunnel()
    await backend.apply(held(CONNECTED))
    entered()

    for server in TUNNEL.dns:
        send(street.udp(server.version), server, 53)
    send(street.udp(), "8.8.8.8", 53)

    assert [packet[0] >> 4 for packet in entered()] == [4, 6]


async def test_foreign_source_does_not_enter_the_tunnel(
    street: Street, backend: NftablesBackend, entered: Callable[[], list[bytes]]
) -> None:
    street.route_into_tunnel()
    await backend.apply(held(CONNECTED))
    entered()
    older = street.tcp()
    older.bind(("192.168.1.5", 0))

    with pytest.raises(ConnectionRefusedError):
        older.connect(("1.1.1.1", 443))

    assert entered() == []


async def test_answer_forged_on_the_lan_for_the_tunnel_address_is_dropped(
    street: Street, tunnel: int, backend: NftablesBackend
) -> None:
    assert tunnel
    await backend.apply(held(CONNECTED))
    street.far("ip route add 10.64.0.2/32 via 192.168.1.5")
    street.far("ip route add fd64:1::2/128 via fd00:1::5")
    with street.beyond(), street.udp() as attacker, street.udp(6) as attacker6:
        attacker.sendto(b"probe", ("10.64.0.2", 9))
        attacker6.sendto(b"probe", ("fd64:1::2", 9))

    found = await counts(backend)
    assert (found["forged-0-4"], found["forged-0-6"]) == (1, 1)


async def test_remote_cannot_configure_the_host_through_the_tunnel(
    tunnel: int, backend: NftablesBackend
) -> None:
    await backend.apply(held(POLICIES["connected taking flows"]))
    advertisement = bytes([134, 0, 0, 0]) + bytes(12)
    header = struct.pack("!IHBB", 6 << 28, len(advertisement), 58, 255)
    addresses = ip_address("fe80::bad").packed + ip_address("ff02::1").packed
    lease = struct.pack("!HHHH", 67, 68, 8, 0)
    offer = struct.pack("!BBHHHBBH", 0x45, 0, 28, 1, 0, 64, 17, 0)
    offer += ip_address("10.64.0.1").packed + ip_address("10.64.0.2").packed

    os.write(tunnel, header + addresses + advertisement)
    os.write(tunnel, summed(offer) + lease)

    found = await counts(backend)
    assert found["in-config-wv0-6"] == 1
    assert found["in-config-wv0-dhcp"] == 1


async def test_new_flows_from_the_tunnel_enter_only_when_allowed(
    street: Street, tunnel: int, backend: NftablesBackend
) -> None:
    taking = street.udp()
    taking.bind(("10.64.0.2", 9_999))
    taking.settimeout(0)
    packet = struct.pack("!BBHHHBBH", 0x45, 0, 28, 1, 0, 64, 17, 0)
    packet += ip_address("10.64.0.9").packed + ip_address("10.64.0.2").packed
    packet = summed(packet) + struct.pack("!HHHH", 5_000, 9_999, 8, 0)
    await backend.apply(held(CONNECTED))
    os.write(tunnel, packet)
    with pytest.raises(BlockingIOError):
        taking.recv(1)

    await backend.apply(held(POLICIES["connected taking flows"]))
    os.write(tunnel, packet)

    assert taking.recv(1) == b""


async def test_partial_tunnel_refuses_only_what_it_protects(
    street: Street, backend: NftablesBackend, entered: Callable[[], list[bytes]]
) -> None:
    street.run("ip route add 172.30.0.0/16 dev wv0")
    await backend.apply(held(POLICIES["partial without resolvers"]))
    witness = street.witness()
    entered()

    send(street.udp(), "172.30.1.1", 443)
    send(street.udp(device="eth0"), "172.30.1.1", 443)
    send(street.udp(), "8.8.8.8", 443)
    send(street.udp(), "8.8.8.8", 53)

    assert len(entered()) == 1
    assert len(witness.seen(street)) == 2


async def test_partial_tunnel_with_resolvers_holds_names(
    street: Street, tunnel: int, backend: NftablesBackend
) -> None:
    assert tunnel
    await backend.apply(held(POLICIES["partial"]))
    witness = street.witness()

    send(street.udp(), "8.8.8.8", 53)

    assert witness.seen(street) == []


async def test_proxied_connection_arrives_at_the_proxy_with_its_destination(
    street: Street, backend: NftablesBackend
) -> None:
    policy = attrs.evolve(POLICIES["by a proxy"], allow_lan=False)
    path = policy.tunnels[0].path
    assert isinstance(path, LocalProxy)
    street.run("ip rule add fwmark 0x57590000/0xffff0000 lookup 22358")
    street.run("ip route add local default dev lo table 22358")
    await backend.apply(held(policy))
    witness = street.witness()
    proxy = street.tcp()
    proxy.setsockopt(socket.SOL_IP, socket.IP_TRANSPARENT, 1)
    proxy.bind(("127.0.0.1", path.port))
    proxy.listen()

    with socket.create_connection(("1.2.3.4", 443), timeout=5) as program:
        ready, _, _ = select.select([proxy], [], [], 5)
        assert ready
        accepted, origin = proxy.accept()
        with accepted:
            assert accepted.getsockname() == ("1.2.3.4", 443)
            assert origin == program.getsockname()
    assert _to("1.2.3.4", witness.seen(street)) == []
    explained = await backend.explain(
        held(policy), Packet(destination=ip_address("1.2.3.4"), protocol="tcp", port=443)
    )
    assert explained.rule == "tunnel-proxy1080-4"
    assert explained.packets > 0


async def test_marked_for_a_proxy_whose_route_is_missing_does_not_leave(
    street: Street, backend: NftablesBackend
) -> None:
    await backend.apply(held(POLICIES["by a proxy"]))
    witness = street.witness()

    send(street.udp(), "1.2.3.4", 443)

    assert _to("1.2.3.4", witness.seen(street)) == []
    assert (await counts(backend))["strayed-proxy1080"] == 1


async def test_containers_reach_the_tunnel_and_nothing_else(
    street: Street, backend: NftablesBackend, entered: Callable[[], list[bytes]]
) -> None:
    container = street.container()
    street.route_into_tunnel()
    street.run("ip rule add to 172.17.0.0/16 lookup main priority 5103")
    street.nft(_DOCKER)
    witness = street.witness()
    await backend.apply(held(CONNECTED))
    entered()

    container("1.1.1.1", 443)
    container("8.8.8.8", 53)
    through = entered()
    await backend.apply(held(BLOCKED))
    street.run("ip rule flush")
    street.run("ip rule add lookup main")
    container("1.1.1.1", 444)

    assert [packet[12:16] for packet in through] == [TUNNEL.addresses[0].packed]
    assert probes(witness.seen(street)) == []
    found = await counts(backend)
    assert found["forward-containers-refused"] == 1


async def test_guests_of_the_node_reach_the_internet_only(
    street: Street, tunnel: int, backend: NftablesBackend
) -> None:
    assert tunnel
    guest = street.guest()
    street.route_into_tunnel()
    street.run("ip rule add iif wvnode lookup main priority 5100")
    street.run("ip rule add to 10.99.0.0/30 lookup main priority 5100")
    await backend.apply(held(POLICIES["sharing while connected"]))
    witness = street.witness()

    guest("8.8.8.8", 53)
    guest("1.1.1.1", 443)
    served = probes(witness.seen(street))
    guest("192.168.1.1", 80)
    guest("100.64.0.1", 80)
    guest("1.1.1.1", 25)
    guest("192.168.1.5", 80)

    assert [frame[26:30] for frame in served] == [b"\xc0\xa8\x01\x05"] * 2
    assert probes(witness.seen(street)) == []


def _to(host: str, frames: list[bytes]) -> list[bytes]:
    """Return those of ``frames`` that go to ``host``: with LAN allowed, listeners report, too."""
    return [each for each in frames if socket.inet_aton(host) in each]
