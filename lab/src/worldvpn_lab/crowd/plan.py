"""Who comes, and what they do: what the crowd's program is told."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from worldvpn_lab.map import PLACES


@attrs.frozen(kw_only=True)
class Plan:
    """``guests`` come to ``node_id``, each sending a datagram every ``every_s``.

    ``central`` is the table [central] of daemon.toml, ``accounts`` those who are registered there,
    ``targets`` echo servers, one of each family.
    """

    central: Mapping[str, object]
    node_id: str
    accounts: tuple[str, ...]
    guests: int
    every_s: float = 0.5
    payload_bytes: int = 1_000
    targets: tuple[str, ...] = (str(PLACES.page), str(PLACES.page6))
