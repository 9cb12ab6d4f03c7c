"""Whether a node lets a guest in on a ticket: what a signature alone cannot tell.

A ticket is good at one node, for one pair of keys at each end, until it expires, and for what its
session has not carried yet. The last is only known to who counted: the node keeps ``Counted`` on
disk until the ticket's expiry, so that a restart never grants the cap again.
"""

from __future__ import annotations

import enum
from typing import Final
from uuid import UUID

import attrs

from worldvpn_core.credit.lengths import NO_HASH, is_32_bytes, is_uint64
from worldvpn_core.credit.ticket import Ticket

#: In the place of a guest's Ed25519 key: it signs no receipts, and its ticket is prepaid.
SIGNS_NOTHING: Final = NO_HASH


class Refusal(enum.StrEnum):
    """Why a ticket lets nobody in."""

    ANOTHER_NODE = "another-node"
    ANOTHER_KEY = "another-key"
    NOT_YET = "not-yet"
    EXPIRED = "expired"
    #: It follows tickets of which nothing is known here: what was carried on them is not known.
    UNCOUNTED = "uncounted"
    #: A ticket of this session with a higher cap or another end was used already.
    SUPERSEDED = "superseded"
    SPENT = "spent"


@attrs.frozen(kw_only=True)
class Asked:
    """Who asks whom: the node's own identity, and the key by which the guest came."""

    node: UUID
    node_x25519: bytes = attrs.field(validator=is_32_bytes)
    node_ed25519: bytes = attrs.field(validator=is_32_bytes)
    guest_x25519: bytes = attrs.field(validator=is_32_bytes)
    now_s: int = attrs.field(validator=is_uint64)


@attrs.frozen(kw_only=True)
class Counted:
    """What a node has kept of one session: the last ticket it let in, and bytes both ways."""

    session: UUID
    ticket: bytes = attrs.field(validator=is_32_bytes)
    cap_bytes: int = attrs.field(validator=is_uint64)
    guest_x25519: bytes = attrs.field(validator=is_32_bytes)
    guest_ed25519: bytes = attrs.field(validator=is_32_bytes)
    carried_bytes: int = attrs.field(validator=is_uint64)


@attrs.frozen(kw_only=True)
class Admitted:
    """The guest is let in for ``left_bytes``; ``counted`` is what to keep before it is."""

    left_bytes: int
    counted: Counted


def admit(ticket: Ticket, asked: Asked, counted: Counted | None) -> Admitted | Refusal:
    """Return for how much ``ticket`` lets the guest in, or why not. Pure.

    ``counted`` is what was kept of the ticket's session; None: nothing was. Whether the ticket is
    signed by the server is settled before, by ``open_ticket``.
    """
    refusal = _misdirected(ticket, asked) or _discontinued(ticket, counted)
    if refusal is not None:
        return refusal
    carried_bytes = 0 if counted is None else counted.carried_bytes
    if carried_bytes >= ticket.cap_bytes:
        return Refusal.SPENT
    return Admitted(
        left_bytes=ticket.cap_bytes - carried_bytes,
        counted=Counted(
            session=ticket.session,
            ticket=ticket.hash(),
            cap_bytes=ticket.cap_bytes,
            guest_x25519=ticket.guest_x25519,
            guest_ed25519=ticket.guest_ed25519,
            carried_bytes=carried_bytes,
        ),
    )


def _misdirected(ticket: Ticket, asked: Asked) -> Refusal | None:
    if ticket.node != asked.node:
        return Refusal.ANOTHER_NODE
    if (ticket.node_x25519, ticket.node_ed25519, ticket.guest_x25519) != (
        asked.node_x25519,
        asked.node_ed25519,
        asked.guest_x25519,
    ):
        return Refusal.ANOTHER_KEY
    if asked.now_s < ticket.not_before_s:
        return Refusal.NOT_YET
    if asked.now_s >= ticket.not_after_s:
        return Refusal.EXPIRED
    return None


def _discontinued(ticket: Ticket, counted: Counted | None) -> Refusal | None:
    if counted is None:
        return None if ticket.previous == NO_HASH else Refusal.UNCOUNTED
    if counted.session != ticket.session:
        raise ValueError(f"counted is of session {counted.session}, not {ticket.session}")
    if (counted.guest_x25519, counted.guest_ed25519) != (
        ticket.guest_x25519,
        ticket.guest_ed25519,
    ):
        return Refusal.ANOTHER_KEY
    follows = counted.ticket in {ticket.hash(), ticket.previous}
    if not follows or ticket.cap_bytes < counted.cap_bytes:
        return Refusal.SUPERSEDED
    return None
