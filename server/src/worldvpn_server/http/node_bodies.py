"""Bodies of the routes for nodes: bounded, and turned into what the directory takes."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from worldvpn_server.accounts.devicekeys import is_x25519
from worldvpn_server.directory.prefixes import MOST_GUESTS
from worldvpn_server.directory.texts import city_of, protocols_of
from worldvpn_server.directory.values import (
    NodeRecord,
    Offer,
    OfferedCarrier,
    OfferedEndpoint,
    Window,
)
from worldvpn_server.errors import InvalidError
from worldvpn_server.http.source import plain
from worldvpn_server.reach.holes import PunchWords

_WEEK_MINUTES: Final = 7 * 24 * 60
_NAME: Final = r"^[a-z0-9][a-z0-9-]{0,31}$"
_PARAMETER: Final = re.compile(r"[a-z0-9_]{1,32}")

Mbps = Annotated[int, Meta(ge=1, le=100_000)]
Bytes = Annotated[int, Meta(ge=1_000_000, le=10**15)]
Port = Annotated[int, Meta(ge=1, le=65_535)]
Name = Annotated[str, Meta(pattern=_NAME)]
Minute = Annotated[int, Meta(ge=0, le=_WEEK_MINUTES)]
Short = Annotated[str, Meta(max_length=512)]


class EndpointBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a node listens: an address, a port, and the name of one of its carriers.

    The unspecified address (0.0.0.0 or ::) stands for the one this request comes from.
    """

    host: Annotated[str, Meta(max_length=64)]
    port: Port
    carrier: Name = "udp"


class CarrierBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a protocol's packets travel in; ``parameters`` are public."""

    name: Name
    parameters: Annotated[dict[str, Short], Meta(max_length=16)] = {}


class WindowBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When it shares, in minutes from Monday 00:00 UTC."""

    from_minute: Minute
    to_minute: Minute


class NodeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All that a node says of itself; ``x25519`` is its key as WireGuard writes it (base64)."""

    country_code: Annotated[str, Meta(pattern="^[A-Z]{2}$")]
    city: Annotated[str, Meta(max_length=200)] = ""
    protocols: Annotated[list[str], Meta(min_length=1, max_length=64)]
    x25519: bytes
    endpoints: Annotated[list[EndpointBody], Meta(min_length=1, max_length=8)]
    carriers: Annotated[list[CarrierBody], Meta(max_length=16)] = []
    bandwidth_mbps: Mbps = 50
    most_guests: Annotated[int, Meta(ge=1, le=MOST_GUESTS)] = 10
    daily_bytes: Bytes = 50 * 10**9
    allow_streaming: bool = True
    allow_torrents: bool = False
    schedule: Annotated[list[WindowBody], Meta(max_length=64)] = []
    #: False: guests may stay, and no new ones come.
    accepting: bool = True


class NodeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A node as its owner sees it; ``reach_reason`` says why it is not listed."""

    id: UUID
    device_id: UUID | None
    status: str
    listed: bool
    reach_reason: str
    country_code: str
    city: str
    group: str
    protocols: list[str]
    bandwidth_mbps: int
    most_guests: int
    guests: int
    daily_bytes: int
    allow_streaming: bool
    allow_torrents: bool
    inner4: str
    inner6: str
    reputation: float
    latency_ms: float | None
    on_probation: bool
    lifetime_sessions: int
    lifetime_bytes: int
    #: Whom it calls with its own port so that guests may come through its router.
    punch: PunchWords | None = None


def offer_of(
    body: NodeBody, node: UUID, account: UUID, device: UUID, source: IPv4Address | IPv6Address
) -> Offer:
    """Return what ``body`` offers.

    Raises:
        InvalidError: something in it makes no sense; the message names the field.
    """
    if not is_x25519(body.x25519):
        raise InvalidError("x25519: is no X25519 public key of 32 bytes in base64")
    return Offer(
        id=node,
        account=account,
        device=device,
        country=body.country_code,
        city=city_of(body.city),
        protocols=protocols_of(body.protocols),
        bandwidth_mbps=body.bandwidth_mbps,
        most_guests=body.most_guests,
        daily_bytes=body.daily_bytes,
        allow_streaming=body.allow_streaming,
        allow_torrents=body.allow_torrents,
        accepting=body.accepting,
        source=source,
        x25519=body.x25519,
        endpoints=tuple(_endpoint(each, source) for each in body.endpoints),
        carriers=tuple(_carrier(each) for each in body.carriers),
        schedule=tuple(_window(each) for each in body.schedule),
    )


def answer_of(node: NodeRecord) -> NodeAnswer:
    """Return ``node`` as its owner sees it."""
    return NodeAnswer(
        id=node.id,
        device_id=node.device,
        status=node.status.name.lower(),
        listed=node.listed,
        reach_reason=node.reach_reason,
        country_code=node.country,
        city=node.city,
        group=node.group,
        protocols=[str(each) for each in node.protocols],
        bandwidth_mbps=node.bandwidth_mbps,
        most_guests=node.most_guests,
        guests=node.guests,
        daily_bytes=node.daily_bytes,
        allow_streaming=node.allow_streaming,
        allow_torrents=node.allow_torrents,
        inner4=str(node.inner4),
        inner6=str(node.inner6),
        reputation=round(node.reputation, 1),
        latency_ms=None if node.latency_ms is None else round(node.latency_ms, 1),
        on_probation=node.on_probation,
        lifetime_sessions=node.lifetime_sessions,
        lifetime_bytes=node.lifetime_bytes,
    )


def _endpoint(body: EndpointBody, source: IPv4Address | IPv6Address) -> OfferedEndpoint:
    host = plain(body.host)
    if host is None:
        raise InvalidError("endpoints: host must be an IPv4 or IPv6 address, not a name")
    if host.is_unspecified:
        host = source
    return OfferedEndpoint(host=host, port=body.port, carrier=body.carrier)


def _carrier(body: CarrierBody) -> OfferedCarrier:
    for name, value in body.parameters.items():
        if not _PARAMETER.fullmatch(name) or not value.isprintable():
            raise InvalidError(
                f"carriers: a parameter of {body.name} has a name other than [a-z0-9_]{{1,32}}, "
                "or a value that cannot be shown"
            )
    return OfferedCarrier(name=body.name, parameters=body.parameters)


def _window(body: WindowBody) -> Window:
    if body.from_minute >= body.to_minute:
        raise InvalidError(
            "schedule: from_minute must be before to_minute; split at the week's end"
        )
    return Window(from_minute=body.from_minute, to_minute=body.to_minute)
