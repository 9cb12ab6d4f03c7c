"""Makes an empty set of namespaces into the world of ``map``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from worldvpn_lab import netlink, nodes, responders
from worldvpn_lab.map import (
    CABLES,
    GUEST,
    HOPS,
    MASQUERADES,
    RESOLVERS,
    ROLES,
    ROUTERS,
    End,
    Hop,
    ends,
)

if TYPE_CHECKING:
    from worldvpn_lab.world import World

_LOOPBACK: Final = 1
_MAX_GROUP: Final = 2**31 - 1

_EVERYONE: Final = {
    # Addresses must be usable at once, in a world where nobody else has them.
    "net/ipv6/conf/all/accept_dad": "0",
    "net/ipv6/conf/default/accept_dad": "0",
    "net/ipv6/conf/default/dad_transmits": "0",
    "net/ipv6/conf/all/disable_ipv6": "0",
    "net/ipv6/conf/default/disable_ipv6": "0",
    "net/ipv4/conf/all/rp_filter": "0",
    "net/ipv4/conf/default/rp_filter": "0",
    "net/ipv4/ip_unprivileged_port_start": "1024",
}
_ROUTER: Final = {
    "net/ipv4/ip_forward": "1",
    "net/ipv6/conf/all/forwarding": "1",
    "net/ipv6/conf/default/forwarding": "1",
    # A refusal must never be mistaken for silence because of a rate limit.
    "net/ipv4/icmp_ratelimit": "0",
    "net/ipv6/icmp/ratelimit": "0",
}
#: Source ports of probes: nobody else may draw them.
_CLIENT: Final = {
    "net/ipv4/ip_local_reserved_ports": "20000-32767",
    # As systemd sets it: an answer whose sender has no route back is dropped.
    "net/ipv4/conf/all/rp_filter": "2",
    "net/ipv4/conf/default/rp_filter": "2",
}


def build(world: World, *, with_nodes: bool) -> None:
    """Lay cables, give addresses and routes, start resolvers, servers and nodes."""
    for role in (*ROLES, GUEST):
        world.write(role, _sysctls(role, last_group(world.holder_pid)))
    _lay_cables(world)
    for role in ROLES:
        line = world.netlink(role)
        line.apply(configuration(role))
        line.close()
        write_resolver(world, role)
    for role, device in MASQUERADES:
        load_rules(world, role, masquerade(device))
    responders.start(world)
    if with_nodes:
        nodes.start(world)


def configuration(role: str) -> list[bytes]:
    """Return the requests that bring up ``role``'s links, addresses and routes."""
    requests = [netlink.set_link(_LOOPBACK, up=True)]
    for end in ends(role):
        requests += bring_up(end) if end.up else []
    return requests + [netlink.new_route(route(hop)) for hop in HOPS if hop.role == role]


def bring_up(end: End) -> list[bytes]:
    """Return the requests that put ``end`` into use with its addresses."""
    return [
        netlink.set_link(end.index, up=True),
        *(netlink.new_address(end.index, address) for address in end.addresses),
    ]


def route(hop: Hop) -> netlink.Route:
    """Return ``hop`` as the kernel is asked for it."""
    (index,) = (end.index for end in ends(hop.role) if end.name == hop.device)
    return netlink.Route(to=hop.to, index=index, via=hop.via, metric=hop.metric, proto=hop.proto)


def masquerade(device: str) -> str:
    """Return rules that give forwarded IPv4 and IPv6 the address of ``device``."""
    private = "{ 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 }"
    return (
        "table inet lab_nat {\n"
        "  chain post { type nat hook postrouting priority srcnat; policy accept;\n"
        f"    oifname {device} ip saddr {private} masquerade\n"
        f"    oifname {device} ip6 saddr fc00::/7 masquerade\n"
        "  }\n}\n"
    )


def load_rules(world: World, role: str, rules: str) -> None:
    """Load nftables ``rules`` in ``role``. Raises EngineError when nft refuses."""
    world.run(role, ["nft", "-f", "-"], stdin=rules.encode()).checked()


def write_resolver(world: World, role: str) -> None:
    """Write ``role``'s resolv.conf as its network gave it."""
    lines = [f"nameserver {resolver}\n" for resolver in RESOLVERS.get(role, ())]
    world.write(role, {"/etc/resolv.conf": "".join(lines)})


def last_group(pid: int) -> int:
    """Return the highest group id that the user namespace of ``pid`` maps (user_namespaces(7))."""
    lines = Path(f"/proc/{pid}/gid_map").read_text(encoding="utf-8").splitlines()
    mapped = [[int(field) for field in line.split()] for line in lines]
    return min(_MAX_GROUP, max(first + count - 1 for first, _outside, count in mapped))


def _sysctls(role: str, last: int) -> dict[str, str]:
    # Everybody may ping; a group that is not mapped would be refused.
    values = _EVERYONE | {"net/ipv4/ping_group_range": f"0 {last}"}
    values |= _ROUTER if role in ROUTERS else {}
    values |= _CLIENT if role == "client" else {}
    return {f"/proc/sys/{name}": value for name, value in values.items()}


def _lay_cables(world: World) -> None:
    namespaces = dict(zip(ROLES, world.namespaces(ROLES), strict=True))
    try:
        for role in ROLES:
            line = world.netlink(role)
            line.apply(
                [
                    netlink.new_veth(cable.near.veth, cable.far.veth, namespaces[cable.far.role])
                    for cable in CABLES
                    if cable.near.role == role
                ]
            )
            line.close()
    finally:
        for descriptor in namespaces.values():
            os.close(descriptor)
