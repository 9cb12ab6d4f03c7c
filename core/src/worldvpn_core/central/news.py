"""What the central server's client tells the daemon by itself: frozen values."""

from __future__ import annotations

import enum

import attrs
from attrs import validators

from worldvpn_core.central import fields
from worldvpn_core.types import Endpoint, IpAddress


class Reach(enum.StrEnum):
    """Whether the server can be spoken to now."""

    CONNECTING = "connecting"
    ONLINE = "online"
    OFFLINE = "offline"


@attrs.frozen(kw_only=True)
class Reached:
    """Whether the server answers; ``detail`` says why it does not."""

    reach: Reach
    detail: str = attrs.field(default="", validator=fields.sentence)


@attrs.frozen(kw_only=True)
class SignedOut:
    """The server knows this sign-in no more: what is kept of it is worth nothing.

    ``code`` is stable: "device-revoked", "refresh-token-reused", "expired", "signed-out".
    """

    code: str = attrs.field(validator=fields.word)
    detail: str = attrs.field(validator=fields.sentence)


@attrs.frozen(kw_only=True)
class Balance:
    """What the account has, in ticks by bucket, and in whole credits as it is shown."""

    credits: int = attrs.field(validator=fields.ticks)
    promo_ticks: int = attrs.field(validator=fields.ticks)
    available_ticks: int = attrs.field(validator=fields.ticks)
    held_ticks: int = attrs.field(validator=fields.ticks)
    vesting_ticks: int = attrs.field(validator=fields.ticks)
    debt_ticks: int = attrs.field(validator=fields.ticks)


@attrs.frozen(kw_only=True)
class SessionNews:
    """A session of this device changed: ``action`` as the server has it ("ended", ...)."""

    session_id: str = attrs.field(validator=fields.uuid)
    action: str = attrs.field(validator=fields.word)
    reason: str | None = attrs.field(default=None, validator=validators.optional(fields.word))


@attrs.frozen(kw_only=True)
class GuestNews:
    """A guest of this device's node: ``action`` is "offered", "open", "ended" or such.

    Keys are absent where the server does not tell them any more. ``alias`` is what it is called
    here for a day, ``country`` "XX" where too few come from its own.
    """

    node_id: str = attrs.field(validator=fields.uuid)
    session_id: str = attrs.field(validator=fields.uuid)
    action: str = attrs.field(validator=fields.word)
    protocol: str = attrs.field(validator=fields.word)
    x25519: bytes | None = attrs.field(default=None, validator=validators.optional(fields.key))
    ed25519: bytes | None = attrs.field(default=None, validator=validators.optional(fields.key))
    assigned4: IpAddress
    assigned6: IpAddress
    rate_bps: int = attrs.field(validator=fields.ticks)
    ahead: bool = False
    expires_s: int = attrs.field(validator=fields.time_s)
    ticket: bytes | None = attrs.field(
        default=None, validator=validators.optional(fields.ticket), repr=False
    )
    reason: str | None = attrs.field(default=None, validator=validators.optional(fields.word))
    alias: str | None = attrs.field(
        default=None, validator=validators.optional(validators.matches_re(r"[0-9a-f]{32}"))
    )
    country: str | None = attrs.field(
        default=None, validator=validators.optional(validators.matches_re(r"[A-Z]{2}"))
    )


@attrs.frozen(kw_only=True)
class GuestsListed:
    """All guests the server knows of at this moment: whoever else is here has gone."""

    session_ids: tuple[str, ...] = attrs.field(
        validator=[validators.max_len(1_024), validators.deep_iterable(fields.uuid)]
    )


@attrs.frozen(kw_only=True)
class ProbeNews:
    """The server will try to reach this node by a peer of its own: let it in, then say so."""

    node_id: str = attrs.field(validator=fields.uuid)
    probe_id: str = attrs.field(validator=fields.uuid)
    x25519: bytes = attrs.field(validator=fields.key)
    assigned4: IpAddress
    assigned6: IpAddress
    expires_s: int = attrs.field(validator=fields.time_s)


@attrs.frozen(kw_only=True)
class PunchNews:
    """A guest of this node calls from ``endpoint``: send to it there, so that it comes through."""

    node_id: str = attrs.field(validator=fields.uuid)
    session_id: str = attrs.field(validator=fields.uuid)
    x25519: bytes = attrs.field(validator=fields.key)
    endpoint: Endpoint


@attrs.frozen(kw_only=True)
class Notice:
    """A sentence for the user, under a stable code."""

    code: str = attrs.field(validator=fields.word)
    text: str = attrs.field(validator=fields.sentence)


News = (
    Reached
    | SignedOut
    | Balance
    | SessionNews
    | GuestNews
    | GuestsListed
    | ProbeNews
    | PunchNews
    | Notice
)
