"""The other half of a transport: what lets guests reach the internet through this host."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

import attrs
from attrs import validators

from worldvpn_core.types import Endpoint, IpAddress, IpNetwork

KEY_BYTES: Final = 32
_KEY: Final[list[Callable[[object, attrs.Attribute[bytes], bytes], object]]] = [
    validators.min_len(KEY_BYTES),
    validators.max_len(KEY_BYTES),
]


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


class Listener(Protocol):
    """A node that serves. Made by ``Exit.serve``; at first it knows no guest."""

    @property
    def info(self) -> ListenerInfo:
        """What was opened; core compares it with the plan."""

    async def admit(self, guest: Guest) -> None:
        """Let ``guest`` in, under its addresses only; one of that key is changed. Idempotent.

        Raises:
            EngineError: what carries the packets refuses, or has gone.
        """

    async def dismiss(self, public_key: bytes) -> None:
        """Let that guest in no more; one that is not there is no error. Raises EngineError."""

    async def wait_down(self) -> Exception | None:
        """Return when it falls by itself, with its cause, or None after ``close``."""

    async def close(self) -> None:
        """Drop every guest and remove all that ``serve`` made. Idempotent."""


class Exit(Protocol):
    """Serves guests of one protocol, in a network namespace of their own."""

    @property
    def name(self) -> str:
        """The transport's name."""

    async def serve(self, plan: SharePlan) -> Listener:
        """Make the namespace ``NODE`` and serve guests in it, on its ``NODE_GUESTS``.

        The namespace's rules are core's, and none stand yet: nobody is admitted here.
        Leaves nothing behind when it raises or is cancelled.

        Raises:
            EngineError: what would carry the packets is missing or broken.
        """
