"""From a profile to a plan: names become addresses, and core names the interface."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from ipaddress import ip_address
from itertools import chain, zip_longest

import attrs

from worldvpn_core.contracts import Transport
from worldvpn_core.errors import ConfigError, ResolutionError
from worldvpn_core.types import (
    LINK_PREFIX,
    DnsUpstream,
    Endpoint,
    IpAddress,
    IpNetwork,
    Profile,
    TunnelPlan,
)

Resolve = Callable[[str], Awaitable[tuple[IpAddress, ...]]]
Hosts = Mapping[str, tuple[IpAddress, ...]]


async def look_up(profile: Profile, resolve: Resolve, *, fresh: bool) -> Hosts:
    """Return the addresses of every server of ``profile``, by the name it gives.

    ``fresh`` asks for all names anew and falls back on those known; otherwise those
    known are used and only others are asked for.

    Raises:
        ResolutionError: a name has no address, now or before.
    """
    known = dict(profile.known_hosts)
    found: dict[str, tuple[IpAddress, ...]] = {}
    for name in dict.fromkeys(server.host for server in profile.servers):
        literal = _literal(name)
        if literal is not None:
            found[name] = (literal,)
        elif name in known and not fresh:
            found[name] = known[name]
        else:
            try:
                found[name] = await resolve(name)
            except ResolutionError:
                if name not in known:
                    raise
                found[name] = known[name]
    return found


def remember(profile: Profile, hosts: Hosts) -> Profile:
    """Return ``profile`` with the addresses of its names, for when they cannot be asked for."""
    names = {server.host for server in profile.servers if _literal(server.host) is None}
    known = tuple((name, hosts[name]) for name in sorted(names))
    return attrs.evolve(profile, known_hosts=known)


@attrs.frozen(kw_only=True)
class Turn:
    """Which try this is: ``attempt`` is unique, ``failures`` walks through addresses."""

    attempt: int
    failures: int = 0
    partial: bool = False


@attrs.frozen(kw_only=True)
class Resolvers:
    """Who is asked through a tunnel: ``chosen``, else the profile's own, else ``default``."""

    chosen: tuple[IpAddress, ...] = ()
    default: tuple[IpAddress, ...] = ()


def tunnel_plan(
    profile: Profile,
    transport: Transport,
    hosts: Hosts,
    turn: Turn,
    *,
    resolvers: Resolvers,
) -> TunnelPlan:
    """Return the plan of one attempt. Pure.

    ``resolvers`` count as far as the tunnel's families reach them; a partial tunnel has
    its profile's own alone.

    Raises:
        ConfigError: the transport does not understand the profile's options, or a partial
            tunnel was asked for that would cover everything.
    """
    if turn.partial and any(network.prefixlen == 0 for network in profile.allowed):
        raise ConfigError(f"profile {profile.name} covers everything: connect without --partial")
    return TunnelPlan(
        attempt=turn.attempt,
        profile_id=profile.id,
        transport=profile.transport,
        interface=f"{LINK_PREFIX}{turn.attempt}",
        remotes=tuple(
            Endpoint(
                host=_turned(hosts[server.host], turn.failures),
                port=server.port,
                carrier=server.carrier,
            )
            for server in profile.servers
        ),
        addresses=profile.addresses,
        allowed=profile.allowed,
        partial=turn.partial,
        upstreams=tuple(
            DnsUpstream(host=host)
            for host in _asked(profile, Resolvers() if turn.partial else resolvers)
        ),
        dns_search=profile.dns_search,
        mtu_bytes=profile.mtu_bytes,
        options=transport.parse(dict(profile.options)),
    )


def _asked(profile: Profile, resolvers: Resolvers) -> tuple[IpAddress, ...]:
    chosen = _reached(resolvers.chosen, profile.allowed)
    return chosen or profile.dns_servers or _reached(resolvers.default, profile.allowed)


def _turned(hosts: tuple[IpAddress, ...], failures: int) -> IpAddress:
    """Take the next address at each failure, the families by turns, IPv4 first."""
    by_family = ([h for h in hosts if h.version == family] for family in (4, 6))
    mixed = [host for host in chain(*zip_longest(*by_family)) if host is not None]
    return mixed[failures % len(mixed)]


def _reached(hosts: tuple[IpAddress, ...], allowed: tuple[IpNetwork, ...]) -> tuple[IpAddress, ...]:
    return tuple(host for host in hosts if any(host in network for network in allowed))


def _literal(name: str) -> IpAddress | None:
    try:
        return ip_address(name)
    except ValueError:
        return None
