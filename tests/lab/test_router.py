"""The router's own chatter on the provider's wire is nobody's leak; all else there may be."""

from __future__ import annotations

from ipaddress import ip_address

import attrs
import pytest

from worldvpn_lab.demo.witness import admitted_to
from worldvpn_lab.oracle.frames import ICMPV6, IGMP, IPV4, IPV6, UDP, Frame
from worldvpn_lab.oracle.judge import Verdict, judge
from worldvpn_lab.oracle.router import is_routers_own
from worldvpn_lab.oracle.tap import ISP, LAN, Point, Sighting

MLD = Frame(
    ethertype=IPV6,
    source=ip_address("fe80::57:56ff:fe00:109"),
    destination=ip_address("ff02::16"),
    protocol=ICMPV6,
    kind=143,
    hop_limit=1,
)
GROUPS = Frame(
    ethertype=IPV4,
    source=ip_address("192.0.2.77"),
    destination=ip_address("224.0.0.22"),
    protocol=IGMP,
    hop_limit=1,
)
SOLICIT = attrs.evolve(MLD, kind=135, code=0, hop_limit=255)


def seen(frame: Frame, point: Point = ISP) -> Sighting:
    return Sighting(point=point, time_ns=0, frame=frame)


@pytest.mark.parametrize("frame", [MLD, GROUPS, SOLICIT], ids=["mld", "igmp", "ndp"])
def test_what_no_router_forwards_is_the_routers_own(frame: Frame) -> None:
    assert is_routers_own(seen(frame))


@pytest.mark.parametrize("frame", [MLD, GROUPS], ids=["mld", "igmp"])
def test_the_same_report_on_the_clients_wire_is_a_leak(frame: Frame) -> None:
    assert not is_routers_own(seen(frame, LAN))
    assert judge(frame, admitted_to()) is Verdict.LEAK


@pytest.mark.parametrize(
    "frame",
    [
        attrs.evolve(MLD, hop_limit=63),
        attrs.evolve(GROUPS, hop_limit=63),
        attrs.evolve(MLD, kind=128),
        attrs.evolve(GROUPS, protocol=UDP, destination_port=53),
    ],
    ids=["forwarded mld", "forwarded igmp", "echo", "dns"],
)
def test_what_came_through_the_router_is_not_its_own(frame: Frame) -> None:
    assert not is_routers_own(seen(frame))
