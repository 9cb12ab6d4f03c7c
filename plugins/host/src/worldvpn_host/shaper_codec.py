"""The shaper of an interface, as rtnetlink writes it: a hierarchy of token buckets (tc-htb(8)).

A root with one class that is the whole, below it one for each share. What no class is named for
by its priority goes past them all (net/sched/sch_htb.c).
"""

from __future__ import annotations

import errno
import struct
from typing import Final

from worldvpn_core.contracts import Share
from worldvpn_host.netlink import (
    NLM_F_CREATE,
    NLM_F_EXCLUSIVE,
    NLM_F_REPLACE,
    Request,
    attribute,
    attribute_text,
)

RTM_NEWQDISC: Final = 36
RTM_DELQDISC: Final = 37
RTM_NEWTCLASS: Final = 40
RTM_DELTCLASS: Final = 41
#: struct tcmsg: family, index, handle, parent.
_HEADER: Final = struct.Struct("=BBHiIII")
_KIND: Final = 1
_OPTIONS: Final = 2
_ROOT: Final = 0xFFFFFFFF
_MAJOR: Final = 1 << 16
_WHOLE: Final = 1
#: struct tc_htb_glob: version 3, quantum divisor, default class, debug, direct packets.
_GLOBAL: Final = struct.pack("=IIIII", 3, 10, 0, 0, 0)
_INIT: Final = 2
_PARAMETERS: Final = 1
_RATE_64: Final = 6
_CEILING_64: Final = 7
#: struct tc_ratespec twice, then buffer, ceiling's buffer, quantum, level, priority.
_OPTION: Final = struct.Struct("=BBHhHIBBHhHIIIIII")
#: The kernel computes times itself when it is told what the link is (pkt_sched.h).
_ETHERNET: Final = 1
_MOST_32: Final = (1 << 32) - 1
_TICK_NS: Final = 64
_NS_A_S: Final = 1_000_000_000
#: What one may send at once, of a rate: enough for the kernel's timers, and for a joined segment.
_BURSTS_A_SECOND: Final = 100
_LEAST_BURST_BYTES: Final = 65_536
#: What each sends in its turn where several want more: a joined segment is the largest packet.
_TURN_BYTES: Final = 65_536
#: Where nobody has set a limit for all: more than any interface carries.
UNLIMITED_BYTES_S: Final = 125_000_000_000
#: How long a packet may wait: longer would be felt in every answer.
_WAITING_S: Final = 0.05
_LEAST_WAITING_BYTES: Final = 131_072


def install(index: int) -> Request:
    """Return the request for the root, which has no class yet."""
    options = attribute(_INIT, _GLOBAL)
    return Request(
        kind=RTM_NEWQDISC,
        flags=NLM_F_CREATE | NLM_F_EXCLUSIVE,
        body=_named(index, _MAJOR, _ROOT, "htb") + attribute(_OPTIONS, options),
        purpose="share an interface's rate out (is sch_htb in this kernel?)",
    )


def remove(index: int) -> Request:
    """Return the request that lets an interface have no shaper any more."""
    return Request(
        kind=RTM_DELQDISC,
        body=_HEADER.pack(0, 0, 0, index, 0, _ROOT, 0),
        purpose="let an interface's rate be",
        harmless=frozenset({errno.ENOENT, errno.EINVAL}),
    )


def whole(index: int, most_bytes_s: int) -> Request:
    """Return the request for the class that all others are below; 0: no limit."""
    rate = most_bytes_s or UNLIMITED_BYTES_S
    return _class(index, _WHOLE, _MAJOR, Share(sure_bytes_s=rate, most_bytes_s=rate))


def share(index: int, number: int, given: Share) -> tuple[Request, Request]:
    """Return the requests for the class ``number``, and for what waits in it."""
    waiting = max(_LEAST_WAITING_BYTES, int(given.most_bytes_s * _WAITING_S))
    fifo = Request(
        kind=RTM_NEWQDISC,
        flags=NLM_F_CREATE | NLM_F_REPLACE,
        body=_named(index, 0, _MAJOR | number, "bfifo")
        + attribute(_OPTIONS, waiting.to_bytes(4, "little")),
        purpose="let a guest's packets wait",
    )
    return _class(index, number, _MAJOR | _WHOLE, given), fifo


def withdraw(index: int, number: int) -> Request:
    """Return the request that takes the class ``number`` away, and what waits in it."""
    return Request(
        kind=RTM_DELTCLASS,
        body=_HEADER.pack(0, 0, 0, index, _MAJOR | number, 0, 0),
        purpose="take a share away",
        harmless=frozenset({errno.ENOENT}),
    )


def _class(index: int, number: int, parent: int, given: Share) -> Request:
    rates = given.sure_bytes_s, given.most_bytes_s
    spec = [(0, _ETHERNET, 0, 0, 0, min(rate, _MOST_32)) for rate in rates]
    buffers = [min(_MOST_32, _ticks(rate)) for rate in rates]
    data = _OPTION.pack(*spec[0], *spec[1], *buffers, _TURN_BYTES, 0, 0)
    options = attribute(_PARAMETERS, data)
    for kind, rate in ((_RATE_64, rates[0]), (_CEILING_64, rates[1])):
        if rate > _MOST_32:
            options += attribute(kind, struct.pack("=Q", rate))
    return Request(
        kind=RTM_NEWTCLASS,
        flags=NLM_F_CREATE,
        body=_named(index, _MAJOR | number, parent, "htb") + attribute(_OPTIONS, options),
        purpose="give a guest its share",
    )


def _ticks(rate_bytes_s: int) -> int:
    """Return the time that a burst takes at that rate, in the kernel's ticks."""
    burst = max(_LEAST_BURST_BYTES, rate_bytes_s // _BURSTS_A_SECOND)
    return burst * _NS_A_S // rate_bytes_s // _TICK_NS


def _named(index: int, handle: int, parent: int, kind: str) -> bytes:
    return _HEADER.pack(0, 0, 0, index, handle, parent, 0) + attribute_text(_KIND, kind)
