"""Which interfaces lead outside, and where a hook sees every frame that leaves: pure.

Nothing is believed to be harmless because it is unknown: a link leads outside unless
it is known not to.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import attrs

from worldvpn_core.contracts import LinkFacts

#: IFLA_INFO_KIND of links that carry IP inside IP (or to a program): never an uplink.
#: Ours are among them; other VPNs' are refused, for their outer packets leave unmarked.
_IP_TUNNELS: Final = frozenset(
    {"tun", "wireguard", "amneziawg", "ovpn", "xfrm", "vti", "vti6"}
    | {"ipip", "sit", "ip6tnl", "gre", "ip6gre"}
)
#: Ports of a bridge that lead to a container or a virtual machine.
_GUESTS: Final = frozenset({"veth", "tun"})
_GATHERING: Final = frozenset({"bridge", "bond", "team"})


@attrs.frozen(kw_only=True)
class Topology:
    """The host's links by what they mean to the rules.

    ``uplinks``: IP packets leave the host by them (a bridge, a bond, a VLAN count
    whole). ``hooks``: the devices at the bottom, where every frame passes, with
    their indexes, so that one replaced under the same name is noticed.
    ``internal``: bridges that lead to containers only. ``has_ppp``: PPPoE frames
    on an Ethernet device are the outside of an uplink that has its own hook.
    """

    uplinks: tuple[str, ...] = ()
    hooks: tuple[tuple[str, int], ...] = ()
    internal: tuple[str, ...] = ()
    has_ppp: bool = False


def topology(
    links: Iterable[LinkFacts],
    *,
    node: str | None = None,
    outside: frozenset[str] = frozenset(),
) -> Topology:
    """Classify ``links``.

    ``node`` is the interface that meets the node's namespace. ``outside`` names
    links that lead outside whatever they look like, such as the veth port of a
    bridge that is the uplink of a nested container.
    """
    host = _Host(tuple(link for link in links if not link.is_loopback), node, outside)
    uplinks = [link for link in host.links if host.is_uplink(link)]
    # Were the indexes a tangle, better a hook too high than none.
    hooks = [link for link in host.links if host.is_hook(link)] or uplinks
    return Topology(
        uplinks=tuple(link.name for link in uplinks),
        hooks=tuple((link.name, link.index) for link in hooks),
        internal=tuple(link.name for link in host.links if host.is_internal(link)),
        has_ppp=any(link.kind == "ppp" for link in host.links),
    )


class _Host:
    """The links of one host, by index and by what lies on what."""

    def __init__(
        self, links: tuple[LinkFacts, ...], node: str | None, outside: frozenset[str]
    ) -> None:
        self.links = tuple(sorted(links, key=lambda link: link.name))
        self._by_index = {link.index: link for link in links}
        self._node = node
        self._outside = outside

    def is_uplink(self, link: LinkFacts) -> bool:
        """Say whether IP packets leave the host by ``link`` itself."""
        master = self._by_index.get(link.master)
        enslaved = master is not None and master.kind in _GATHERING
        return not enslaved and self._leads_outside(link)

    def is_hook(self, link: LinkFacts) -> bool:
        """Say whether ``link`` is the last device of ours that a frame passes."""
        lower = self._lower(link)
        if lower is not None and self._leads_outside(lower):
            return False
        ports = self._ports(link) if link.kind in _GATHERING else ()
        return self._leads_outside(link) and not any(map(self._leads_outside, ports))

    def is_internal(self, link: LinkFacts) -> bool:
        """Say whether ``link`` is a bridge behind which there are only containers."""
        return link.kind == "bridge" and link.name != self._node and not self._leads_outside(link)

    def _leads_outside(self, link: LinkFacts, seen: frozenset[int] = frozenset()) -> bool:
        if link.name in self._outside:
            return True
        if link.name == self._node or link.kind in _IP_TUNNELS:
            return False
        seen |= {link.index}
        if link.kind == "veth":
            master = self._by_index.get(link.master)
            return master is None or master.kind != "bridge"
        if link.kind == "bridge":
            return any(
                port.index not in seen and self._leads_outside(port, seen)
                for port in self._ports(link)
                if port.kind not in _GUESTS or port.name in self._outside
            )
        lower = self._lower(link)
        return lower is None or lower.index in seen or self._leads_outside(lower, seen)

    def _lower(self, link: LinkFacts) -> LinkFacts | None:
        """Return what ``link`` lies on; None at the bottom, and within a circle."""
        lower = self._beneath(link)
        seen = {link.index}
        below = lower
        while below is not None:
            if below.index in seen:
                # Indexes of another namespace can look like a circle in this one.
                return None
            seen.add(below.index)
            below = self._beneath(below)
        return lower

    def _beneath(self, link: LinkFacts) -> LinkFacts | None:
        # A veth's "lower" is its other end, perhaps of another namespace.
        return None if link.kind == "veth" else self._by_index.get(link.lower)

    def _ports(self, link: LinkFacts) -> tuple[LinkFacts, ...]:
        return tuple(port for port in self.links if port.master == link.index)
