"""What a node lets the central server know of guests and checks. Each answer: ``Done``."""

from __future__ import annotations

from typing import Final

import attrs
from attrs import validators

from worldvpn_core.central import fields

#: For how long the server keeps somebody away from a node.
LEAST_AWAY_S: Final = 60
MOST_AWAY_S: Final = 86_400


@attrs.frozen(kw_only=True)
class Probed:
    """Say that the server's own peer may come now."""

    node_id: str = attrs.field(validator=fields.uuid)
    probe_id: str = attrs.field(validator=fields.uuid)


@attrs.frozen(kw_only=True)
class SendAway:
    """End a guest's session, or refuse it, and have its guest not offered again for ``for_s``."""

    node_id: str = attrs.field(validator=fields.uuid)
    session_id: str = attrs.field(validator=fields.uuid)
    for_s: int = attrs.field(validator=[validators.ge(LEAST_AWAY_S), validators.le(MOST_AWAY_S)])


@attrs.frozen(kw_only=True)
class LetBack:
    """Have the guest of a session that was sent away offered again."""

    node_id: str = attrs.field(validator=fields.uuid)
    session_id: str = attrs.field(validator=fields.uuid)


@attrs.frozen(kw_only=True)
class LastClaim:
    """Claim no more of a session that is over: the rest of its hold is free at once.

    ``final_receipt`` is the node's last; None: it has carried nothing.
    """

    node_id: str = attrs.field(validator=fields.uuid)
    session_id: str = attrs.field(validator=fields.uuid)
    final_receipt: bytes | None = attrs.field(
        default=None, validator=validators.optional(fields.receipt)
    )
