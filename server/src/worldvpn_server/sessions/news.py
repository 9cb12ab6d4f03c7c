"""What nodes and guests are told, as events. A node never reads who its guest is."""

from __future__ import annotations

import base64
from typing import Final
from uuid import UUID

import msgspec

from worldvpn_server.events.values import Event
from worldvpn_server.sessions.values import Session

SESSION: Final = "session"
GUEST: Final = "guest"
#: On a session's own topic: its node has answered.
ACCEPTED: Final = "accepted"
REFUSED: Final = "refused"


class Guest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a node may know of a guest: nothing that outlives the session."""

    action: str
    session_id: UUID
    node_id: UUID
    protocol: str
    public_key: str | None = None
    signing_key: str | None = None
    assigned_ip: str
    assigned_ipv6: str
    rate_bps: int
    ahead: bool = False
    expires_at: str
    ticket: str | None = None
    reason: str | None = None
    #: What the guest is called at that node for a day.
    alias: str | None = None
    country: str


class Mine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a client is told of its own session."""

    action: str
    session_id: UUID
    node_id: UUID
    reason: str | None = None
    #: Another node that could take over.
    sibling: UUID | None = None
    #: The next ticket of a session that cannot ask for it.
    cap_bytes: int | None = None


def key_text(key: bytes | None) -> str | None:
    """Return a key as WireGuard writes it; None where there is none."""
    return None if key is None else base64.b64encode(key).decode()


def ticket_text(signed: bytes | None) -> str | None:
    """Return a ticket in base64url without padding (RFC 4648 section 5); None: there is none."""
    return None if signed is None else base64.urlsafe_b64encode(signed).rstrip(b"=").decode()


def guest(
    session: Session,
    action: str,
    *,
    ticket: bytes | None = None,
    reason: str | None = None,
    alias: str | None = None,
) -> Guest:
    """Return what the node of ``session`` is told."""
    return Guest(
        action=action,
        session_id=session.id,
        node_id=session.node,
        protocol=session.protocol.value,
        public_key=key_text(session.guest_x25519),
        signing_key=key_text(session.guest_ed25519),
        assigned_ip=str(session.assigned4),
        assigned_ipv6=str(session.assigned6),
        rate_bps=session.rate_bps,
        ahead=not session.counted,
        expires_at=session.expires_at.isoformat(),
        ticket=ticket_text(ticket),
        reason=reason,
        alias=alias,
        country=session.shown_country,
    )


def to_node(
    session: Session,
    action: str,
    *,
    ticket: bytes | None = None,
    reason: str | None = None,
    alias: str | None = None,
) -> tuple[Event, ...]:
    """Return the event for the node's device; one without a device has no stream."""
    if session.node_device is None:
        return ()
    told = guest(session, action, ticket=ticket, reason=reason, alias=alias)
    body = msgspec.json.encode(told)
    return (Event(topic=session.owner, device=session.node_device, kind=GUEST, body=body),)


def to_guest(
    session: Session,
    action: str,
    *,
    reason: str | None = None,
    sibling: UUID | None = None,
    cap_bytes: int | None = None,
) -> Event:
    """Return the event for the client."""
    body = Mine(
        action=action,
        session_id=session.id,
        node_id=session.node,
        reason=reason,
        sibling=sibling,
        cap_bytes=cap_bytes,
    )
    return Event(
        topic=session.payer,
        device=session.payer_device,
        kind=SESSION,
        body=msgspec.json.encode(body),
    )


def woken(session: UUID, kind: str) -> Event:
    """Return what wakes the request that waits for ``session``, in whichever process."""
    return Event(topic=session, kind=kind, body=b"{}")
