"""Which resolvers this host is configured with: resolv.conf(5)."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final

import attrs

from worldvpn_core.types import IpAddress

#: MAXNS and MAXDNSRCH of <resolv.h>: what the C library reads, too.
MOST_SERVERS: Final = 3
MOST_SEARCHED: Final = 6


@attrs.frozen(kw_only=True)
class ResolvConf:
    """The servers in their order, and the domains in which a bare name is looked for."""

    servers: tuple[IpAddress, ...]
    search: tuple[str, ...] = ()

    def candidates(self, name: str) -> tuple[str, ...]:
        """Return the full names to ask for: a name with a dot is one already (ndots:1)."""
        bare = name.rstrip(".")
        if "." in bare or name.endswith("."):
            return (bare,)
        return (*(f"{bare}.{domain}" for domain in self.search), bare)


def parse(text: str) -> ResolvConf:
    """Read ``text``; lines that are not understood are passed over, as the C library does."""
    servers: list[IpAddress] = []
    search: tuple[str, ...] = ()
    for line in text.splitlines():
        match line.split():
            case ["nameserver", address, *_]:
                servers.extend(_address(address))
            case ["search" | "domain", *domains]:
                search = tuple(domain.strip(".") for domain in domains if domain.strip("."))
            case _:
                pass
    return ResolvConf(servers=tuple(servers[:MOST_SERVERS]), search=search[:MOST_SEARCHED])


def _address(text: str) -> tuple[IpAddress, ...]:
    try:
        return (ip_address(text),)
    except ValueError:
        return ()
