"""What an export proves, lacks and fails, check by check."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import attrs
import pytest

from tests.app.evidence.exports import (
    MIB,
    ROOT,
    TICKET,
    another,
    chain,
    export,
    key,
    manifest,
    public,
    session,
    signed,
    tickets,
)
from worldvpn_app.evidence.file import Export, Session, written
from worldvpn_app.evidence.judge import Finding, Verdict, judged
from worldvpn_app.evidence.report import as_json, lines
from worldvpn_core.credit.manifest import Retired, Use
from worldvpn_core.credit.receipt import Receipt, Role

TWO = tuple(each.sign(key("server")) for each in tickets())


def found(one: Session, by: Export | None = None) -> Finding:
    """Return what is found of the only session of a file."""
    judgement = judged(written((by or export())._replace(sessions=(one,))))
    assert judgement.error is None
    (finding,) = judgement.findings
    return finding


def verdicts(one: Session) -> dict[str, Verdict]:
    return {check.name: check.verdict for check in found(one).checks}


def failure(finding: Finding) -> str:
    """Return the one check that fails, and why."""
    (check,) = (each for each in finding.checks if each.verdict is Verdict.FAILED)
    return f"{check.name}: {check.detail}"


def with_node(*receipts: bytes) -> Session:
    return session()._replace(node=receipts)


def test_whole_session_is_proved_in_every_respect() -> None:
    finding = found(session())
    assert {check.name: check.verdict for check in finding.checks} == dict.fromkeys(
        (
            *("tickets", "ticket-chain"),
            *("node-signatures", "node-tickets", "node-sequence", "node-chain"),
            *("guest-signatures", "guest-tickets", "guest-sequence", "guest-chain"),
            *("cap", "agreement"),
        ),
        Verdict.PROVED,
    )
    assert finding.agreed_bytes == 9 * MIB


def test_smaller_figure_of_both_ends_is_what_is_proved() -> None:
    finding = found(session(guest_step_bytes=MIB - 5))
    assert (finding.node, finding.guest) == ((3 * MIB, 6 * MIB), (3 * MIB - 15, 6 * MIB - 30))
    assert finding.agreed_bytes == 9 * MIB - 45


def test_newest_receipt_of_each_end_is_enough_and_the_rest_is_said_to_be_missing() -> None:
    whole = session()
    finding = found(whole._replace(node=whole.node[-1:], guest=whole.guest[-1:]))
    missing = {each.name: each.detail for each in finding.checks if each.verdict is Verdict.MISSING}
    assert missing == {
        "node-sequence": "2 of 3 are not here; the last counts",
        "node-chain": "0 of 2 links can be checked",
        "guest-sequence": "2 of 3 are not here; the last counts",
        "guest-chain": "0 of 2 links can be checked",
    }
    assert (finding.has_failed, finding.agreed_bytes) == (False, 9 * MIB)


def test_one_end_alone_proves_no_agreement() -> None:
    finding = found(session()._replace(node=()))
    assert finding.checks[-1] == ("agreement", Verdict.MISSING, "the node has said nothing here")
    assert (finding.has_failed, finding.agreed_bytes) == (False, None)


def test_guest_that_cannot_sign_is_said_to_be_one() -> None:
    of = tickets(1, attrs.evolve(TICKET, guest_ed25519=bytes(32)))
    finding = found(session(of=of)._replace(guest=()))
    assert ("guest-signatures", Verdict.MISSING, "it cannot sign") in finding.checks


def test_nobody_signs_by_the_key_of_zeros() -> None:
    # A point of order 4: this signature holds for every fourth message by the curve's rules alone.
    of = tickets(1, attrs.evolve(TICKET, guest_ed25519=bytes(32)))
    neutral = b"\x01" + bytes(63)
    made_up = [
        attrs.evolve(chain(Role.GUEST, 1, ticket=of[0])[0], elapsed_ms=at).body() + neutral
        for at in range(32)
    ]
    assert all(found(session(of=of)._replace(guest=(each,))).has_failed for each in made_up)


def test_bytes_beyond_the_cap_are_nobodys_to_pay() -> None:
    finding = found(session(100))
    assert finding.agreed_bytes == 128 * MIB
    (cap,) = (each for each in finding.checks if each.name == "cap")
    assert cap.detail == f"{172 * MIB:,} bytes beyond the cap of {128 * MIB:,} are nobody's to pay"


def evolved(at: int, **changes: Any) -> bytes:  # noqa: ANN401 - any field of it
    """Return the node's receipt at that place with ``changes``, signed again by the node."""
    receipt = chain(Role.NODE, 3)[at]
    return signed([attrs.evolve(receipt, **changes)])[0]


FIRST, SECOND, THIRD = signed(chain(Role.NODE, 3))
RECEIPT_FAULTS = {
    "another's signature": (
        (FIRST[:-64] + key("thief").sign(FIRST[:-64]),),
        "node-signatures: receipt 1: its signature is not this end's",
    ),
    "the other end's receipt": (
        signed(chain(Role.GUEST, 1)),
        "node-signatures: receipt 1 is the other end's",
    ),
    "two of a number": (
        (FIRST, SECOND, evolved(1, up_bytes=9 * MIB)),
        "node-sequence: there are two of number 2",
    ),
    "the wrong order": ((SECOND, FIRST), "node-sequence: number 1 comes after 2"),
    "a step back": (
        (FIRST, evolved(1, up_bytes=1)),
        "node-sequence: receipt 2 says less than 1",
    ),
    "a number of zero": ((evolved(0, sequence=0),), "node-sequence: receipts are numbered from 1"),
    "a chain of another": (
        (FIRST, evolved(1, previous=bytes([1]) * 32), THIRD),
        "node-chain: receipt 2 names another than 1",
    ),
    "one before the first": (
        (evolved(0, previous=bytes([1]) * 32),),
        "node-chain: the first receipt names one before",
    ),
    "none before the second": (
        (evolved(1, previous=bytes(32)),),
        "node-chain: receipt 2 names none before",
    ),
    "another session's ticket": (
        (evolved(0, ticket=bytes([1]) * 32),),
        "node-tickets: receipt 1 names no ticket of this session",
    ),
}


@pytest.mark.parametrize(("receipts", "says"), RECEIPT_FAULTS.values(), ids=RECEIPT_FAULTS)
def test_receipt_that_is_not_right_is_named(receipts: tuple[bytes, ...], says: str) -> None:
    assert says in _failures(found(with_node(*receipts)))


def _failures(finding: Finding) -> list[str]:
    return [
        f"{each.name}: {each.detail}" for each in finding.checks if each.verdict is Verdict.FAILED
    ]


def resigned(**changes: Any) -> tuple[bytes, ...]:  # noqa: ANN401 - any field of it
    """Return two tickets, the second with ``changes``, signed by the server."""
    second = tickets()[1]
    return (TWO[0], attrs.evolve(second, **changes).sign(key("server")))


TICKET_FAULTS = {
    "none": ((), "tickets: without its tickets nothing says whose receipts these are"),
    "another's signature": (
        (TICKET.sign(key("thief")),),
        "tickets: ticket 1 of 1: its signature is not the server's",
    ),
    "a key nobody vouches for": (
        (attrs.evolve(TICKET, key_id=bytes(16)).sign(key("server")),),
        f"tickets: ticket 1 of 1: the root names no key {bytes(16).hex()}",
    ),
    "no time": (
        (attrs.evolve(TICKET, not_after_s=1_000).sign(key("server")),),
        "tickets: ticket 1 of 1: it ends before it begins",
    ),
    "another node": (
        resigned(node=UUID(int=9)),
        "ticket-chain: tickets of two sessions, or of other keys",
    ),
    "no chain": (
        resigned(previous=bytes(32)),
        "ticket-chain: a ticket does not name the one before",
    ),
    "a lower cap": (
        resigned(cap_bytes=1),
        "ticket-chain: a ticket covers less than the one before",
    ),
    "a wrong length": ((TWO[0][:-1],), "form: a ticket has 306 bytes, this has 305"),
    "another version": (
        (b"\x02" + TWO[0][1:],),
        "form: a ticket is of version 2, not 1",
    ),
}


@pytest.mark.parametrize(("signed_", "says"), TICKET_FAULTS.values(), ids=TICKET_FAULTS)
def test_ticket_that_is_not_right_is_named(signed_: tuple[bytes, ...], says: str) -> None:
    assert says in _failures(found(session()._replace(tickets=signed_)))


def test_tickets_before_the_first_that_is_here_are_said_to_be_missing() -> None:
    whole = session()
    found_ = verdicts(whole._replace(tickets=whole.tickets[1:]))
    assert {name for name, verdict in found_.items() if verdict is Verdict.MISSING} == {
        "ticket-chain",
        "node-tickets",
        "guest-tickets",
    }


def test_ticket_of_a_revoked_key_proves_nothing() -> None:
    by = export(by=manifest(revoked=(TICKET.key_id,)))
    assert "revoked" in failure(found(session(), by))


@pytest.mark.parametrize(("until_s", "fails"), [(None, []), (1_001, []), (1_000, ["tickets"])])
def test_ticket_of_a_retired_key_holds_if_it_began_before(
    until_s: int | None, fails: list[str]
) -> None:
    late = manifest(current="later server")
    retired = Retired(public=public("server"), until_s=until_s)
    listed = tuple(
        attrs.evolve(each, retired=(retired,)) if each.use is Use.TICKET else each
        for each in late.keys
    )
    by = export(by=attrs.evolve(late, keys=listed))
    checks = found(session(), by).checks
    assert [each.name for each in checks if each.verdict is Verdict.FAILED] == fails


def test_same_session_twice_is_none_the_better() -> None:
    judgement = judged(written(export(session(), session())))
    assert not judgement.is_sound
    assert judgement.findings[1].agreed_bytes is None


def test_judgement_is_told_with_what_fails() -> None:
    judgement = judged(written(export(session(), another(7)._replace(node=(FIRST[:-1] + b"!",)))))
    told = list(lines(judgement))
    assert told[0] == f"By the word of root key {ROOT.hex()}:"
    assert "  ! node-signatures   receipt 1: its signature is not this end's" in told
    assert told[-1] == "1 of 2 sessions fail."
    answer = json.loads(json.dumps(as_json(judgement)))
    assert answer["sound"] is False
    assert [each["agreed_bytes"] for each in answer["sessions"]] == [9 * MIB, None]


def test_chain_of_receipts_is_read_as_core_writes_it() -> None:
    receipts: list[Receipt] = chain(Role.NODE, 40)
    assert verdicts(session()._replace(node=signed(receipts)))["node-chain"] is Verdict.PROVED
