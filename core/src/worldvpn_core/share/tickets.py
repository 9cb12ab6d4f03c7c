"""Whether a ticket is the central server's word, by its pinned root alone. Pure.

The daemon makes sure of it itself: an agent that was taken over must not be able to let
guests in. Nothing is parsed before its signature was found good (decision 0027).
"""

from __future__ import annotations

from worldvpn_core.credit.manifest import Manifest, Use, open_manifest
from worldvpn_core.credit.ticket import Ticket, key_id_of, open_ticket
from worldvpn_core.errors import CreditProofError


def trusted(manifest: bytes | None, root_key: bytes, seen_version: int, now_s: float) -> Manifest:
    """Return the root's ``manifest``, which is none before ``seen_version``.

    Raises:
        CreditProofError: there is none, or it is not the root's, has ended, or is an older one.
    """
    if manifest is None:
        raise CreditProofError("the central server's keys are not known yet: no guest is let in")
    return open_manifest(manifest, root_key, seen_version, now_s)


def believed(signed: bytes, keys: Manifest, now_s: float) -> Ticket:
    """Return the ticket in ``signed``, which one of the root's ``keys`` has signed.

    Raises:
        CreditProofError: it is not signed as it must be.
    """
    name = key_id_of(signed)
    public = keys.verifier(Use.TICKET, name, now_s)
    if public is None:
        raise CreditProofError(f"the root does not vouch for the ticket's key {name.hex()}")
    return open_ticket(signed, public)
