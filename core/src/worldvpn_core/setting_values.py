"""How single settings are kept, whatever way they were written. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final

from worldvpn_core.central.place import PREFIX, Place
from worldvpn_core.share import schedule
from worldvpn_core.share.classes import TrafficClass
from worldvpn_core.types import Endpoint

MOST_RESOLVERS: Final = 4


def destination(text: str | None) -> str | None:
    """Return where to connect as it is kept: a profile's id, or "@" and a place's usual form."""
    if text is None or not text.startswith(PREFIX):
        return text
    return f"{PREFIX}{Place.parse(text.removeprefix(PREFIX))}"


def protocol(text: str | None) -> str | None:
    """Return a transport's name as it is kept: whoever writes "WireGuard" means it, too."""
    return None if text is None else text.lower()


def public(text: str | None) -> str | None:
    """Return an "address:port" as it is kept. Raises ValueError."""
    return None if text is None else str(public_endpoint(text)).partition("/")[0]


def public_endpoint(text: str) -> Endpoint:
    """Return the UDP endpoint in "192.0.2.1:51820" or "[2001:db8::1]:51820". Raises ValueError."""
    host, _, port = text.rpartition(":")
    if not re.fullmatch(r"[0-9]{1,5}", port) or (":" in host) != host.startswith("["):
        raise ValueError("no address and port")
    return Endpoint(host=ip_address(host.removeprefix("[").removesuffix("]")), port=int(port))


def resolvers(texts: Iterable[str]) -> tuple[str, ...]:
    """Return addresses of resolvers as they are kept, each once.

    Raises:
        ValueError: one is none that a tunnel leads to, or there are too many.
    """
    found = tuple(dict.fromkeys(map(ip_address, texts)))
    for each in found:
        if each.is_loopback or each.is_link_local or each.is_multicast or each.is_unspecified:
            raise ValueError(f"no tunnel leads to {each}")
    if len(found) > MOST_RESOLVERS:
        raise ValueError(f"more than {MOST_RESOLVERS} resolvers")
    return tuple(map(str, found))


def each_once(nodes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the ids of nodes as they are kept, each once."""
    return tuple(dict.fromkeys(node.lower() for node in nodes))


def classes(names: Iterable[str]) -> tuple[str, ...]:
    """Return kinds of traffic as they are kept, each once. Raises ValueError."""
    return tuple(dict.fromkeys(TrafficClass(name).value for name in names))


def windows(texts: Iterable[str]) -> tuple[str, ...]:
    """Return hours as they are kept, each once. Raises ValueError."""
    found = tuple(dict.fromkeys(str(schedule.parsed(text)) for text in texts))
    if len(found) > schedule.MOST_WINDOWS:
        raise ValueError(f"more than {schedule.MOST_WINDOWS} windows")
    return found
