"""What may leave as a frame: below the IP hooks, where AF_PACKET and bridged guests pass.

No conntrack and no reject here: the kernel has neither in this hook.
"""

from __future__ import annotations

from typing import Final

from worldvpn_core.policy import FirewallPolicy
from worldvpn_core.types import MARK, LocalProxy
from worldvpn_killswitch import outbound
from worldvpn_killswitch.links import Topology
from worldvpn_killswitch.match import Special
from worldvpn_killswitch.outbound import Place
from worldvpn_killswitch.rule import ACCEPT, Rule, marked
from worldvpn_killswitch.tunnels import asks_inside, label, path

PLACE: Final = Place(prefix="egress-", tells=False)

#: Both the type the sender claims and the one on the wire: AF_PACKET can claim any, and
#: on a link without Ethernet headers those bytes are part of an address.
_ETHERTYPE: Final = "meta protocol {0:#06x} @ll,96,16 {0:#06x}"
_ARP, _EAPOL = 0x0806, 0x888E
_PPPOE: Final = (0x8863, 0x8864)


def egress(policy: FirewallPolicy, topology: Topology) -> tuple[Rule, ...]:
    """Return what frames may leave, in order; the same as output where both can judge."""
    return (
        _frames("arp", _ARP, "addresses of this link are found by it"),
        _frames("eapol", _EAPOL, "this network admits the host by it"),
        *(_sessions() if topology.has_ppp else ()),
        *outbound.configuration(PLACE, ()),
        *outbound.outer(PLACE, policy),
        *outbound.later_fragments(PLACE, policy),
        *outbound.central(PLACE, policy),
        *_strayed(policy),
        *(outbound.guests(PLACE) if policy.node is not None else ()),
        *(outbound.names(PLACE) if asks_inside(policy) else ()),
        *outbound.lan(PLACE, policy),
        *outbound.rest(PLACE, policy),
    )


def ingress() -> tuple[Rule, ...]:
    """Return what gives ARP our mark on its way in.

    The reverse-path filter (rp_filter, 2 by systemd's default) looks up who asks for our
    address, too: unmarked, in the tunnel's own table, and without a tunnel there is no
    answer. The router then forgets us, and the server's answers end at it.
    """
    asked = Special(f"meta protocol {_ARP:#06x}")
    return (Rule("ingress-arp", (asked,), marked(MARK), why="the router looks for this host"),)


def _sessions() -> tuple[Rule, ...]:
    """PPPoE: what they carry was judged on the ppp device, by its own hook."""
    return tuple(
        _frames(f"pppoe-{index}", ethertype, "it carries what the ppp device let out")
        for index, ethertype in enumerate(_PPPOE)
    )


def _strayed(policy: FirewallPolicy) -> tuple[Rule, ...]:
    """Stop what was marked for a proxy and did not get there."""
    why = "it was meant for the proxy, and must not leave without it"
    return tuple(
        rule
        for tunnel in policy.tunnels
        if isinstance(tunnel.path, LocalProxy)
        for rule in PLACE.refuse(f"strayed-{label(tunnel)}", path(tunnel), why=why)
    )


def _frames(name: str, ethertype: int, why: str) -> Rule:
    return Rule(PLACE.prefix + name, (Special(_ETHERTYPE.format(ethertype)),), ACCEPT, why=why)
