"""What a node offers, to whom, and what it answers with: values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import attrs
from attrs import validators

from worldvpn_core.types import Endpoint, IpAddress, IpNetwork

KEY_BYTES: Final = 32
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
    """One who may use the node: known by its key, and only under its own ``addresses``."""

    public_key: bytes = attrs.field(validator=_KEY)
    addresses: tuple[IpAddress, ...] = attrs.field(validator=validators.min_len(1))
    preshared_key: bytes | None = attrs.field(
        default=None, validator=validators.optional(_KEY), repr=False
    )


@attrs.frozen(kw_only=True)
class SharePlan:
    """What a node offers, decided before anything is touched.

    ``attempt`` identifies this try: late events of an earlier one are ignored.
    ``prefixes`` are the inner networks, at most one a family; of each the first four
    addresses are the node's own. ``guests`` is how many there may be at once, ``rate_bps``
    what they may have together in bits a second, ``quota_bytes`` in bytes a day; 0: no limit.
    """

    attempt: int = attrs.field(validator=validators.ge(1))
    listen_port: int = attrs.field(validator=[validators.ge(1), validators.le(65_535)])
    prefixes: tuple[IpNetwork, ...] = attrs.field(validator=validators.min_len(1))
    guests: int = attrs.field(default=64, validator=[validators.ge(1), validators.le(1_024)])
    rate_bps: int = attrs.field(default=0, validator=validators.ge(0))
    quota_bytes: int = attrs.field(default=0, validator=validators.ge(0))


@attrs.frozen(kw_only=True)
class ListenerInfo:
    """What serves: its key for guests, where it listens inside, and its inner addresses."""

    public_key: bytes = attrs.field(validator=_KEY)
    listen: tuple[Endpoint, ...]
    addresses: tuple[IpAddress, ...]
    #: What carries the packets, for people: "wireguard-go 0.0.20230223".
    engine: str = ""
