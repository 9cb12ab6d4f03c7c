"""Entry point of the daemon's half: the WireGuard transport."""

from __future__ import annotations

from worldvpn_core.contracts import Services, Transport
from worldvpn_core.hookspecs import hookimpl
from worldvpn_wireguard.engines import engine_from
from worldvpn_wireguard.transport import WireGuardTransport


@hookimpl
def worldvpn_transports(services: Services) -> list[Transport]:
    """Offer WireGuard, on the engine that daemon.toml names or this host has."""
    host = services.host
    return [WireGuardTransport(engine_from(services.options, host), host.links)]
