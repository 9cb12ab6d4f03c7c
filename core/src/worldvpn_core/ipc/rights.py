"""Who may do what over the local API: one table, and no decision anywhere else.

The kernel says who the caller is (see ``peer``), never the
message. Owner is the uid that brought the profiles; the socket's group may see
and connect; anybody else may only learn that the daemon is there.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final

import attrs


@attrs.frozen(kw_only=True)
class Caller:
    """The process at the other end of a connection, as the kernel saw it connect."""

    pid: int
    uid: int
    gid: int
    groups: frozenset[int] = frozenset()


class Role(enum.StrEnum):
    """What a caller is to this host's daemon."""

    ROOT = "root"
    OWNER = "owner"
    GROUP = "group"
    OTHER = "other"


class Row(enum.StrEnum):
    """A row of the rights table; each method of the API names one."""

    ROOT = "root"
    OWNER = "owner"
    #: The owner's; while nobody owns the daemon, a member of the group may, and so becomes it.
    CLAIM = "claim"
    GROUP = "group"
    ANYONE = "anyone"


_OWNED: Final[Mapping[Row, frozenset[Role]]] = {
    Row.ROOT: frozenset({Role.ROOT}),
    Row.OWNER: frozenset({Role.ROOT, Role.OWNER}),
    Row.CLAIM: frozenset({Role.ROOT, Role.OWNER}),
    Row.GROUP: frozenset({Role.ROOT, Role.OWNER, Role.GROUP}),
    Row.ANYONE: frozenset(Role),
}
_UNOWNED: Final[Mapping[Row, frozenset[Role]]] = {
    **_OWNED,
    Row.CLAIM: frozenset({Role.ROOT, Role.GROUP}),
}

#: Who a refused caller is told to be.
_NEEDED: Final[Mapping[Row, str]] = {
    Row.ROOT: "root",
    Row.OWNER: "the owner of the profiles, or root",
    Row.CLAIM: "the owner of the profiles, or root",
    Row.GROUP: "a member of the daemon's group, its owner, or root",
    Row.ANYONE: "anyone",
}


def role_of(caller: Caller, *, owner_uid: int | None, group_gid: int | None) -> Role:
    """Return what ``caller`` is, given who owns the daemon and which group it serves.

    Without ``group_gid`` nobody is of the group. Pure.
    """
    if caller.uid == 0:
        return Role.ROOT
    if owner_uid is not None and caller.uid == owner_uid:
        return Role.OWNER
    if group_gid is not None and group_gid in {caller.gid, *caller.groups}:
        return Role.GROUP
    return Role.OTHER


def allows(row: Row, role: Role, *, is_owned: bool) -> bool:
    """Say whether ``role`` may do what ``row`` covers; ``is_owned``: an owner is known. Pure."""
    return role in (_OWNED if is_owned else _UNOWNED)[row]


def refusal(method: str, row: Row, role: Role) -> str:
    """Return the sentence for a refused caller: what, who may, and what they are."""
    return f"{method} may be asked only by {_NEEDED[row]}; you are here as {role}"
