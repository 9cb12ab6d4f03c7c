"""Values of sessions."""

from __future__ import annotations

import enum
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from typing import Final
from uuid import UUID

import attrs
from attrs import validators

from worldvpn_server.directory.values import Protocol

KEY_BYTES: Final = 32
#: A country that nobody named.
NOWHERE: Final = "XX"


class State(enum.IntEnum):
    """Where a session is; an offer that came to nothing is deleted."""

    OFFERED = 1
    OPEN = 2
    ENDED = 3
    SETTLED = 4


class EndReason(enum.StrEnum):
    """Why a session ended: part of the API."""

    CLIENT = "client"
    REPLACED = "replaced"
    EXPIRED = "expired"
    NO_CREDIT = "out-of-credit"
    NODE_OFFLINE = "node-offline"
    NODE_REFUSED = "node-refused"
    SIGNED_OUT = "signed-out"
    DEVICE_REVOKED = "device-revoked"
    BANNED = "banned"
    ACCOUNT_DELETED = "account-deleted"
    #: A device was revoked or an account banned, and the server died before it ended this.
    BARRED = "barred"


@attrs.frozen(kw_only=True)
class Wish:
    """What a client asked for, and what the server knows of who asks.

    ``guest_ed25519`` None: it signs no receipts; without ``guest_x25519`` no node can admit it,
    and it is opened at nodes that cannot be told of it anyway. ``network`` names the /24 or /48
    it asks from: compared with the node's, not kept. ``ahead``: a small ticket for later.
    """

    account: UUID
    device: UUID | None
    protocol: Protocol
    guest_x25519: bytes | None
    guest_ed25519: bytes | None
    node: UUID | None = None
    country: str | None = None
    fastest: bool = False
    avoided: tuple[UUID, ...] = ()
    client_country: str = attrs.field(default=NOWHERE, validator=validators.matches_re("[A-Z]{2}"))
    network: bytes | None = None
    request_key: str | None = None
    ahead: bool = False


@attrs.frozen(kw_only=True)
class Figures:
    """The highest valid word of one role; None: it has not spoken."""

    up_bytes: int
    down_bytes: int
    elapsed_ms: int

    @property
    def total_bytes(self) -> int:
        """Both directions."""
        return self.up_bytes + self.down_bytes


@attrs.frozen(kw_only=True)
class Session:
    """One row of ``session``."""

    id: UUID
    payer: UUID
    payer_device: UUID | None
    owner: UUID
    node: UUID
    #: The node's own device; None: it was registered by a compatible client.
    node_device: UUID | None
    state: State
    protocol: Protocol
    guest_x25519: bytes | None
    guest_ed25519: bytes | None
    node_x25519: bytes | None
    node_ed25519: bytes | None
    assigned4: IPv4Address
    assigned6: IPv6Address
    salt: bytes = attrs.field(repr=False)
    counted: bool
    independent: bool
    price_ticks: int
    holds: int
    cap_bytes: int
    settled_bytes: int
    rate_bps: int
    endpoint: str | None
    carrier: str | None
    said_by_node: Figures | None
    said_by_guest: Figures | None
    created_at: datetime
    opened_at: datetime | None
    expires_at: datetime
    end_reason: str | None
    #: What its node is told of where the guest comes from.
    shown_country: str

    @property
    def signs_nothing(self) -> bool:
        """Whether its client cannot sign receipts: it is prepaid, by the node's figure."""
        return self.guest_ed25519 is None

    @property
    def carried_bytes(self) -> int:
        """What either end has claimed to have been carried, at most."""
        said = (self.said_by_node, self.said_by_guest)
        return max((each.total_bytes for each in said if each is not None), default=0)
