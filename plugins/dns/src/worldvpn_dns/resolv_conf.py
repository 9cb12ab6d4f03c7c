"""The text of resolv.conf(5): what we write, and whose a text is. Pure."""

from __future__ import annotations

import enum
from ipaddress import ip_address
from typing import Final

from worldvpn_core.policy import DnsPolicy
from worldvpn_core.types import IpAddress

#: Asked while names are answered by nobody. On loopback, so that no query can leave;
#: not 127.0.0.1, where a forwarder of the host may listen and answer from its cache.
NOWHERE: Final = ip_address("127.87.86.1")

#: glibc reads no more servers than this (MAXNS in resolv.h) and ignores the others.
MAX_SERVERS: Final = 3

_MARK: Final = b"# Written by worldvpn"
_HEADER: Final = (
    _MARK.decode() + ": this host's names are asked through the tunnel.\n"
    "# Edits are lost: what stood here before comes back on disconnect.\n"
)
_STUBS: Final = frozenset({ip_address("127.0.0.53"), ip_address("127.0.0.54")})


class Keeper(enum.StrEnum):
    """Who keeps a host's resolv.conf, and so must be asked to change it."""

    RESOLVED = "resolved"
    RESOLVCONF = "resolvconf"
    NOBODY = "resolv.conf"


def body(policy: DnsPolicy) -> str:
    """Return the lines that point a resolver at ``policy``'s upstreams, at most three.

    Without upstreams: at an address where nobody answers, and without patience, so
    that programs fail at once instead of waiting.
    """
    if not policy.upstreams:
        return f"nameserver {NOWHERE}\noptions timeout:1 attempts:1\n"
    lines = [f"nameserver {upstream.host}" for upstream in policy.upstreams[:MAX_SERVERS]]
    if policy.search:
        lines.append(f"search {' '.join(policy.search)}")
    return "\n".join(lines) + "\n"


def render(policy: DnsPolicy) -> bytes:
    """Return the whole file for ``policy``, under a header by which we know it as ours."""
    return (_HEADER + body(policy)).encode()


def is_ours(content: bytes) -> bool:
    """Say whether ``content`` was written by us, in this run or in one that crashed.

    So is ours that someone has edited: restoring must not leave a dead tunnel's server.
    """
    return content.startswith(_MARK)


def nameservers(content: bytes) -> tuple[IpAddress, ...]:
    """Return the servers that ``content`` names, as glibc reads them. Never raises."""
    found = []
    for line in content.decode(errors="replace").split("\n"):
        words = line.split()
        if line.startswith(("nameserver ", "nameserver\t")) and len(words) > 1:
            try:
                found.append(ip_address(words[1]))
            except ValueError:
                continue
    return tuple(found)


def keeper_of(content: bytes, link: str | None) -> Keeper:
    """Say who keeps the resolv.conf that holds ``content``; ``link`` is where it leads, if it does.

    systemd-resolved's stub is known by its addresses (systemd-resolved(8)); openresolv
    by its signature, Debian's resolvconf by where the link leads or by its header.
    """
    if is_ours(content):
        return Keeper.NOBODY
    if _STUBS.intersection(nameservers(content)):
        return Keeper.RESOLVED
    first_line = content.partition(b"\n")[0]
    if first_line.startswith(b"#") and b"enerated by resolvconf" in first_line:
        return Keeper.RESOLVCONF
    if link is not None and "resolvconf" in link.split("/"):
        return Keeper.RESOLVCONF
    return Keeper.NOBODY
