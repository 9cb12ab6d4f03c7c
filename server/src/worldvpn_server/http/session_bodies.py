"""What clients and nodes send and get about sessions, as JSON."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from worldvpn_server.directory.values import Protocol
from worldvpn_server.errors import InvalidError
from worldvpn_server.sessions.news import key_text, ticket_text
from worldvpn_server.sessions.opened import Opened
from worldvpn_server.sessions.values import KEY_BYTES

#: Any key of ours: against a public key of small order it agrees on zeros (RFC 7748 section 6.1).
_PROBE: Final = X25519PrivateKey.from_private_bytes(bytes(range(KEY_BYTES)))
_EVERYTHING: Final = ("0.0.0.0/0", "::/0")
FASTEST: Final = "fastest"
#: What a client's owner can block.
MOST_AVOIDED: Final = 256

Country = Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")]
Key = Annotated[str, msgspec.Meta(min_length=44, max_length=44, description="32 bytes, base64")]
Receipt = Annotated[str, msgspec.Meta(max_length=1_024, description="base64url")]


class OpenSession(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /v1/sessions: without ``node_id`` and ``country`` it is "fastest".

    ``avoided`` nodes are not asked: the client has just lost them, or its owner wants none of them.
    """

    protocol: Protocol
    x25519: Key
    ed25519: Key
    node_id: UUID | None = None
    country: Annotated[str, msgspec.Meta(pattern="^([A-Z]{2}|fastest)$")] | None = None
    avoided: Annotated[list[UUID], msgspec.Meta(max_length=MOST_AVOIDED)] = []
    client_country: Country | None = None
    replaces: UUID | None = None
    final_receipt: Receipt | None = None


class CarrierChosen(msgspec.Struct, frozen=True):
    """What the protocol's packets travel in, and what its node says that takes."""

    name: str
    parameters: Mapping[str, str]


class SessionOpened(msgspec.Struct, frozen=True, kw_only=True):
    """An open session; the first five fields are those of compatible clients."""

    session_id: UUID
    server_endpoint: str
    assigned_ip: str
    server_public_key: str | None
    node_country: str | None
    node_id: UUID
    ticket: str | None
    dns: Sequence[str]
    assigned_ipv6: str
    allowed_ips: Sequence[str]
    mtu_bytes: int
    carrier: CarrierChosen | None
    expires_at: datetime


class EndSession(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """DELETE /v1/sessions/{id}: the client's last word frees the rest of its hold at once."""

    final_receipt: Receipt | None = None


class MoreWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /v1/sessions/{id}/ticket: the cumulative cap that the client needs for a while."""

    needed_bytes: Annotated[int, msgspec.Meta(ge=0, le=2**62)] = 0


class Ended(msgspec.Struct, frozen=True):
    """A session that is over."""

    status: str
    session_id: UUID


class NextTicket(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket, and what it grants."""

    session_id: UUID
    ticket: str | None
    cap_bytes: int
    expires_at: datetime


class NodeAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A node's answer to an offer; ``endpoint`` counts its endpoints by address, port, carrier."""

    accept: bool
    x25519: Key | None = None
    ed25519: Key | None = None
    endpoint: Annotated[int, msgspec.Meta(ge=0, le=63)] | None = None


class SentAway(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """DELETE of a node's guest: it is not offered to that node again for so long, a day at most."""

    for_s: Annotated[int, msgspec.Meta(ge=60, le=86_400)]


class LastWord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A node's last word on a session that is over: its receipt, or that it carried nothing."""

    final_receipt: Receipt | None = None


def opened_body(opened: Opened) -> SessionOpened:
    """Return what the client is told of its open session."""
    session = opened.session
    return SessionOpened(
        session_id=session.id,
        server_endpoint=opened.endpoint,
        assigned_ip=str(session.assigned4),
        server_public_key=key_text(session.node_x25519),
        node_country=opened.country,
        node_id=session.node,
        ticket=ticket_text(opened.ticket),
        dns=(str(opened.dns.v4), str(opened.dns.v6)),
        assigned_ipv6=str(session.assigned6),
        allowed_ips=_EVERYTHING,
        mtu_bytes=opened.mtu_bytes,
        carrier=_carrier(opened),
        expires_at=session.expires_at,
    )


def _carrier(opened: Opened) -> CarrierChosen | None:
    name = opened.session.carrier
    return None if name is None else CarrierChosen(name=name, parameters=opened.parameters)


def x25519_key(text: str, field: str) -> bytes:
    """Return the key in ``text``.

    Raises:
        InvalidError: it is no base64 of 32 bytes, or a point with which everything is known.
    """
    key = _key(text, field)
    try:
        _PROBE.exchange(X25519PublicKey.from_public_bytes(key))
    except ValueError as error:
        raise InvalidError(f"{field} is no X25519 public key") from error
    return key


def ed25519_key(text: str, field: str) -> bytes:
    """Return the key in ``text``. Raises InvalidError as ``x25519_key`` does."""
    key = _key(text, field)
    if not any(key):
        raise InvalidError(f"{field} is no Ed25519 public key")
    return key


def receipt_bytes(text: str | None) -> bytes | None:
    """Return a signed receipt in base64url, padded or not. Raises InvalidError otherwise."""
    if text is None:
        return None
    try:
        standard = text.rstrip("=").replace("-", "+").replace("_", "/")
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidError("final_receipt is no base64url") from error


def _key(text: str, field: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidError(f"{field} is no base64") from error
    if len(key) != KEY_BYTES or key_text(key) != text:
        raise InvalidError(f"{field} is no base64 of {KEY_BYTES} bytes")
    return key
