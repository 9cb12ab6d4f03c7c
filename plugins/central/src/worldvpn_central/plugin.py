"""Entry point of the central plugin: what it offers, nothing else."""

from __future__ import annotations

from worldvpn_core.contracts import CentralClient, NetworkServices
from worldvpn_core.hookspecs import hookimpl


@hookimpl
def worldvpn_central(services: NetworkServices) -> CentralClient | None:
    """Offer the client on a host that belongs to a server."""
    if services.central is None or services.desk is None:
        return None
    # Only then: an HTTP client takes the agent of a host without a server 20 MiB of memory.
    from worldvpn_central.client import HttpCentralClient  # noqa: PLC0415 - see above

    return HttpCentralClient(services.central, services.desk)
