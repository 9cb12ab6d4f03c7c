"""How guests get to this node now, or why they do not: values, and sentences about them. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final

import attrs

from worldvpn_core.reach.values import Mapped, Unmapped
from worldvpn_core.share.states import Draining, Off, Opening, Serving, ShareState
from worldvpn_core.types import Endpoint


class Way(enum.StrEnum):
    """How guests' packets get past the router."""

    #: Nothing was found out yet, or nobody is served.
    UNKNOWN = "unknown"
    #: There is no translator in between.
    DIRECT = "direct"
    #: The router was asked to lead them on, and does.
    MAPPED = "mapped"
    #: The owner has said where they come to.
    MANUAL = "manual"
    #: By what the node's own calls open in the router.
    PUNCHED = "punched"
    #: Nothing leads them on: only a hole from inside can let them in.
    CLOSED = "closed"


class Trouble(enum.StrEnum):
    """Why a node cannot be reached: a closed list."""

    NO_ROUTER = "no-router"
    ROUTER_SILENT = "router-silent"
    ROUTER_REFUSED = "router-refused"
    ROUTER_SENSELESS = "router-senseless"
    ROUTER_BEHIND_ANOTHER = "router-behind-another"
    NOT_ASKED = "not-asked"
    NO_ANSWER = "no-answer"
    SYMMETRIC = "symmetric"
    NO_ECHO = "no-echo"
    NODE_SILENT = "node-silent"
    ADDRESS_REFUSED = "address-refused"
    CARRIER_UNPROVEN = "carrier-unproven"
    NO_ENDPOINT = "no-endpoint"


#: What each means, and what its owner can do. {port} is the UDP port.
SENTENCES: Final[Mapping[Trouble, tuple[str, str]]] = {
    Trouble.NO_ROUTER: (
        "this computer has no way to the internet over IPv4",
        "connect it to a network",
    ),
    Trouble.ROUTER_SILENT: (
        "your router does not answer when it is asked to forward the port",
        "switch UPnP or NAT-PMP on in your router, or forward UDP port {port} there by hand",
    ),
    Trouble.ROUTER_REFUSED: (
        "your router refuses to forward the port",
        "allow UPnP for this computer in your router, or forward UDP port {port} there by hand",
    ),
    Trouble.ROUTER_SENSELESS: (
        "your router's answer makes no sense",
        "forward UDP port {port} in your router by hand",
    ),
    Trouble.ROUTER_BEHIND_ANOTHER: (
        "your router has no public address of its own: there is another router in front of it",
        "ask your provider for a public address, or forward UDP port {port} in both",
    ),
    Trouble.NOT_ASKED: (
        "your router was not asked: share_router is off",
        "switch it on, or forward UDP port {port} in your router by hand",
    ),
    Trouble.NO_ANSWER: (
        "the central server could not reach the port",
        "open UDP port {port} in your router and firewall",
    ),
    Trouble.SYMMETRIC: (
        "your router uses another port for each destination, so guests cannot be told which one",
        "switch UPnP on in your router, or forward UDP port {port} there by hand",
    ),
    Trouble.NO_ECHO: (
        "the handshake worked, but nothing came back through the tunnel",
        "see whether another firewall on this computer drops forwarded packets",
    ),
    Trouble.NODE_SILENT: (
        "this computer did not answer the central server in time",
        "wait: the server tries again by itself",
    ),
    Trouble.ADDRESS_REFUSED: (
        "the central server does not see this computer at that address",
        "disconnect your own tunnel for a moment, or correct share_endpoint",
    ),
    Trouble.CARRIER_UNPROVEN: (
        "the protocol that guests would use could not be checked",
        "enable the wireguard plugin",
    ),
    Trouble.NO_ENDPOINT: (
        "the central server knows no address of this computer",
        "wait: the server is told again by itself",
    ),
}

_TROUBLES: Final = frozenset(trouble.value for trouble in Trouble)
_OF_ROUTER: Final = {
    Unmapped.SILENT: Trouble.ROUTER_SILENT,
    Unmapped.REFUSED: Trouble.ROUTER_REFUSED,
    Unmapped.SENSELESS: Trouble.ROUTER_SENSELESS,
}


def trouble_of(reason: Unmapped) -> Trouble:
    """Return what a router's refusal means for the node."""
    return _OF_ROUTER[reason]


@attrs.frozen(kw_only=True)
class Standing:
    """How the way in stands; ``mapped`` and ``by`` are what the router said last."""

    way: Way = Way.UNKNOWN
    mapped: Mapped | None = None
    trouble: Trouble | None = None


def led_port(state: ShareState, before: int | None) -> int | None:
    """Return the port that guests come to now; ``before`` is what this said last.

    One that opens anew keeps what it has: the way in would be shut for a moment.
    """
    match state:
        case Serving(plan=plan) | Draining(plan=plan):
            return plan.listen_port
        case Opening(plan=plan):
            return before if before == plan.listen_port else None
        case Off():
            return None


def told(standing: Standing, server: str, port: int, manual: Endpoint | None) -> dict[str, object]:
    """Return what clients are shown of it.

    ``server`` is the central server's reason ("reached", one of ``Trouble``, or "" while it has
    said nothing). Where it could not reach the port, what is known of the router says why.
    """
    trouble: Trouble | None = None
    if server != "reached":
        seen = Trouble(server) if server in _TROUBLES else None
        blames_router = seen in {None, Trouble.NO_ANSWER} and manual is None
        trouble = (standing.trouble if blames_router else None) or seen
    why, advice = ("", "") if trouble is None else SENTENCES[trouble]
    mapped = standing.mapped
    return {
        "way": standing.way.value,
        "by": None if mapped is None else mapped.protocol.value,
        "public_port": _public_port(standing, port, manual),
        "reason": None if trouble is None else trouble.value,
        "why": why,
        "advice": advice.format(port=port),
    }


def _public_port(standing: Standing, port: int, manual: Endpoint | None) -> int:
    if manual is not None:
        return manual.port
    return port if standing.mapped is None else standing.mapped.public_port
