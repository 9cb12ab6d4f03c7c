"""What the LAN's router says to its provider by itself, as any router does: not the client."""

from __future__ import annotations

from typing import Final

from worldvpn_lab.oracle.frames import ICMPV6, IGMP, Frame
from worldvpn_lab.oracle.judge import Admitted, Verdict, judge
from worldvpn_lab.oracle.tap import ISP, Sighting

_MLD_REPORT: Final = 143
_NEVER_FORWARDED: Final = 1


def is_routers_own(sighting: Sighting) -> bool:
    """Return whether the router itself sent this to the ISP.

    Only what no router forwards counts: ARP, neighbour discovery, and membership reports
    (IGMP and MLD, both sent with a hop limit of 1: RFC 3376 section 4, RFC 3810 section 5).
    """
    frame = sighting.frame
    found_its_place = judge(frame, Admitted()) in {Verdict.ARP, Verdict.NDP}
    return sighting.point == ISP and (_reports_membership(frame) or found_its_place)


def _reports_membership(frame: Frame) -> bool:
    kind = frame.protocol == IGMP or (frame.protocol == ICMPV6 and frame.kind == _MLD_REPORT)
    return kind and frame.hop_limit == _NEVER_FORWARDED
