"""The rights table, cell by cell, from a matrix written out here."""

from __future__ import annotations

import pytest

from worldvpn_core.ipc.messages import METHODS
from worldvpn_core.ipc.rights import Caller, Role, Row, allows, refusal, role_of

# Columns: root, owner, group, other; "+" may, "-" may not.
OWNED = {
    "hello": "++++",
    "status": "+++-",
    "subscribe": "+++-",
    "tunnel.connect": "+++-",
    "tunnel.disconnect": "++--",
    "tunnel.pause": "++--",
    "tunnel.resume": "++--",
    "profiles.list": "+++-",
    "profiles.import": "++--",
    "profiles.remove": "++--",
    "settings.get": "+++-",
    "settings.set": "++--",
    "share.on": "++--",
    "share.off": "++--",
    "share.status": "+++-",
    "share.guests": "++--",
    "share.kick": "++--",
    "share.let_back": "++--",
    "share.pause": "++--",
    "share.resume": "++--",
    "share.invite": "++--",
    "share.revoke": "++--",
    "firewall.why": "+++-",
    "firewall.counters": "+++-",
    "firewall.outside": "+++-",
    "log.tail": "++--",
    "plugins.list": "+++-",
    "host.reset": "+---",
    "vault.status": "+++-",
    "vault.create": "++--",
    "vault.unlock": "++--",
    "vault.lock": "++--",
    "vault.change": "++--",
    "vault.export": "++--",
    "vault.wipe": "++--",
    "account.register": "++--",
    "account.login": "++--",
    "account.recover": "++--",
    "account.password": "++--",
    "account.logout": "++--",
    "account.revoke": "++--",
    "account.show": "++--",
    "account.devices": "++--",
    "account.sessions": "++--",
    "directory.nodes": "+++-",
    "wallet.balance": "++--",
    "wallet.history": "++--",
    "wallet.earned": "++--",
    "wallet.settled": "++--",
    "privacy.show": "++--",
    "traffic.show": "++--",
    "traffic.watch": "++--",
    "receipts.show": "++--",
}
# While nobody owns the daemon; there is no owner then, so that column is left out.
UNOWNED = {
    "hello": "+++",
    "status": "++-",
    "subscribe": "++-",
    "tunnel.connect": "++-",
    "tunnel.disconnect": "+--",
    "tunnel.pause": "+--",
    "tunnel.resume": "+--",
    "profiles.list": "++-",
    "profiles.import": "++-",
    "profiles.remove": "+--",
    "settings.get": "++-",
    "settings.set": "+--",
    "share.on": "+--",
    "share.off": "+--",
    "share.status": "++-",
    "share.guests": "+--",
    "share.kick": "+--",
    "share.let_back": "+--",
    "share.pause": "+--",
    "share.resume": "+--",
    "share.invite": "+--",
    "share.revoke": "+--",
    "firewall.why": "++-",
    "firewall.counters": "++-",
    "firewall.outside": "++-",
    "log.tail": "+--",
    "plugins.list": "++-",
    "host.reset": "+--",
    "vault.status": "++-",
    "vault.create": "++-",
    "vault.unlock": "++-",
    "vault.lock": "+--",
    "vault.change": "+--",
    "vault.export": "+--",
    "vault.wipe": "+--",
    "account.register": "++-",
    "account.login": "++-",
    "account.recover": "++-",
    "account.password": "+--",
    "account.logout": "+--",
    "account.revoke": "+--",
    "account.show": "+--",
    "account.devices": "+--",
    "account.sessions": "+--",
    "directory.nodes": "++-",
    "wallet.balance": "+--",
    "wallet.history": "+--",
    "wallet.earned": "+--",
    "wallet.settled": "+--",
    "privacy.show": "+--",
    "traffic.show": "+--",
    "traffic.watch": "+--",
    "receipts.show": "+--",
}
OWNED_CELLS = [
    (verb, role, mark == "+")
    for verb, marks in OWNED.items()
    for role, mark in zip((Role.ROOT, Role.OWNER, Role.GROUP, Role.OTHER), marks, strict=True)
]
UNOWNED_CELLS = [
    (verb, role, mark == "+")
    for verb, marks in UNOWNED.items()
    for role, mark in zip((Role.ROOT, Role.GROUP, Role.OTHER), marks, strict=True)
]

OWNER_UID, GROUP_GID = 1_000, 990


def caller(uid: int, gid: int = 100, groups: frozenset[int] = frozenset()) -> Caller:
    return Caller(pid=1, uid=uid, gid=gid, groups=groups)


@pytest.mark.parametrize(("verb", "role", "may"), OWNED_CELLS)
def test_cell_of_an_owned_daemon(verb: str, role: Role, may: bool) -> None:  # noqa: FBT001 - a cell
    assert allows(METHODS[verb].row, role, is_owned=True) is may


@pytest.mark.parametrize(("verb", "role", "may"), UNOWNED_CELLS)
def test_cell_of_a_daemon_nobody_owns(verb: str, role: Role, may: bool) -> None:  # noqa: FBT001 - a cell
    assert allows(METHODS[verb].row, role, is_owned=False) is may


def test_every_method_has_its_line_in_both_matrices() -> None:
    assert set(OWNED) == set(UNOWNED) == set(METHODS)


@pytest.mark.parametrize(
    ("who", "owner_uid", "group_gid", "role"),
    [
        (caller(0), None, None, Role.ROOT),
        (caller(0), 0, GROUP_GID, Role.ROOT),
        (caller(OWNER_UID), OWNER_UID, GROUP_GID, Role.OWNER),
        (caller(OWNER_UID, groups=frozenset({GROUP_GID})), OWNER_UID, GROUP_GID, Role.OWNER),
        (caller(OWNER_UID, groups=frozenset({GROUP_GID})), None, GROUP_GID, Role.GROUP),
        (caller(2_000, gid=GROUP_GID), OWNER_UID, GROUP_GID, Role.GROUP),
        (caller(2_000, groups=frozenset({GROUP_GID})), OWNER_UID, GROUP_GID, Role.GROUP),
        (caller(2_000), OWNER_UID, GROUP_GID, Role.OTHER),
        (caller(2_000, gid=GROUP_GID), OWNER_UID, None, Role.OTHER),
        (caller(2_000, gid=0, groups=frozenset({0})), OWNER_UID, GROUP_GID, Role.OTHER),
    ],
)
def test_role_follows_from_what_the_kernel_says(
    who: Caller, owner_uid: int | None, group_gid: int | None, role: Role
) -> None:
    assert role_of(who, owner_uid=owner_uid, group_gid=group_gid) is role


@pytest.mark.parametrize("row", Row)
def test_refusal_says_what_who_may_and_what_the_caller_is(row: Row) -> None:
    sentence = refusal("tunnel.pause", row, Role.GROUP)
    assert sentence.startswith("tunnel.pause may be asked only by ")
    assert sentence.endswith("you are here as group")
