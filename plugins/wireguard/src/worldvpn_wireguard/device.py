"""A WireGuard interface, whatever carries its packets: what is told to it, and what it tells."""

from __future__ import annotations

from typing import Protocol

import attrs

from worldvpn_core.types import Endpoint, IpNetwork


@attrs.frozen(kw_only=True)
class PeerChange:
    """What to set of one peer; None leaves a thing as it is.

    ``allowed_ips`` replaces all of them. ``known`` says that the peer exists
    already: it is not made anew if it has gone. ``removed`` takes the peer away.
    """

    public_key: bytes
    known: bool = False
    removed: bool = False
    preshared_key: bytes | None = attrs.field(default=None, repr=False)
    endpoint: Endpoint | None = None
    keepalive_s: int | None = None
    allowed_ips: tuple[IpNetwork, ...] | None = None


@attrs.frozen(kw_only=True)
class DeviceChange:
    """What to set of an interface, in this order and in one step; None leaves it as it is.

    ``decoy_key`` is held for an instant before ``private_key``: an engine ends its
    sessions when the key becomes another one. A peer may stand in ``peers`` twice.
    """

    decoy_key: bytes | None = attrs.field(default=None, repr=False)
    private_key: bytes | None = attrs.field(default=None, repr=False)
    listen_port: int | None = None
    mark: int | None = None
    peers: tuple[PeerChange, ...] = ()


@attrs.frozen(kw_only=True)
class PeerState:
    """One peer as the engine shows it; ``handshake_ns`` is 0 before the first."""

    public_key: bytes
    handshake_ns: int = 0
    received_bytes: int = 0
    sent_bytes: int = 0


class Device(Protocol):
    """One WireGuard interface of ours."""

    @property
    def engine(self) -> str:
        """What carries its packets, for people, with its version."""

    async def change(self, change: DeviceChange) -> None:
        """Apply ``change``. Raises EngineError when the engine refuses or has gone."""

    async def peers(self) -> tuple[PeerState, ...]:
        """Read every peer. Raises EngineError when the engine has gone."""

    async def wait_down(self) -> Exception | None:
        """Return when it falls by itself, with its cause, or None after ``close``."""

    async def close(self) -> None:
        """Remove the interface and whatever runs it. Idempotent, within a second."""


class Engine(Protocol):
    """Makes WireGuard interfaces."""

    async def make(self, interface: str) -> Device:
        """Make ``interface``, down and without keys; a leftover of that name goes first.

        Leaves nothing behind when it raises or is cancelled.

        Raises:
            EngineError: this host cannot run it: why, and what to do.
        """
