"""Entry point of the DNS plugin: what it offers, nothing else."""

from __future__ import annotations

from worldvpn_core.contracts import DnsProtector, Services
from worldvpn_core.hookspecs import hookimpl
from worldvpn_dns.protector import HostDnsProtector


@hookimpl
def worldvpn_dns_protector(services: Services, platform: str) -> DnsProtector | None:
    """Offer to hold a Linux host's resolver."""
    return HostDnsProtector(services) if platform == "linux" else None
