"""An attacker on the LAN who looks for the tunnel's inner address (CVE-2019-14899)."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from worldvpn_lab.disturb import forged
from worldvpn_lab.disturb.scene import Scene
from worldvpn_lab.map import PLACES, UPLINK
from worldvpn_lab.probes.packets import frame, udp_packet

_PORTS: Final = (22, 80, 20_001, 40_000)
_ECHO: Final = 7


def _send(scene: Scene, frames: list[bytes]) -> None:
    with scene.world.open_socket("lan", socket.AF_PACKET, socket.SOCK_RAW) as line:
        line.bind((UPLINK.far.name, 0))
        for each in frames:
            line.send(each)


@contextlib.contextmanager
def syn_ack(scene: Scene) -> Iterator[None]:
    """Send answers and datagrams to the tunnel's addresses from the LAN: silence is due."""
    inner, inner6 = scene.inner
    near, far = UPLINK.near.mac, UPLINK.far.mac
    packets = [
        packet
        for source, inside in (
            *((PLACES.page, inner), (PLACES.lan_host, inner)),
            *((PLACES.page6, inner6), (PLACES.lan_host6, inner6)),
        )
        for packet in (
            *(forged.syn_ack(source, inside, port) for port in _PORTS),
            udp_packet(source, inside, _ECHO, b"who is there"),
        )
    ]
    _send(scene, [frame(near, far, packet) for packet in packets])
    yield


@contextlib.contextmanager
def who_has(scene: Scene) -> Iterator[None]:
    """Ask the LAN, by ARP and neighbour discovery, who has the tunnel's addresses."""
    far = UPLINK.far.mac
    inner, inner6 = scene.inner
    mac, question = forged.neighbour_solicitation(
        IPv6Address(PLACES.router_link_local), IPv6Address(inner6)
    )
    asked = forged.arp_request(far, IPv4Address(PLACES.router), IPv4Address(inner))
    _send(scene, [asked, frame(mac, far, question)])
    yield
