"""Entry point of the Linux host plugin: what it offers, nothing else."""

from __future__ import annotations

from pathlib import Path

from worldvpn_core.contracts import HostServices
from worldvpn_core.hookspecs import hookimpl
from worldvpn_host.echo import SocketEcho
from worldvpn_host.events import KernelEvents
from worldvpn_host.helpers import ProcessHelpers
from worldvpn_host.journal import FileJournal
from worldvpn_host.links import KernelLinks
from worldvpn_host.meter import KernelMeter
from worldvpn_host.namespaces import KernelNamespaces
from worldvpn_host.route_socket import RouteSocket
from worldvpn_host.routing import KernelRouting
from worldvpn_host.uplink import NetworkManagerUplink
from worldvpn_host.uplinks import KernelUplinks


@hookimpl
def worldvpn_host(platform: str, state_dir: str) -> HostServices | None:
    """Offer Linux."""
    if platform != "linux":
        return None
    sock, helpers = RouteSocket(), ProcessHelpers()
    return HostServices(
        links=KernelLinks(sock),
        echo=SocketEcho(),
        routing=KernelRouting(sock),
        events=KernelEvents(sock),
        helpers=helpers,
        journal=FileJournal(Path(state_dir) / "journal"),
        namespaces=KernelNamespaces(sock),
        meter=KernelMeter(sock),
        uplink=NetworkManagerUplink(helpers),
        uplinks=KernelUplinks(sock),
    )
