"""Finds nodes for a person: what fits, best first, page by page, as the text of JSON. Pure."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from worldvpn_central.directory.view import View
from worldvpn_core.central.calls import Find
from worldvpn_core.central.fields import MOST_RELAYED_CHARACTERS

#: What stands around the rows, with its three numbers, is never longer.
_FRAME_CHARACTERS: Final = 256


def found(view: View, call: Find, now_s: float) -> str:
    """Return what ``call`` is answered with, as ``Find`` describes it.

    A page ends early where it would be larger than what is handed on; ``next`` goes on there.
    """
    fitting = view.matching(call.place, call.protocol, call.min_bandwidth_mbps)
    favourites = {UUID(each) for each in call.favourites}
    own = {UUID(each.node_id): each for each in call.measured}
    rows: list[str] = []
    room = MOST_RELAYED_CHARACTERS - _FRAME_CHARACTERS
    for node in fitting[call.offset : call.offset + call.limit]:
        row = view.row(node, own.get(node.id), favourite=node.id in favourites)
        room -= len(row) + 1
        if room < 0:
            break
        rows.append(row)
    end = call.offset + len(rows)
    following = str(end) if rows and end < len(fitting) else "null"
    age_s = max(int(now_s) - view.issued_s, 0) if view.issued_s else 0
    return (
        f'{{"nodes":[{",".join(rows)}],"total":{len(fitting)},"next":{following},"age_s":{age_s}}}'
    )
