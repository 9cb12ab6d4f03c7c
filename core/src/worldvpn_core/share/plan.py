"""What a node offers, to whom, and what it answers with: values."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Network, ip_network
from typing import Final

import attrs
from attrs import validators

from worldvpn_core.types import Endpoint, IpAddress, IpNetwork

KEY_BYTES: Final = 32
#: The first four addresses of a network are the node's own.
FIRST_GUEST: Final = 4
_PROBERS6: Final = 1 << 48
_KEY: Final[list[Callable[[object, attrs.Attribute[bytes], bytes], object]]] = [
    validators.min_len(KEY_BYTES),
    validators.max_len(KEY_BYTES),
]


@attrs.frozen(kw_only=True)
class NodeLink:
    """Where the node's own network namespace meets the host."""

    interface: str
    prefixes: tuple[IpNetwork, ...]
    listen: tuple[Endpoint, ...]


@attrs.frozen(kw_only=True)
class Guest:
    """One who may use the node: known by its key, and only under its own ``addresses``.

    ``is_sent``: the central server sent it, and the owner does not know who it is.
    With an ``endpoint`` the node calls it there, again and again, so that the router between
    lets it in. One without addresses is no guest: it is only called.
    """

    public_key: bytes = attrs.field(validator=_KEY)
    addresses: tuple[IpAddress, ...] = attrs.field()
    preshared_key: bytes | None = attrs.field(
        default=None, validator=validators.optional(_KEY), repr=False
    )
    is_sent: bool = False
    endpoint: Endpoint | None = None

    @addresses.validator
    def _somewhere(self, _attribute: object, value: tuple[IpAddress, ...]) -> None:
        if not value and self.endpoint is None:
            raise ValueError("a guest has an address")


@attrs.frozen(kw_only=True)
class SharePlan:
    """What a node offers, decided before anything is touched.

    ``attempt`` identifies this try: late events of an earlier one are ignored.
    ``prefixes`` are the inner networks, at most one a family; of each the first four
    addresses are the node's own. ``guests`` is how many there may be at once.
    """

    attempt: int = attrs.field(validator=validators.ge(1))
    listen_port: int = attrs.field(validator=[validators.ge(1), validators.le(65_535)])
    prefixes: tuple[IpNetwork, ...] = attrs.field(validator=validators.min_len(1))
    guests: int = attrs.field(default=64, validator=[validators.ge(1), validators.le(1_024)])


@attrs.frozen(kw_only=True)
class ListenerInfo:
    """What serves: its key for guests, where it listens inside, and its inner addresses."""

    public_key: bytes = attrs.field(validator=_KEY)
    listen: tuple[Endpoint, ...]
    addresses: tuple[IpAddress, ...]
    #: What carries the packets, for people: "wireguard-go 0.0.20230223".
    engine: str = ""


@lru_cache(maxsize=16)
def probers(prefix: IpNetwork) -> IpNetwork:
    """Return the part of a node's inner network from which the central server asks. Pure."""
    if isinstance(prefix, IPv4Network):
        return ip_network((int(prefix.broadcast_address) & ~3, 30))
    return ip_network((int(prefix.network_address) + _PROBERS6, 96))


def is_prober(address: IpAddress, prefixes: tuple[IpNetwork, ...]) -> bool:
    """Say whether ``address`` is the central server's own, which is no guest's. Pure."""
    return any(address in probers(prefix) for prefix in prefixes)


def seated(guests: tuple[Guest, ...], prefixes: tuple[IpNetwork, ...]) -> tuple[Guest, ...]:
    """Return those who take a guest's place: not the central server's own peers. Pure."""
    return tuple(
        one for one in guests if not all(is_prober(each, prefixes) for each in one.addresses)
    )


def place_of(address: IpAddress, most_guests: int) -> int:
    """Return a guest's place among ``most_guests``: by it, it has ports and a rate of its own."""
    return (address.packed[-1] - FIRST_GUEST) % most_guests
