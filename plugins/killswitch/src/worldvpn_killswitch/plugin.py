"""Entry point of the kill switch plugin: nftables, where there is Linux."""

from __future__ import annotations

from pathlib import Path

from worldvpn_core.contracts import FirewallBackend, Helpers, Meters, Services
from worldvpn_core.hookspecs import hookimpl
from worldvpn_killswitch.backend import NftablesBackend
from worldvpn_killswitch.libnftables import Engine, LibNftables
from worldvpn_killswitch.node_rules import NodeRules
from worldvpn_killswitch.program import NftProgram
from worldvpn_killswitch.tunnel_meter import NftTunnelMeter


@hookimpl
def worldvpn_firewall_backend(services: Services, platform: str) -> FirewallBackend | None:
    """Offer nftables on Linux; the option ``killswitch_outside`` names links that lead outside."""
    if platform != "linux":
        return None
    outside = frozenset(services.options.get("killswitch_outside", "").split())
    return NftablesBackend(
        services.host.links,
        _engine(services.host.helpers, services.run_dir),
        outside=outside,
        node_rules=NodeRules(
            services.host.namespaces,
            lambda space: _engine(space.helpers, services.run_dir),
        ),
    )


@hookimpl
def worldvpn_meters(services: Services, firewall: FirewallBackend) -> Meters | None:
    """Count where our own rules are."""
    if not isinstance(firewall, NftablesBackend) or firewall.node_rules is None:
        return None
    return Meters(
        guests=firewall.node_rules,
        tunnels=NftTunnelMeter(
            _engine(services.host.helpers, services.run_dir), services.host.meter
        ),
    )


def _engine(helpers: Helpers, run_dir: Path) -> Engine:
    """Return what runs nft where this is called, which is where ``helpers`` start programs."""
    try:
        return LibNftables()
    except OSError:
        return NftProgram(helpers, run_dir)
