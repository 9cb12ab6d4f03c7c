"""Who uses the node: the server's guests, and the owner's devices that have carried anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from worldvpn_core.share.crowd import Member
from worldvpn_core.share.invited import Invited
from worldvpn_core.share.live import Here
from worldvpn_core.share.present import Present

_NOBODY = Member()


def there(
    *,
    present: Mapping[str, Present],
    devices: tuple[Invited, ...],
    members: Mapping[bytes, Member],
    since_s: Mapping[bytes, float],
    earned: Callable[[str], int | None],
) -> tuple[Here, ...]:
    """Return those who are there. ``present`` is by session, ``members`` and times by key. Pure."""
    guests = [
        Here(
            alias=each.alias,
            country=each.country,
            figures=member.figures,
            since_s=each.since_s,
            begun=member.begun,
            credits=earned(session),
        )
        for session, each in present.items()
        for member in (members.get(each.x25519, _NOBODY),)
    ]
    own = [
        Here(name=each.name, figures=member.figures, since_s=since_s[key], begun=member.begun)
        for each in devices
        for key in (each.guest.public_key,)
        for member in (members.get(key, _NOBODY),)
        if member.figures.total_bytes and key in since_s
    ]
    return (*guests, *own)
