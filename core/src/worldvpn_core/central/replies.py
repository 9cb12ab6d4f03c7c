"""What the central server's client answers: frozen values that cross the pair unchanged.

The daemon reads of an answer only what it acts on; what is for people's eyes is handed on
unread, as the text of JSON.
"""

from __future__ import annotations

import enum
from typing import Final

import attrs
from attrs import validators

from worldvpn_core.central import fields
from worldvpn_core.central.calls import MOST_SUBMITTED
from worldvpn_core.types import Endpoint, IpAddress, IpNetwork

MOST_PARAMETERS: Final = 16


@attrs.frozen(kw_only=True)
class Done:
    """It is done."""


@attrs.frozen(kw_only=True)
class Text:
    """JSON for whoever asked: not read by the daemon."""

    text: str = attrs.field(validator=fields.relayed, repr=False)


@attrs.frozen(kw_only=True)
class Entered:
    """A device is signed in."""

    user_id: str = attrs.field(validator=fields.uuid)
    username: str = attrs.field(validator=fields.line)
    device_id: str = attrs.field(validator=fields.uuid)
    refresh_token: str = attrs.field(validator=fields.line, repr=False)
    #: Only where an account was made; shown once.
    recovery_code: str | None = attrs.field(
        default=None, validator=validators.optional(fields.line), repr=False
    )


@attrs.frozen(kw_only=True)
class NewCode:
    """The recovery code for the next time; shown once."""

    recovery_code: str = attrs.field(validator=fields.line, repr=False)


@attrs.frozen(kw_only=True)
class Granted:
    """An open session: where it goes, under which addresses, and by which ticket."""

    session_id: str = attrs.field(validator=fields.uuid)
    node_id: str = attrs.field(validator=fields.uuid)
    country: str | None = attrs.field(
        default=None, validator=validators.optional(validators.matches_re(r"[A-Z]{2}"))
    )
    endpoint: Endpoint
    node_x25519: bytes = attrs.field(validator=fields.key)
    assigned4: IpAddress
    assigned6: IpAddress
    dns: tuple[IpAddress, ...] = attrs.field(validator=validators.max_len(4))
    allowed: tuple[IpNetwork, ...] = attrs.field(
        validator=[validators.min_len(1), validators.max_len(64)]
    )
    mtu_bytes: int = attrs.field(validator=[validators.ge(1_280), validators.le(9_000)])
    carrier: str | None = attrs.field(default=None, validator=validators.optional(fields.word))
    parameters: tuple[tuple[str, str], ...] = attrs.field(
        default=(), validator=validators.max_len(MOST_PARAMETERS)
    )
    ticket: bytes = attrs.field(validator=fields.ticket, repr=False)
    cap_bytes: int = attrs.field(default=0, validator=fields.ticks)
    expires_s: int = attrs.field(validator=fields.time_s)
    #: Whom to call, under which key, so that the node hears from where: it is behind a router.
    listener_key: bytes | None = attrs.field(
        default=None, validator=validators.optional(fields.key)
    )
    listener_at: Endpoint | None = None

    @property
    def listener(self) -> tuple[bytes, Endpoint] | None:
        """Key and endpoint of who is called to be seen; None: nobody need be."""
        if self.listener_key is None or self.listener_at is None:
            return None
        return self.listener_key, self.listener_at


@attrs.frozen(kw_only=True)
class NextTicket:
    """A ticket, the bytes it grants in all, and when it ends (Unix seconds)."""

    session_id: str = attrs.field(validator=fields.uuid)
    ticket: bytes = attrs.field(validator=fields.ticket, repr=False)
    cap_bytes: int = attrs.field(validator=fields.ticks)
    expires_s: int = attrs.field(validator=fields.time_s)


@attrs.frozen(kw_only=True)
class Listener:
    """A UDP port of the server's that is called under ``key``, only to be seen from outside."""

    key: bytes = attrs.field(validator=fields.key)
    port: int = attrs.field(validator=[validators.ge(1), validators.le(65_535)])


@attrs.frozen(kw_only=True)
class NodeStanding:
    """How the server sees this node; ``reason`` is "reached" or why guests do not come.

    ``reached`` is where it found the node, if it has looked for it now.
    ``listeners``: whom the node calls with its own port, where it is behind a router;
    ``by_hole``: it is reached only by what such calls open.
    """

    listed: bool
    reason: str = attrs.field(validator=fields.sentence)
    inner4: IpNetwork
    inner6: IpNetwork
    reached: tuple[Endpoint, ...] = attrs.field(default=(), validator=validators.max_len(8))
    listeners: tuple[Listener, ...] = attrs.field(default=(), validator=validators.max_len(2))
    by_hole: bool = False


class Outcome(enum.StrEnum):
    """What the server made of a receipt. Whatever it is, it need not be handed in again."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    EQUIVOCATION = "equivocation"
    MALFORMED = "malformed"
    UNKNOWN_TICKET = "unknown-ticket"
    BAD_SIGNATURE = "bad-signature"
    EXPIRED = "expired"


@attrs.frozen(kw_only=True)
class Submitted:
    """One outcome a receipt, in order."""

    outcomes: tuple[Outcome, ...] = attrs.field(
        validator=[validators.min_len(1), validators.max_len(MOST_SUBMITTED)]
    )


Reply = Done | Text | Entered | NewCode | Granted | NextTicket | NodeStanding | Submitted
