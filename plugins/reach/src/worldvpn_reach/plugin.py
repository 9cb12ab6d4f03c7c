"""Entry point of the plugin: what it offers, nothing else."""

from __future__ import annotations

from worldvpn_core.contracts import PortMapper
from worldvpn_core.hookspecs import hookimpl
from worldvpn_reach.mapper import RouterMapper


@hookimpl
def worldvpn_port_mapper() -> PortMapper:
    """Offer to ask routers, which needs no service."""
    return RouterMapper()
