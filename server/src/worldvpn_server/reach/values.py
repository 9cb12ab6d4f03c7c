"""What a check of reachability asks, and the closed list of what it answers."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network
from typing import Final
from uuid import UUID

import attrs

from worldvpn_server.http.source import Address

#: The carrier of plain WireGuard: the only one that is probed from outside.
PLAIN: Final = "udp"
#: The same, by a hole that the node has made in its router.
PUNCHED: Final = "punched"


class Reason(enum.StrEnum):
    """Why a node is listed or not, the best first.

    Silence, a port that refuses, and garbage are one reason after one time: whoever asks learns
    nothing of a port. Addresses that may not be probed, for whatever cause, are one reason too.
    """

    REACHED = "reached"
    #: The handshake was answered, nothing came back through the tunnel. Only who has the node's
    #: private key can cause it.
    NO_ECHO = "no-echo"
    NO_ANSWER = "no-answer"
    #: Its router gives every destination another port: no guest can be told which.
    SYMMETRIC = "symmetric"
    #: The node did not admit the prober's key in time.
    NODE_SILENT = "node-silent"
    #: No endpoint at an address that the node has proven to be its own on the internet.
    ADDRESS_REFUSED = "address-refused"
    #: All its carriers are such that they prove themselves from inside.
    CARRIER_UNPROVEN = "carrier-unproven"
    #: It has no endpoint, or no key to shake hands with.
    NO_ENDPOINT = "no-endpoint"


@attrs.frozen(kw_only=True, order=True)
class Place:
    """An endpoint of a node; ``allowed``: its address may be probed."""

    host: Address
    port: int
    carrier: str
    allowed: bool = False


@attrs.frozen(kw_only=True)
class Subject:
    """A node to be checked: what is probed, and whom to ask to admit the prober."""

    node: UUID
    account: UUID
    device: UUID
    x25519: bytes | None
    inner4: IPv4Network
    inner6: IPv6Network
    places: tuple[Place, ...]
    #: Where it is seen from outside through its router, and whether that changes by who looks.
    hole: Place | None = None
    is_symmetric: bool = False


@attrs.frozen(kw_only=True)
class Verdict:
    """What was found; ``listed`` may be False though it was reached: too many neighbours."""

    reason: str
    listed: bool
    reached: tuple[Place, ...] = ()


def to_probe(subject: Subject) -> tuple[Place, ...] | Reason:
    """Return which endpoints to probe, one a family at most and the hole, or why none. Pure."""
    plain = [place for place in subject.places if place.carrier == PLAIN]
    if not subject.places or subject.x25519 is None:
        return Reason.NO_ENDPOINT
    if not plain:
        return Reason.CARRIER_UNPROVEN
    allowed = {place.host.version: place for place in plain if place.allowed}
    chosen = tuple(allowed[version] for version in sorted(allowed))
    if subject.hole is not None and subject.hole.allowed:
        chosen = (*chosen, subject.hole)
    return chosen or Reason.ADDRESS_REFUSED


def best(reasons: Iterable[Reason]) -> Reason:
    """Return the one that says most for the node. Pure."""
    order = list(Reason)
    return min(reasons, key=order.index, default=Reason.NO_ENDPOINT)
