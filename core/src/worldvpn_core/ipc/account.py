"""Requests about the account on the central server, its credit, and the directory of nodes.

Passwords and recovery codes go in; a recovery code comes out once, when it is made. What
only people read is answered as ``{"json": text}``: the daemon hands the server's text on
unread, and the client parses it.
"""

from __future__ import annotations

from typing import Final

import attrs
from attrs.validators import optional

from worldvpn_core.ipc.checks import between, name, place, secret, uuid, word

MOST_NODES_A_PAGE: Final = 1_000
MOST_LINES_A_PAGE: Final = 200
MOST_SETTLED_A_PAGE: Final = 50
_LATEST_S: Final = 2**33
_MOST_OFFSET: Final = 10_000_000
_MOST_MBPS: Final = 100_000


@attrs.frozen(kw_only=True)
class AccountRegister:
    """Make an account and sign this device in.

    Answer: ``username``, ``user_id``, ``device_id`` and, this once, ``recovery_code``.
    """

    username: str = attrs.field(validator=name)
    password: str = attrs.field(validator=secret, repr=False)


@attrs.frozen(kw_only=True)
class AccountLogin:
    """Sign this device in. Answer: ``username``, ``user_id`` and ``device_id``."""

    username: str = attrs.field(validator=name)
    password: str = attrs.field(validator=secret, repr=False)


@attrs.frozen(kw_only=True)
class AccountRecover:
    """Set a new password by the recovery code; signs nobody in.

    Answer: ``recovery_code``, the one for the next time.
    """

    username: str = attrs.field(validator=name)
    recovery_code: str = attrs.field(validator=secret, repr=False)
    new_password: str = attrs.field(validator=secret, repr=False)


@attrs.frozen(kw_only=True)
class AccountPassword:
    """Replace the password; every other sign-in ends."""

    old_password: str = attrs.field(validator=secret, repr=False)
    new_password: str = attrs.field(validator=secret, repr=False)


@attrs.frozen(kw_only=True)
class AccountLogout:
    """End this sign-in, or all of the account."""

    everywhere: bool = False


@attrs.frozen(kw_only=True)
class AccountRevoke:
    """Sign another device out for good."""

    device_id: str = attrs.field(validator=uuid)


@attrs.frozen(kw_only=True)
class AccountShow:
    """Ask for the account. Answer: ``json``."""


@attrs.frozen(kw_only=True)
class AccountDevices:
    """Ask for the devices that are signed in. Answer: ``json``."""


@attrs.frozen(kw_only=True)
class AccountSessions:
    """Ask for the sessions of late. Answer: ``json``."""


@attrs.frozen(kw_only=True)
class DirectoryNodes:
    """Ask for nodes, best first, as far as all of what is given fits.

    Answer: ``json``, with the text of ``central.calls.Find``; a page may hold fewer than
    ``limit``, and its ``next`` is where the following one begins.
    """

    place: str | None = attrs.field(default=None, validator=optional(place))
    protocol: str | None = attrs.field(default=None, validator=optional(word))
    min_bandwidth_mbps: int = attrs.field(default=0, validator=between(0, _MOST_MBPS))
    offset: int = attrs.field(default=0, validator=between(0, _MOST_OFFSET))
    limit: int = attrs.field(default=50, validator=between(1, MOST_NODES_A_PAGE))


@attrs.frozen(kw_only=True)
class WalletBalance:
    """Ask for the credit. Answer: ``json``."""


@attrs.frozen(kw_only=True)
class WalletHistory:
    """Ask for the statement, newest first; ``before``: older than this line. Answer: ``json``."""

    before: str | None = attrs.field(default=None, validator=optional(uuid))
    limit: int = attrs.field(default=50, validator=between(1, MOST_LINES_A_PAGE))


@attrs.frozen(kw_only=True)
class WalletEarned:
    """Ask what sharing has earned since then (Unix seconds). Answer: ``json``."""

    since_s: int = attrs.field(validator=between(0, _LATEST_S))


@attrs.frozen(kw_only=True)
class WalletSettled:
    """Ask what the server has of sessions, newest first; ``before``: older than this one.

    Answer: ``json``.
    """

    before: str | None = attrs.field(default=None, validator=optional(uuid))
    limit: int = attrs.field(default=MOST_SETTLED_A_PAGE, validator=between(1, MOST_SETTLED_A_PAGE))


@attrs.frozen(kw_only=True)
class PrivacyShow:
    """Ask what nodes see of this account, and it of its guests. Answer: ``json``."""


AccountRequest = (
    AccountRegister
    | AccountLogin
    | AccountRecover
    | AccountPassword
    | AccountLogout
    | AccountRevoke
    | AccountShow
    | AccountDevices
    | AccountSessions
    | DirectoryNodes
    | WalletBalance
    | WalletHistory
    | WalletEarned
    | WalletSettled
    | PrivacyShow
)
