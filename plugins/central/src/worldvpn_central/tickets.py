"""A ticket is taken only where the server's key has signed just what was asked for."""

from __future__ import annotations

import hmac
from uuid import UUID

from worldvpn_core.central.calls import PublicKeys
from worldvpn_core.credit.manifest import Manifest, Use
from worldvpn_core.credit.ticket import Ticket, key_id_of, open_ticket
from worldvpn_core.errors import CentralOfflineError, CreditProofError


def opened(signed: bytes, manifest: Manifest | None, now_s: float) -> Ticket:
    """Return the ticket in ``signed``. Pure.

    Raises:
        CentralOfflineError: no key of the manifest has signed it.
    """
    try:
        public = (
            None if manifest is None else manifest.verifier(Use.TICKET, key_id_of(signed), now_s)
        )
        if public is None:
            raise CentralOfflineError("a ticket came that is signed by no key of the server's")
        return open_ticket(signed, public)
    except CreditProofError as error:
        raise CentralOfflineError(f"the central server sent no ticket: {error}") from None


def is_for_guest(
    ticket: Ticket, session_id: str, node_id: str, keys: PublicKeys, node_x25519: bytes
) -> bool:
    """Say whether ``ticket`` pays for this session of ours at this node. Pure."""
    return (ticket.session, ticket.node) == (UUID(session_id), UUID(node_id)) and all(
        hmac.compare_digest(*pair)
        for pair in (
            (ticket.guest_x25519, keys.x25519),
            (ticket.guest_ed25519, keys.ed25519),
            (ticket.node_x25519, node_x25519),
        )
    )


def is_for_node(ticket: Ticket, session_id: str, node_id: str, keys: PublicKeys) -> bool:
    """Say whether ``ticket`` pays this node of ours for that session. Pure."""
    return (ticket.session, ticket.node) == (UUID(session_id), UUID(node_id)) and all(
        hmac.compare_digest(*pair)
        for pair in ((ticket.node_x25519, keys.x25519), (ticket.node_ed25519, keys.ed25519))
    )
