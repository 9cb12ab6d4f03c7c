"""What plugins implement: small structural Protocols, at most five methods each.

A contract's docstring is the promise. Implementations inherit nothing and carry
no docstring for these methods: the contract has it. ``worldvpn_core.testing``
holds a suite for each, which a plugin's tests subclass.
"""

from __future__ import annotations

from worldvpn_core.contracts.host import (
    Change,
    Echo,
    Helper,
    Helpers,
    HelperSpec,
    HostEvent,
    HostEvents,
    HostServices,
    Journal,
    JournalRecord,
    LinkFacts,
    Links,
    LinksChanged,
    NetworkChanged,
    Resumed,
    Routing,
    Services,
)
from worldvpn_core.contracts.network import (
    Account,
    Accounting,
    Directory,
    Listing,
    NetworkServices,
    NodeOffer,
    ProfileReader,
    Resolver,
)
from worldvpn_core.contracts.protection import DnsProtector, FirewallBackend
from worldvpn_core.contracts.transport import (
    Exit,
    Listener,
    Obfuscator,
    Relay,
    SharePlan,
    Transport,
    Tunnel,
)

__all__ = [
    "Account",
    "Accounting",
    "Change",
    "Directory",
    "DnsProtector",
    "Echo",
    "Exit",
    "FirewallBackend",
    "Helper",
    "HelperSpec",
    "Helpers",
    "HostEvent",
    "HostEvents",
    "HostServices",
    "Journal",
    "JournalRecord",
    "LinkFacts",
    "Links",
    "LinksChanged",
    "Listener",
    "Listing",
    "NetworkChanged",
    "NetworkServices",
    "NodeOffer",
    "Obfuscator",
    "ProfileReader",
    "Relay",
    "Resolver",
    "Resumed",
    "Routing",
    "Services",
    "SharePlan",
    "Transport",
    "Tunnel",
]
