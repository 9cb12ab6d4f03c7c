"""Requests about what may leave, what did, and what the daemon said of it."""

from __future__ import annotations

import re
from typing import Final

import attrs

from worldvpn_core.ipc.checks import must as _must
from worldvpn_core.types import IpAddress

_MAX_PORT: Final = 65_535
_PROTOCOL: Final = re.compile(r"tcp|udp|icmp|[0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5]")

_port: Final = _must(
    lambda value: value is None or 1 <= value <= _MAX_PORT,
    f"1 to {_MAX_PORT}, or null",
)
_number: Final = _must(lambda value: value >= 0, "0 or more")
_protocol: Final = _must(
    lambda value: _PROTOCOL.fullmatch(value) is not None,
    "tcp, udp, icmp or a number from 0 to 255",
)


@attrs.frozen(kw_only=True)
class FirewallWhy:
    """Ask which rule decides a packet's fate; ``marked``: as if one of our own sockets sent it."""

    destination: IpAddress
    port: int | None = attrs.field(default=None, validator=_port)
    protocol: str = attrs.field(validator=_protocol)
    marked: bool = False


@attrs.frozen(kw_only=True)
class FirewallCounters:
    """Ask what each named rule has seen."""


@attrs.frozen(kw_only=True)
class FirewallOutside:
    """Ask what left outside the tunnel since the daemon began, by class."""


@attrs.frozen(kw_only=True)
class LogTail:
    """Ask for the lines of the log after the one numbered ``after``, without anything private."""

    after: int = attrs.field(default=0, validator=_number)


FirewallRequest = FirewallWhy | FirewallCounters | FirewallOutside
