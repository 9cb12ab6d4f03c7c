"""Requests about receipts: what both ends of this computer's sessions have signed."""

from __future__ import annotations

from typing import Final

import attrs
from attrs.validators import optional

from worldvpn_core.ipc.checks import between, uuid

MOST_SESSIONS_A_PAGE: Final = 200


@attrs.frozen(kw_only=True)
class ReceiptsShow:
    """Ask for what is kept of sessions, in the order of their ids; ``after``: beyond this one.

    Answer: ``root`` and ``manifest``, which vouch for the tickets; ``sessions``, each with
    ``session, role, ends_s, waiting`` (receipts that the server has not answered for) and
    ``tickets, node, guest``, all signed, in Base64; ``next``, the ``after`` of the next page.
    """

    after: str | None = attrs.field(default=None, validator=optional(uuid))
    limit: int = attrs.field(default=50, validator=between(1, MOST_SESSIONS_A_PAGE))


ReceiptsRequest = ReceiptsShow
