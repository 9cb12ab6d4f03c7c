"""Which addresses the server may send a packet to because somebody asked it to. Pure.

An endpoint is what its owner says. Sending there what a stranger wants would make the server a
scanner, a reflector, or a way into its own network: so only addresses that are globally routed
unicast, not ours, and from which the node has spoken or answered to us lately.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Network, ip_network
from typing import Final

from worldvpn_server.http.source import Address, Network

#: For how long an address is believed after the node spoke from it, or was reached there.
PROVEN: Final = timedelta(hours=48)

#: All of IPv6 that is allocated for unicast on the internet (RFC 4291 section 2.4).
_GLOBAL6: Final = IPv6Network("2000::/3")

#: The special-purpose registries of RFC 6890, whether or not they call a block reachable: anycast
#: and translators are nobody's node. Multicast (RFC 5771) and what is reserved go with them.
_SPECIAL4: Final = tuple(
    ip_network(each)
    for each in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24"),
        *("192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15"),
        *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
)
#: Within 2000::/3: IETF assignments with Teredo, documentation, 6to4 and AS112; 6bone is no more.
_SPECIAL6: Final = tuple(
    ip_network(each)
    for each in (
        *("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48"),
        *("3ffe::/16", "3fff::/20"),
    )
)


def is_global_unicast(address: Address) -> bool:
    """Return whether ``address`` is one machine's on the internet."""
    if isinstance(address, IPv4Address):
        return not _within(address, _SPECIAL4)
    return address in _GLOBAL6 and address.scope_id is None and not _within(address, _SPECIAL6)


def may_be_probed(  # noqa: PLR0913 - one question, and all that the answer hangs on
    address: Address,
    proven_at: datetime | None,
    now: datetime,
    *,
    is_ours: bool,
    lab_ranges: Sequence[Network] = (),
    own_ranges: Sequence[Network] = (),
) -> bool:
    """Return whether a probe may go to ``address``.

    ``proven_at`` is when the node last spoke or answered to us from there; ``is_ours``: it is
    this machine's.
    """
    if is_ours or _within(address, own_ranges):
        return False
    if proven_at is None or now - proven_at > PROVEN:
        return False
    return is_global_unicast(address) or _within(address, lab_ranges)


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
