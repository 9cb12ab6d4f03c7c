"""What the daemon asks of the central server's client: frozen values that cross the pair.

What each is answered with is in ``replies``.
"""

from __future__ import annotations

import enum
from typing import Final

import attrs
from attrs import validators

from worldvpn_core.central import fields
from worldvpn_core.central.node_calls import LastClaim, LetBack, Probed, SendAway
from worldvpn_core.central.place import Place
from worldvpn_core.central.tried import Measured, measured_nodes
from worldvpn_core.types import Endpoint

MOST_NODES: Final = 256
MOST_PAGE: Final = 1_000
#: Receipts of one batch; in hexadecimal they fill a sixth of a packet.
MOST_SUBMITTED: Final = 64


@attrs.frozen(kw_only=True)
class PublicKeys:
    """The public halves of a device's, a session's or a node's two keys."""

    x25519: bytes = attrs.field(validator=fields.key)
    ed25519: bytes = attrs.field(validator=fields.key)


@attrs.frozen(kw_only=True)
class SignedInAs:
    """Whom the daemon's vault has signed in. Keys stay there: statements are signed by it."""

    user_id: str = attrs.field(validator=fields.line)
    username: str = attrs.field(validator=fields.line)
    device_id: str = attrs.field(validator=fields.line)
    refresh_token: str = attrs.field(validator=fields.line, repr=False)


@attrs.frozen(kw_only=True)
class Register:
    """Make an account and sign this device in. Answer: ``Entered``, with a recovery code.

    Statements are signed with the new keys, which the daemon has drawn for this call.
    """

    username: str = attrs.field(validator=fields.line)
    password: str = attrs.field(validator=fields.line, repr=False)
    device_name: str = attrs.field(validator=fields.line)
    keys: PublicKeys


@attrs.frozen(kw_only=True)
class SignIn:
    """Sign this device in, with new keys. Answer: ``Entered``."""

    username: str = attrs.field(validator=fields.line)
    password: str = attrs.field(validator=fields.line, repr=False)
    device_name: str = attrs.field(validator=fields.line)
    keys: PublicKeys


@attrs.frozen(kw_only=True)
class Recover:
    """Set a new password by the recovery code. Answer: ``NewCode``."""

    username: str = attrs.field(validator=fields.line)
    recovery_code: str = attrs.field(validator=fields.line, repr=False)
    new_password: str = attrs.field(validator=fields.line, repr=False)


@attrs.frozen(kw_only=True)
class ChangePassword:
    """Replace the password; every other sign-in ends. Answer: ``Done``."""

    old_password: str = attrs.field(validator=fields.line, repr=False)
    new_password: str = attrs.field(validator=fields.line, repr=False)


@attrs.frozen(kw_only=True)
class SignOut:
    """End this sign-in, or all of the account. Answer: ``Done``."""

    everywhere: bool = False


@attrs.frozen(kw_only=True)
class RevokeDevice:
    """Sign another device out for good. Answer: ``Done``."""

    device_id: str = attrs.field(validator=fields.uuid)


@attrs.frozen(kw_only=True)
class ReplaceKeys:
    """Give this device new keys; old and new sign. The tunnel stays. Answer: ``Done``."""

    keys: PublicKeys


class Subject(enum.StrEnum):
    """What can be looked at."""

    ACCOUNT = "account"
    DEVICES = "devices"
    WALLET = "wallet"
    HISTORY = "history"
    SESSIONS = "sessions"
    EARNED = "earned"
    SETTLED = "settled"
    PRIVACY = "privacy"


@attrs.frozen(kw_only=True)
class Look:
    """Show ``subject``, pages of it by ``before`` and ``limit``. Answer: ``Text``.

    What was earned is counted from ``since_s`` on, Unix seconds.
    """

    subject: Subject
    since_s: int = attrs.field(default=0, validator=fields.time_s)
    before: str | None = attrs.field(default=None, validator=validators.optional(fields.uuid))
    limit: int = attrs.field(default=50, validator=[validators.ge(1), validators.le(200)])


@attrs.frozen(kw_only=True)
class Find:
    """List nodes, best first, as far as all of what is given fits. Answer: ``Text``.

    The text is ``{"nodes": [row, ...], "total": n, "next": offset or null, "age_s": n}``;
    a row is an object with ``id, country, city, protocols, bandwidth_mbps, load (0-3),
    reputation, latency_ms, public, on_probation, favourite, measured_ms, failing_percent``:
    the last two are what ``measured`` says, null and 0 where it says nothing of the node.
    """

    place: Place = attrs.field(factory=Place)
    protocol: str | None = attrs.field(default=None, validator=validators.optional(fields.word))
    min_bandwidth_mbps: int = attrs.field(
        default=0, validator=[validators.ge(0), validators.le(100_000)]
    )
    favourites: tuple[str, ...] = attrs.field(
        default=(),
        validator=[validators.max_len(MOST_NODES), validators.deep_iterable(fields.uuid)],
    )
    measured: tuple[Measured, ...] = attrs.field(default=(), validator=measured_nodes)
    offset: int = attrs.field(default=0, validator=[validators.ge(0), validators.le(10_000_000)])
    limit: int = attrs.field(default=50, validator=[validators.ge(1), validators.le(MOST_PAGE)])


@attrs.frozen(kw_only=True)
class Open:
    """Open a session at ``place`` by ``protocol``. Answer: ``Granted``.

    None of ``avoided`` is taken, whoever is asked for; ``favourites`` come first where the
    place leaves a choice, and ``measured`` counts for more than what the directory says.
    ``replaces`` is the session this one takes over from. ``key`` makes a repeated call the same
    session. ``ahead``: fetch a small ticket for when the server is away.
    """

    place: Place
    protocol: str = attrs.field(validator=fields.word)
    keys: PublicKeys
    key: str = attrs.field(validator=fields.word)
    avoided: tuple[str, ...] = attrs.field(
        default=(),
        validator=[validators.max_len(MOST_NODES), validators.deep_iterable(fields.uuid)],
    )
    favourites: tuple[str, ...] = attrs.field(
        default=(),
        validator=[validators.max_len(MOST_NODES), validators.deep_iterable(fields.uuid)],
    )
    measured: tuple[Measured, ...] = attrs.field(default=(), validator=measured_nodes)
    replaces: str | None = attrs.field(default=None, validator=validators.optional(fields.uuid))
    ahead: bool = False


@attrs.frozen(kw_only=True)
class More:
    """Ask for an open session's next ticket, to ``needed_bytes`` in all. Answer: ``NextTicket``."""

    session_id: str = attrs.field(validator=fields.uuid)
    needed_bytes: int = attrs.field(default=0, validator=fields.cap)


@attrs.frozen(kw_only=True)
class End:
    """End a session; a final receipt frees the rest of its hold at once. Answer: ``Done``."""

    session_id: str = attrs.field(validator=fields.uuid)
    final_receipt: bytes | None = attrs.field(
        default=None, validator=validators.optional(fields.ticket)
    )


@attrs.frozen(kw_only=True)
class Submit:
    """Hand in signed receipts, of any sessions and either end. Answer: ``Submitted``.

    Handing them in again changes nothing.
    """

    receipts: tuple[bytes, ...] = attrs.field(
        validator=[
            validators.min_len(1),
            validators.max_len(MOST_SUBMITTED),
            validators.deep_iterable(fields.receipt),
        ]
    )


@attrs.frozen(kw_only=True)
class Announce:
    """Offer this device's node, or change what it offers. Answer: ``NodeStanding``.

    ``listen`` are the addresses guests reach; without one the server takes the address it
    sees. ``reach``: have it checked from outside now.
    """

    node_id: str = attrs.field(validator=fields.uuid)
    country: str = attrs.field(validator=validators.matches_re(r"[A-Z]{2}"))
    city: str = attrs.field(default="", validator=fields.sentence)
    protocols: tuple[str, ...] = attrs.field(validator=fields.protocols)
    x25519: bytes = attrs.field(validator=fields.key)
    listen: tuple[Endpoint, ...] = attrs.field(
        validator=[validators.min_len(1), validators.max_len(8)]
    )
    bandwidth_mbps: int = attrs.field(validator=[validators.ge(1), validators.le(100_000)])
    most_guests: int = attrs.field(validator=[validators.ge(1), validators.le(200)])
    daily_bytes: int = attrs.field(validator=[validators.ge(1_000_000), validators.le(10**15)])
    accepting: bool = True
    reach: bool = True


@attrs.frozen(kw_only=True)
class Answer:
    """Let a guest in with this session's ``keys`` of the node, or refuse it (None).

    ``endpoint`` counts the node's endpoints as the server has sorted them. Answer:
    ``NextTicket`` where it was let in, else ``Done``.
    """

    node_id: str = attrs.field(validator=fields.uuid)
    session_id: str = attrs.field(validator=fields.uuid)
    keys: PublicKeys | None = None
    endpoint: int | None = attrs.field(
        default=None, validator=validators.optional([validators.ge(0), validators.le(63)])
    )


@attrs.frozen(kw_only=True)
class Withdraw:
    """Take the node off the list for good; it has no guests. Answer: ``Done``."""

    node_id: str = attrs.field(validator=fields.uuid)


Call = (
    Register
    | SignIn
    | Recover
    | ChangePassword
    | SignOut
    | RevokeDevice
    | ReplaceKeys
    | Look
    | Find
    | Open
    | More
    | End
    | Submit
    | Announce
    | Answer
    | Probed
    | SendAway
    | LetBack
    | LastClaim
    | Withdraw
)
