"""What plugins implement: small structural Protocols, at most five methods each.

A contract's docstring is the promise. Implementations inherit nothing and carry
no docstring for these methods: the contract has it. ``worldvpn_core.testing``
holds a suite for each, which a plugin's tests subclass.
"""

from __future__ import annotations

from worldvpn_core.central.calls import SignedInAs
from worldvpn_core.contracts.central import CentralClient, CentralDesk
from worldvpn_core.contracts.counting import GuestMeter, Meters, TunnelMeter, Watched
from worldvpn_core.contracts.exit import Exit, Invitation, Listener
from worldvpn_core.contracts.host import (
    Change,
    Echo,
    Gateway,
    Helper,
    Helpers,
    HelperSpec,
    HostEvent,
    HostEvents,
    Journal,
    JournalRecord,
    LinkFacts,
    Links,
    LinksChanged,
    NetworkChanged,
    Resumed,
    Routing,
    Uplink,
    Uplinks,
)
from worldvpn_core.contracts.mapping import OpenSocket, PortMapper
from worldvpn_core.contracts.metering import (
    Accounting,
    History,
    Meter,
    Reading,
    Traffic,
    Volume,
)
from worldvpn_core.contracts.namespaces import (
    Namespace,
    NamespacePlan,
    Namespaces,
    Shaped,
    Shaping,
    Share,
)
from worldvpn_core.contracts.network import NetworkServices, ProfileReader, Resolver
from worldvpn_core.contracts.protection import DnsProtector, FirewallBackend
from worldvpn_core.contracts.services import HostServices, Services
from worldvpn_core.contracts.transport import (
    Obfuscator,
    Relay,
    SessionTransport,
    Transport,
    Tunnel,
)
from worldvpn_core.share.plan import Guest, ListenerInfo, SharePlan

__all__ = [
    "Accounting",
    "CentralClient",
    "CentralDesk",
    "Change",
    "DnsProtector",
    "Echo",
    "Exit",
    "FirewallBackend",
    "Gateway",
    "Guest",
    "GuestMeter",
    "Helper",
    "HelperSpec",
    "Helpers",
    "History",
    "HostEvent",
    "HostEvents",
    "HostServices",
    "Invitation",
    "Journal",
    "JournalRecord",
    "LinkFacts",
    "Links",
    "LinksChanged",
    "Listener",
    "ListenerInfo",
    "Meter",
    "Meters",
    "Namespace",
    "NamespacePlan",
    "Namespaces",
    "NetworkChanged",
    "NetworkServices",
    "Obfuscator",
    "OpenSocket",
    "PortMapper",
    "ProfileReader",
    "Reading",
    "Relay",
    "Resolver",
    "Resumed",
    "Routing",
    "Services",
    "SessionTransport",
    "Shaped",
    "Shaping",
    "Share",
    "SharePlan",
    "SignedInAs",
    "Traffic",
    "Transport",
    "Tunnel",
    "TunnelMeter",
    "Uplink",
    "Uplinks",
    "Volume",
    "Watched",
]
