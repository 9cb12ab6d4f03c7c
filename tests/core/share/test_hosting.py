"""The server's guests on a host of fakes: in on a ticket that the root vouches for."""

from __future__ import annotations

import time
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from uuid import UUID

import attrs
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.core.share.central_fakes import (
    MIB,
    Authority,
    FakeServer,
    public,
    session,
)
from tests.core.share.inn import Inn
from worldvpn_core.central.calls import Answer
from worldvpn_core.credit.manifest import key_id
from worldvpn_core.errors import AgentError, CentralOfflineError
from worldvpn_core.share.events import ShareHeld
from worldvpn_core.testing.samples import SILENT, guest

pytestmark = pytest.mark.anyio


async def test_a_guest_is_let_in_on_a_ticket_for_this_node_and_the_keys_of_both(inn: Inn) -> None:
    await inn.hear(inn.offer())

    [answer] = inn.answers
    [ticket] = inn.server.tickets
    assert inn.inside == {guest().public_key}
    assert inn.exit.served[-1].guests[guest().public_key].addresses == guest().addresses
    assert answer.keys is not None
    assert (ticket.node, ticket.node_ed25519) == (UUID(inn.node_id), answer.keys.ed25519)
    assert inn.hosting.guests == 1


async def test_every_session_has_a_key_of_the_nodes_own(inn: Inn) -> None:
    inn.server.guests[session(2)] = guest(2).public_key
    await inn.hear(inn.offer(1), inn.offer(2))

    assert len({answer.keys.ed25519 for answer in inn.answers if answer.keys}) == 2
    assert inn.inside == {guest(1).public_key, guest(2).public_key}


_NOW_S = int(time.time())


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"node": UUID(int=9)}, "another-node"),
        ({"node_x25519": b"x" * 32}, "another-key"),
        ({"node_ed25519": b"x" * 32}, "another-key"),
        ({"guest_x25519": b"x" * 32}, "another-key"),
        ({"not_before_s": _NOW_S + 3_000}, "not-yet"),
        ({"not_after_s": _NOW_S - 1}, "expired"),
        ({"previous": b"p" * 32}, "uncounted"),
        ({"cap_bytes": 0}, "spent"),
        ({"session": UUID(session(2))}, "another session"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
async def test_a_ticket_that_says_something_else_lets_nobody_in(
    inn: Inn, caplog: pytest.LogCaptureFixture, changes: dict[str, Any], why: str
) -> None:
    inn.server.changes = changes
    await inn.hear(inn.offer())

    assert inn.inside == set()
    assert inn.file.get(session(1)) is None
    assert why in caplog.text


def _stolen(server: FakeServer) -> None:
    server.signer = Ed25519PrivateKey.generate()


def _unknown(server: FakeServer) -> None:
    server.signer = Ed25519PrivateKey.generate()
    server.changes = {"key_id": key_id(public(server.signer))}


def _other_root(server: FakeServer) -> None:
    other = attrs.evolve(server.authority, root=Ed25519PrivateKey.generate())
    server.files["manifest"] = other.manifest()


def _expired(server: FakeServer) -> None:
    server.files["manifest"] = server.authority.manifest(expires_s=time.time() - 1)


def _revoked(server: FakeServer) -> None:
    name = key_id(public(server.authority.signer))
    server.files["manifest"] = server.authority.manifest(revoked=(name,))


def _none(server: FakeServer) -> None:
    del server.files["manifest"]


def _other_authority(server: FakeServer) -> None:
    other = Authority()
    server.files["manifest"] = other.manifest()
    server.signer = other.signer
    server.changes = {"key_id": key_id(public(other.signer))}


@pytest.mark.parametrize(
    "spoil", [_stolen, _unknown, _other_root, _expired, _revoked, _none, _other_authority]
)
async def test_nobody_is_let_in_whom_the_root_does_not_vouch_for(
    inn: Inn, spoil: Callable[[FakeServer], None]
) -> None:
    spoil(inn.server)
    await inn.hear(inn.offer())

    assert len(inn.answers) == 1
    assert inn.inside == set()
    assert inn.hosting.guests == 0


async def test_a_manifest_before_the_one_last_believed_lets_nobody_in_after_a_restart(
    inn: Inn,
) -> None:
    older = inn.server.files["manifest"]
    inn.server.files["manifest"] = inn.server.authority.manifest(version=4)
    await inn.hear(inn.offer())
    assert len(inn.inside) == 1
    await inn.restart()
    inn.server.files["manifest"] = older
    await inn.hear(inn.offer())

    assert inn.inside == set()


async def test_what_was_counted_is_on_disk_before_the_guest_is_admitted(inn: Inn) -> None:
    await inn.hear(inn.offer())

    assert inn.on_disk == [True]
    assert len(inn.inside) == 1


async def test_a_guest_of_whom_nothing_can_be_kept_is_not_let_in(inn: Inn) -> None:
    assert inn.node_id
    inn.path.unlink()
    inn.path.mkdir()
    await inn.hear(inn.offer())

    assert inn.inside == set()


async def test_a_restart_lets_the_guest_in_again_and_grants_no_cap_again(inn: Inn) -> None:
    await inn.hear(inn.offer())
    [ticket] = inn.server.tickets
    hosted = inn.file.get(session(1))
    assert hosted is not None
    counted = attrs.evolve(hosted.counted, carried_bytes=20 * MIB)
    inn.file.keep(session(1), attrs.evolve(hosted, counted=counted), time.time())
    await inn.restart()
    await inn.hear(inn.offer(action="open", ticket=inn.server.signed(ticket)))
    again = inn.file.get(session(1))

    assert inn.inside == {guest().public_key}
    assert again is not None
    assert again.counted.carried_bytes == 20 * MIB


async def test_a_spent_ticket_lets_nobody_in_after_a_restart(inn: Inn) -> None:
    await inn.hear(inn.offer())
    [ticket] = inn.server.tickets
    hosted = inn.file.get(session(1))
    assert hosted is not None
    spent = attrs.evolve(hosted.counted, carried_bytes=ticket.cap_bytes)
    inn.file.keep(session(1), attrs.evolve(hosted, counted=spent), time.time())
    await inn.restart()
    await inn.hear(inn.offer(action="open", ticket=inn.server.signed(ticket)))

    assert inn.inside == set()


async def test_a_ticket_of_a_session_of_which_nothing_is_kept_lets_nobody_in(inn: Inn) -> None:
    await inn.hear(inn.offer())
    [ticket] = inn.server.tickets
    inn.path.unlink()
    await inn.restart()
    await inn.hear(inn.offer(action="open", ticket=inn.server.signed(ticket)))

    assert inn.inside == set()


def _accepts_nobody(inn: Inn) -> None:
    inn.hosting.door.is_accepting = False


def _drains(inn: Inn) -> None:
    inn.runner.post(ShareHeld(cause=SILENT))


@pytest.mark.parametrize("happen", [Inn.fill, _accepts_nobody, _drains])
async def test_an_offer_is_refused_where_there_is_no_room(
    inn: Inn, happen: Callable[[Inn], None]
) -> None:
    happen(inn)
    await inn.settled()
    await inn.hear(inn.offer(1))

    assert inn.answers[-1] == Answer(node_id=inn.node_id, session_id=session(1))
    assert guest().public_key not in inn.inside


async def test_guests_that_come_at_once_get_no_more_than_there_is_room_for(inn: Inn) -> None:
    inn.fill()
    await inn.hear(inn.offer(1))
    refused = [answer.session_id for answer in inn.answers if answer.keys is None]

    assert refused == [session(1)]
    assert inn.hosting.guests == len(inn.inside) == 2


async def test_two_guests_that_come_at_once_do_not_get_the_same_address(inn: Inn) -> None:
    inn.server.guests[session(2)] = guest(2).public_key
    await inn.hear(inn.offer(1), inn.offer(2, assigned4=guest(1).addresses[0]))
    refused = [answer.session_id for answer in inn.answers if answer.keys is None]

    assert refused == [session(2)]
    assert inn.inside == {guest(1).public_key}


async def test_one_who_comes_as_another_leaves_has_the_address_of_the_one_who_left(
    inn: Inn,
) -> None:
    await inn.hear(inn.offer(1))
    inn.server.guests[session(2)] = guest(2).public_key
    same = {"assigned4": guest(1).addresses[0], "assigned6": guest(1).addresses[1]}
    await inn.hear(inn.offer(1, action="ended"), inn.offer(2, **same))

    assert [answer.keys for answer in inn.answers if answer.keys is None] == []
    assert inn.inside == {guest(2).public_key}


async def test_an_offer_is_refused_while_the_node_is_off(tmp_path: Path) -> None:
    inn = Inn(tmp_path / "node.json")
    inn.hosting.heard(inn.offer())
    await inn.world.settled()

    assert [answer.keys for answer in inn.answers] == [None]


@pytest.mark.parametrize(
    "changes",
    [
        {"node_id": str(UUID(int=9))},
        {"x25519": None},
        {"assigned4": ip_address("10.67.0.4")},
        {"assigned4": ip_address("192.0.2.1")},
        {"assigned6": ip_address("2001:db8::4")},
        {"assigned4": ip_address("10.66.0.1")},
        {"assigned4": ip_address("10.66.0.2")},
        {"assigned6": ip_address("fd66::3")},
        {"assigned4": ip_address("10.66.0.252")},
        {"assigned4": ip_address("10.66.0.255")},
        {"assigned6": ip_address("fd66::1:0:0:7")},
        {"assigned4": guest(2).addresses[0]},
        {"assigned6": guest(2).addresses[1]},
    ],
    ids=repr,
)
async def test_an_offer_for_another_node_or_at_foreign_or_taken_addresses_is_refused(
    inn: Inn, changes: dict[str, Any]
) -> None:
    inn.server.guests[session(2)] = guest(2).public_key
    await inn.hear(inn.offer(2))
    await inn.hear(inn.offer(1, **changes))

    assert inn.answers[-1].keys is None
    assert inn.inside == {guest(2).public_key}


@pytest.mark.parametrize("error", [CentralOfflineError("away"), AgentError("gone")])
async def test_a_server_that_is_away_sends_nobody_and_breaks_nothing(
    inn: Inn, error: CentralOfflineError | AgentError
) -> None:
    inn.server.failure = error
    await inn.hear(inn.offer(), inn.offer(2, assigned4=ip_address("192.0.2.1")))
    inn.server.failure = None
    assert inn.inside == set()
    await inn.hear(inn.offer())

    assert inn.inside == {guest().public_key}
