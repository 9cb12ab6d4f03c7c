"""What is asked of the router in front of a node, and what it can answer: values."""

from __future__ import annotations

import enum
from ipaddress import IPv4Address
from typing import Any, Final

import attrs
from attrs import validators

from worldvpn_core.types import Carrier, Endpoint

NONCE_BYTES: Final = 12
#: Where routers listen for PCP and NAT-PMP (RFC 6887 §19, RFC 6886 §1), and for UPnP's search.
PCP_PORT: Final = 5_351
SSDP_PORT: Final = 1_900
#: No lease is believed to be longer: a router that forgets is noticed by asking again.
LONGEST_LEASE_S: Final = 86_400
#: Never spoken to, whatever a router says of itself: names are asked elsewhere.
_NAME_PORTS: Final = (53, 853)
_PORTS: Final = range(1, 65_536)

_PORT: Final = (validators.ge(1), validators.le(65_535))


class Protocol(enum.StrEnum):
    """By what a router is asked."""

    PCP = "pcp"
    NAT_PMP = "nat-pmp"
    UPNP = "upnp"


class Unmapped(enum.StrEnum):
    """Why a router leads nothing on: a closed list."""

    #: It answered nothing, by none of the protocols.
    SILENT = "router-silent"
    #: It answered that it will not.
    REFUSED = "router-refused"
    #: What it answered is no answer.
    SENSELESS = "router-senseless"


def _control(_instance: object, _attribute: attrs.Attribute[Any], value: int | None) -> None:
    if value is not None and (value not in _PORTS or value in _NAME_PORTS):
        raise ValueError("no port by which a router is configured")


@attrs.frozen(kw_only=True)
class MapPort:
    """Have ``router`` lead UDP ``public_port`` to ``client``, the same ``port`` there.

    ``lifetime_s`` 0 ends it. ``nonce`` makes it ours (RFC 6887 §11.1). ``protocol`` None: the
    first that is answered. ``control_port``: where UPnP's TCP may go, once it is known.
    """

    router: IPv4Address
    client: IPv4Address
    port: int = attrs.field(validator=_PORT)
    public_port: int = attrs.field(validator=_PORT)
    lifetime_s: int = attrs.field(validator=[validators.ge(0), validators.le(LONGEST_LEASE_S)])
    nonce: bytes = attrs.field(
        validator=[validators.min_len(NONCE_BYTES), validators.max_len(NONCE_BYTES)]
    )
    protocol: Protocol | None = None
    control_port: int | None = attrs.field(default=None, validator=_control)


@attrs.frozen(kw_only=True)
class Mapped:
    """The router leads ``public_port`` on for ``lifetime_s`` (0: it does no more).

    ``address`` is its own on the outside, where it said one. ``epoch_s`` is for how long it has
    known its leases; None: it does not say.
    """

    protocol: Protocol
    public_port: int = attrs.field(validator=_PORT)
    lifetime_s: int = attrs.field(validator=[validators.ge(0), validators.le(LONGEST_LEASE_S)])
    address: IPv4Address | None = None
    epoch_s: int | None = attrs.field(
        default=None, validator=validators.optional([validators.ge(0), validators.lt(1 << 32)])
    )


@attrs.frozen(kw_only=True)
class ControlNeeded:
    """UPnP answers; it is spoken to at TCP ``port`` of the router, once that is let out."""

    port: int = attrs.field(validator=_control)


@attrs.frozen(kw_only=True)
class NotMapped:
    """The router leads nothing on."""

    reason: Unmapped


def endpoints_of(wanted: MapPort) -> tuple[Endpoint, ...]:
    """Return all that asking ``wanted`` may reach: of its router alone. Pure."""
    found = (
        Endpoint(host=wanted.router, port=PCP_PORT),
        Endpoint(host=wanted.router, port=SSDP_PORT),
    )
    if wanted.control_port is None:
        return found
    control = Endpoint(host=wanted.router, port=wanted.control_port, carrier=Carrier.TCP)
    return (*found, control)


MapAnswer = Mapped | ControlNeeded | NotMapped
