"""Every place a plugin can join WorldVPN's daemon and agent. This file is the whole API.

Hooks are synchronous and cheap: they hand over objects (see ``contracts``) or
receive news. Work that waits lives on the objects, never in a hook.

The entry-point group decides the process and the rights: ``worldvpn.system`` is
loaded by worldvpnd, ``worldvpn.network`` by worldvpn-agent. Object hooks are
called once, at start; one that raises keeps the process from starting.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pluggy

from worldvpn_core.contracts import (
    Accounting,
    CentralClient,
    DnsProtector,
    Exit,
    FirewallBackend,
    HostServices,
    Meters,
    NetworkServices,
    Obfuscator,
    PortMapper,
    ProfileReader,
    Resolver,
    Services,
    Transport,
)
from worldvpn_core.tunnel.states import State
from worldvpn_core.types import Refusal, SessionRequest, UsageSample

PROJECT: Final = "worldvpn"

_spec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@_spec(firstresult=True)
def worldvpn_host(platform: str, state_dir: str, run_dir: str) -> HostServices | None:
    """Return the operating system's services for ``platform``, or None to pass.

    Called first, with ``sys.platform`` and the daemon's two root-owned directories.
    The first answer wins; without one the daemon refuses to start. System only.
    """


@_spec(firstresult=True)
def worldvpn_firewall_backend(services: Services, platform: str) -> FirewallBackend | None:
    """Return the firewall backend for ``platform``, or None to pass.

    The first answer wins; with no answer the daemon refuses to connect, for it
    could not block. System only.
    """


@_spec(firstresult=True)
def worldvpn_meters(services: Services, firewall: FirewallBackend) -> Meters | None:
    """Return what counts sessions in the kernel, beside the rules of ``firewall``, or None to pass.

    The first answer wins; with no answer no receipts are exchanged, a node earns nothing, and
    knows neither what its guests carry nor what they do.
    System only.
    """


@_spec(firstresult=True)
def worldvpn_dns_protector(services: Services, platform: str) -> DnsProtector | None:
    """Return what points this host's resolver, or None to pass.

    The first answer wins; with no answer DNS outside the tunnel is only blocked.
    System only.
    """


@_spec
def worldvpn_transports(services: Services) -> Iterable[Transport]:
    """Offer the transports this plugin implements.

    Results are gathered; two of the same name keep the daemon from starting. Must
    not touch the host: a transport that cannot run here is still offered, and says
    why in ``Transport.open``. System only.
    """
    return ()


@_spec
def worldvpn_obfuscators(services: Services) -> Iterable[Obfuscator]:
    """Offer the obfuscators this plugin implements.

    Results are gathered; two of the same name keep the daemon from starting.
    Must not touch the host. System only.
    """
    return ()


@_spec
def worldvpn_exits(services: Services) -> Iterable[Exit]:
    """Offer the exits this plugin implements, each under its transport's name.

    Results are gathered; two of the same name keep the daemon from starting.
    Must not touch the host. System only.
    """
    return ()


@_spec(firstresult=True)
def worldvpn_accounting(services: Services) -> Accounting | None:
    """Return what counts this computer's own traffic, or None to pass.

    The first answer wins; with no answer nothing is counted. Must not touch the host
    but for its own files in the daemon's directories. System only.
    """


@_spec(firstresult=True)
def worldvpn_central(services: NetworkServices) -> CentralClient | None:
    """Return the client of the central server, or None to pass.

    Called before the agent gives its rights up: load whatever will be needed.
    ``services.central`` is None on a host that belongs to no server: pass. The first
    answer wins; with no answer only imported profiles connect. Network only.
    """


@_spec(firstresult=True)
def worldvpn_resolver(services: NetworkServices) -> Resolver | None:
    """Return the DNS stub, or None to pass.

    The first answer wins; with no answer the host asks the tunnel's own
    resolvers. Network only.
    """


@_spec(firstresult=True)
def worldvpn_port_mapper(services: NetworkServices) -> PortMapper | None:
    """Return what asks the router in front of a node to lead guests to it, or None to pass.

    The first answer wins; with no answer no router is asked. It runs in the agent, for what
    a router answers is a stranger's word. Network only.
    """


@_spec
def worldvpn_profile_readers(services: NetworkServices) -> Iterable[ProfileReader]:
    """Offer readers of foreign profile formats.

    Results are gathered; the first that recognises a text reads it. They run in
    the agent, for what they read was written by strangers. Network only.
    """
    return ()


@_spec(firstresult=True)
def worldvpn_session_refusal(request: SessionRequest) -> Refusal | None:
    """Refuse ``request``, or return None to let it pass.

    Called before a tunnel is planned. The first refusal wins; a raise refuses
    too, with the code "denied". System and network.
    """


@_spec
def worldvpn_tunnel_state_changed(old: State, new: State) -> None:
    """Hear that the tunnel went from ``old`` to ``new``.

    Called after the policy of ``new`` is enforced, in the event loop; return at
    once. What it raises is logged and changes nothing. System and network.
    """


@_spec
def worldvpn_usage_sampled(sample: UsageSample) -> None:
    """Hear how many bytes moved since the last sample.

    Called every ten seconds while connected; return at once. What it raises is
    logged and changes nothing. System and network.
    """
