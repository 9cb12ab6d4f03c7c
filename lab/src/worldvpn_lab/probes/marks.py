"""How a frame on the wire is traced to the probe that sent it: written here, read here. Pure.

A payload holds ``wvlab-BURST-CELL``; a TCP probe has none, so its source port tells (the
lab's client reserves those ports); a join tells by the group's address. All that guests of
the client's node send, TCP too, holds ``wvgst-BURST-ERRAND`` or ``wvbad-BURST-ERRAND``.
"""

from __future__ import annotations

import re
import struct
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from worldvpn_lab.oracle.frames import ICMP, ICMPV6, IGMP, TCP, Frame
from worldvpn_lab.oracle.judge import PROBE_PORTS, TAG, guest_tag

#: How many cells a burst may have: each takes a source port.
CELLS: Final = 512
_SLOTS: Final = len(PROBE_PORTS) // CELLS

_ECHOES: Final = (0, 8)
_FIRST_INFORMATIONAL: Final = 128
_MLD_REPORT: Final = 143
_GROUP4: Final = re.compile(rb"\xef([\x80-\xff])(..)", re.DOTALL)
_GROUP6: Final = re.compile(rb"\xff\x05\0{8}\x57\x56(..)(..)", re.DOTALL)


def tag_of(burst: int, cell: int) -> bytes:
    """Return what a probe's payload must hold."""
    return b"wvlab-%06d-%05d" % (burst, cell)


def port_of(burst: int, cell: int) -> int:
    """Return the source port of a TCP probe; it comes again after 24 bursts."""
    return PROBE_PORTS.start + burst % _SLOTS * CELLS + cell


def group_of(burst: int, cell: int, *, ipv4: bool) -> IPv4Address | IPv6Address:
    """Return the multicast group that a join of this burst joins."""
    if ipv4:
        return IPv4Address(struct.pack("!BBH", 239, 128 + burst % 128, cell))
    head = b"\xff\x05" + bytes(8) + b"\x57\x56"
    return IPv6Address(head + struct.pack("!HH", burst % 65_536, cell))


def cell_of(frame: Frame, burst: int) -> int | None:
    """Return which cell of ``burst`` sent ``frame``; None: none of them did.

    An ICMP error quotes the packet it is about: that is no second probe.
    """
    if _is_error4(frame):
        return None
    port = frame.source_port
    if frame.protocol == TCP and port is not None and port in PROBE_PORTS:
        slot, cell = divmod(port - PROBE_PORTS.start, CELLS)
        return cell if slot == burst % _SLOTS else None
    if frame.protocol == IGMP:
        return _joined4(frame.payload, burst)
    if frame.protocol == ICMPV6 and frame.kind == _MLD_REPORT:
        return _joined6(frame.payload, burst)
    if _is_error6(frame):
        return None
    found = TAG.search(frame.payload)
    return int(found[2]) if found and int(found[1]) == burst else None


def guest_tag_of(burst: int, errand: int, *, may: bool) -> bytes:
    """Return what a guest's packet must hold; ``may``: it may reach what it is sent to."""
    return b"wv%s-%06d-%05d" % (b"gst" if may else b"bad", burst, errand)


def errand_of(frame: Frame) -> tuple[int, int] | None:
    """Return burst and errand of the guest's packet that ``frame`` is; None: it is none."""
    if _is_error4(frame) or _is_error6(frame):
        return None
    found = guest_tag(frame)
    return (int(found[2]), int(found[3])) if found else None


def _is_error4(frame: Frame) -> bool:
    return frame.protocol == ICMP and frame.kind not in _ECHOES


def _is_error6(frame: Frame) -> bool:
    return frame.protocol == ICMPV6 and frame.kind is not None and frame.kind < _FIRST_INFORMATIONAL


def _joined4(report: bytes, burst: int) -> int | None:
    for found in _GROUP4.finditer(report):
        if found[1][0] == 128 + burst % 128:
            return int.from_bytes(found[2])
    return None


def _joined6(report: bytes, burst: int) -> int | None:
    for found in _GROUP6.finditer(report):
        if int.from_bytes(found[1]) == burst % 65_536:
            return int.from_bytes(found[2])
    return None
