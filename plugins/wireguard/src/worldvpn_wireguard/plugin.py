"""Entry point of the daemon's half: the WireGuard transport and exit."""

from __future__ import annotations

from worldvpn_core.contracts import Exit, Services, Transport
from worldvpn_core.hookspecs import hookimpl
from worldvpn_wireguard.engines import engine_from
from worldvpn_wireguard.exit import WireGuardExit
from worldvpn_wireguard.transport import WireGuardTransport


@hookimpl
def worldvpn_transports(services: Services) -> list[Transport]:
    """Offer WireGuard, on the engine that daemon.toml names or this host has."""
    host = services.host
    return [WireGuardTransport(engine_from(services.options, host), host.links)]


@hookimpl
def worldvpn_exits(services: Services) -> list[Exit]:
    """Offer to serve guests by WireGuard."""
    key_file = services.state_dir / "wireguard-node.key"
    return [WireGuardExit(services.host.namespaces, key_file)]
