"""What ``worldvpn why`` is asked about: an address, perhaps a port, and a protocol. Pure."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from worldvpn_app.cli.exits import UsageError

_FORM: Final = re.compile(
    r"(?:\[(?P<boxed>[0-9A-Fa-f:.]+)\](?::(?P<boxed_port>[0-9]{1,5}))?"
    r"|(?P<v4>[0-9]{1,3}(?:\.[0-9]{1,3}){3})(?::(?P<port>[0-9]{1,5}))?"
    r"|(?P<v6>[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*))"
    r"(?:/(?P<protocol>[a-z]+|[0-9]{1,3}))?",
)
_MAX_PORT: Final = 65_535


class Question(NamedTuple):
    """A packet to ask about; the daemon checks the address."""

    destination: str
    port: int | None
    protocol: str


def question(text: str) -> Question:
    """Return what ``text`` asks: ``DEST[:PORT]/PROTOCOL``, with ``[v6]:port``.

    Without a protocol it is tcp with a port and icmp without.

    Raises:
        UsageError: the form is another; a name, for instance, is not looked up.
    """
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise UsageError(
            f"{text!r} is no destination: write ADDRESS[:PORT]/PROTOCOL, such as 192.0.2.1:443/tcp"
            " or [2001:db8::1]:53/udp (names are not looked up)",
        )
    destination = match["boxed"] or match["v4"] or match["v6"]
    digits = match["boxed_port"] or match["port"]
    port = int(digits) if digits else None
    protocol = match["protocol"] or ("icmp" if port is None else "tcp")
    if port is not None and not 1 <= port <= _MAX_PORT:
        raise UsageError(f"port {port} does not exist: choose 1 to {_MAX_PORT}")
    if (protocol in {"tcp", "udp"}) != (port is not None):
        raise UsageError(
            f"{protocol} has a port: write {destination}:PORT/{protocol}"
            if port is None
            else f"{protocol} has no port: leave :{port} out",
        )
    return Question(destination, port, protocol)
