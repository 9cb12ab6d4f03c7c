"""What of a snapshot each role may see: an account is its owner's alone. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from worldvpn_core.ipc.rights import Role

#: Who may see whose account it is, what it has, and where it goes.
_TRUSTED: Final = frozenset({Role.ROOT, Role.OWNER})
_PRIVATE: Final = ("signed_in", "username", "balance")
#: Who uses the owner's node.
_GUESTS: Final = ("people", "banned")
_PRIVATE_NOTICES: Final = ("account.", "credit.", "node.key.")


def visible(snapshot: Mapping[str, object], role: Role) -> Mapping[str, object]:
    """Return what ``role`` may see of ``snapshot``."""
    if role in _TRUSTED:
        return snapshot
    account, notices = snapshot.get("account"), snapshot.get("notices")
    hidden = dict(snapshot)
    if "session" in hidden:
        hidden["session"] = None
    if isinstance(account, Mapping):
        hidden["account"] = {**account, **dict.fromkeys(_PRIVATE)}
    sharing = snapshot.get("sharing")
    if isinstance(sharing, Mapping):
        hidden["sharing"] = {
            **sharing,
            **{key: [] for key in _GUESTS if key in sharing},
            **({"carried": None} if "carried" in sharing else {}),
        }
    if isinstance(notices, list):
        hidden["notices"] = [
            each for each in notices if not str(each.get("code")).startswith(_PRIVATE_NOTICES)
        ]
    return hidden
