"""Protocols that carry packets for us as a client."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Protocol, runtime_checkable

from worldvpn_core.types import (
    Counters,
    Endpoint,
    Option,
    SessionKeys,
    TunnelInfo,
    TunnelPlan,
)


class Tunnel(Protocol):
    """One open tunnel. Made by ``Transport.open``, used by one task."""

    @property
    def info(self) -> TunnelInfo:
        """What was opened; core compares it with what was admitted.

        ``round_trip_s`` is of the call that was answered, not of those that were lost before.
        """

    async def counters(self) -> Counters:
        """Read cumulative counters; cheap enough to call twice a second."""

    async def probe(self) -> None:
        """Ask the remote to prove itself anew; ``Counters.proof`` changes when it has.

        Loses no packet, and returns without waiting for the answer.
        """

    async def wait_down(self) -> Exception | None:
        """Return when the tunnel falls by itself, with its cause, or None after ``close``."""

    async def close(self) -> None:
        """Remove every interface and process ``open`` made. Idempotent, within a second."""


class Transport(Protocol):
    """Opens tunnels of one protocol. Stateless and safe to share."""

    @property
    def name(self) -> str:
        """Name used in profiles: lower case, stable for ever."""

    @property
    def options(self) -> tuple[Option, ...]:
        """The options a profile may hold: declared, not drawn."""

    def parse(self, raw: Mapping[str, str]) -> Hashable:
        """Turn a profile's raw options into a frozen value of the transport's own.

        Raises:
            ConfigError: an option is missing, unknown or malformed.
        """

    def outer_endpoints(self, plan: TunnelPlan) -> tuple[Endpoint, ...]:
        """Addresses the firewall must let out for ``open`` to work. Pure."""

    async def open(self, plan: TunnelPlan) -> Tunnel:
        """Open the tunnel on ``plan.interface`` and return once the remote has answered.

        Makes the link and brings it up; addresses and routes are core's. Sockets
        towards the remote carry our mark. Leaves nothing behind when it raises or
        is cancelled.

        Raises:
            HandshakeTimeoutError: no answer in ``plan.handshake_timeout_s``.
            AuthRejectedError: the remote refused our keys.
            EngineError: what would carry the packets is missing or broken.
        """


@runtime_checkable
class SessionTransport(Transport, Protocol):
    """A transport by which the nodes of the directory can be used, too."""

    @property
    def label(self) -> str:
        """What people call the protocol, where they choose it: "WireGuard"."""

    def session_options(self, keys: SessionKeys) -> Mapping[str, str]:
        """Return the raw options of a full tunnel to a profile's one server by ``keys``. Pure."""


class Relay(Protocol):
    """A local endpoint behind which an obfuscator reaches the remote."""

    @property
    def local(self) -> Endpoint:
        """Where the transport sends instead of to the remote; a loopback address."""

    @property
    def overhead_bytes(self) -> int:
        """What it adds to each packet; the runner subtracts it from the MTU."""

    async def wait_down(self) -> Exception | None:
        """Return when the relay falls by itself, with its cause, or None after ``close``."""

    async def close(self) -> None:
        """End every process and socket ``open`` made. Idempotent."""


class Obfuscator(Protocol):
    """Carries a transport's packets in a form that a censor lets pass."""

    @property
    def name(self) -> str:
        """Name used in profiles: lower case, stable for ever."""

    async def open(self, remote: Endpoint) -> Relay:
        """Open a relay to ``remote``. Leaves nothing behind when it raises or is cancelled.

        Raises:
            TransportError: the relay did not become ready.
        """
