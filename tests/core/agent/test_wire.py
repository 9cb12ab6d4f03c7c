"""DNS answers: addresses of what was asked, or one of two refusals, whatever arrives."""

from __future__ import annotations

from ipaddress import ip_address

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.agent.spec import MOST_ADDRESSES
from worldvpn_core.agent.wire import (
    Question,
    ServerFailedError,
    TruncatedError,
    addresses,
    is_answer,
    questions,
)
from worldvpn_core.errors import ResolutionError

FOUR, SIX = questions("vpn.example")


def answer(question: Question, *records: str, code: dns.rcode.Rcode = dns.rcode.NOERROR) -> bytes:
    made = dns.message.make_response(question.message)
    made.set_rcode(code)
    for record in records:
        owner, kind, value = record.split()
        made.answer.append(dns.rrset.from_text(owner, 60, "IN", kind, value))
    return made.to_wire()


def test_addresses_of_each_family_are_read() -> None:
    assert addresses(
        FOUR, answer(FOUR, "vpn.example. A 192.0.2.1", "vpn.example. A 192.0.2.2")
    ) == (
        ip_address("192.0.2.1"),
        ip_address("192.0.2.2"),
    )
    assert addresses(SIX, answer(SIX, "vpn.example. AAAA 2001:db8::1")) == (
        ip_address("2001:db8::1"),
    )


def test_aliases_in_the_answer_are_followed() -> None:
    data = answer(
        FOUR,
        "vpn.example. CNAME a.example.",
        "a.example. CNAME b.example.",
        "b.example. A 192.0.2.1",
    )

    assert addresses(FOUR, data) == (ip_address("192.0.2.1"),)


def test_addresses_of_other_names_are_not_taken() -> None:
    assert addresses(FOUR, answer(FOUR, "evil.example. A 192.0.2.66")) == ()


def test_aliases_that_go_round_are_refused() -> None:
    data = answer(FOUR, "vpn.example. CNAME a.example.", "a.example. CNAME vpn.example.")

    with pytest.raises(ServerFailedError):
        addresses(FOUR, data)


def test_name_that_does_not_exist_is_told_from_one_without_an_address() -> None:
    assert addresses(FOUR, answer(FOUR, code=dns.rcode.NXDOMAIN)) is None
    assert addresses(FOUR, answer(FOUR)) == ()


def test_addresses_nobody_can_be_reached_at_are_dropped() -> None:
    data = answer(
        FOUR, *(f"vpn.example. A {each}" for each in (ip_address(0), "224.0.0.1", "192.0.2.1"))
    )

    assert addresses(FOUR, data) == (ip_address("192.0.2.1"),)


def test_no_more_addresses_are_taken_than_are_worth_trying() -> None:
    data = answer(FOUR, *(f"vpn.example. A 192.0.2.{last}" for last in range(1, 99)))

    found = addresses(FOUR, data)

    assert found is not None
    assert len(found) == MOST_ADDRESSES


@pytest.mark.parametrize("code", [dns.rcode.SERVFAIL, dns.rcode.REFUSED, dns.rcode.FORMERR])
def test_failure_of_the_server_is_told_by_its_name(code: dns.rcode.Rcode) -> None:
    with pytest.raises(ServerFailedError, match=f"answered {dns.rcode.to_text(code)}"):
        addresses(FOUR, answer(FOUR, code=code))


def test_truncated_answer_asks_for_tcp() -> None:
    made = dns.message.make_response(FOUR.message)
    made.flags |= dns.flags.TC

    with pytest.raises(TruncatedError):
        addresses(FOUR, made.to_wire())


def test_answer_to_another_question_is_refused() -> None:
    other, _ = questions("evil.example")
    data = FOUR.wire[:2] + answer(other, "evil.example. A 192.0.2.66")[2:]

    assert is_answer(FOUR, data)
    with pytest.raises(ServerFailedError, match="another question"):
        addresses(FOUR, data)


def test_forged_identifier_is_no_answer() -> None:
    data = answer(FOUR, "vpn.example. A 192.0.2.66")
    forged = bytes([data[0] ^ 1]) + data[1:]

    assert is_answer(FOUR, data)
    assert not is_answer(FOUR, forged)
    assert not is_answer(FOUR, FOUR.wire)
    assert not is_answer(FOUR, data[:11])


def test_questions_over_an_encrypted_path_are_padded_and_share_an_identifier() -> None:
    for question in questions("vpn.example", encrypted=True):
        assert len(question.wire) == 128
        assert question.wire[:2] == b"\0\0"


def test_name_in_another_script_is_encoded() -> None:
    question, _ = questions("b\u00fccher.example")

    assert b"\x0dxn--bcher-kva\x07example\0" in question.wire


def wires_or_refusal(name: str) -> list[bytes] | str:
    try:
        return [question.wire for question in questions(name)]
    except ResolutionError as error:
        return str(error)


@pytest.mark.parametrize("name", ["a..b", "x" * 64 + ".example", "a." * 150, "\ud800"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ResolutionError, match="is no name"):
        questions(name)


@given(st.text(max_size=300))
def test_any_text_is_a_question_that_fits_a_datagram_or_refused_in_print(name: str) -> None:
    match wires_or_refusal(name):
        case str(sentence):
            assert sentence.isprintable()
        case wires:
            assert max(map(len, wires)) <= 512


def refused_or_addresses(data: bytes) -> None:
    try:
        found = addresses(FOUR, data)
    except (ServerFailedError, TruncatedError):
        return
    assert found is None or len(found) <= MOST_ADDRESSES


@given(st.binary(max_size=600))
def test_any_bytes_are_addresses_or_refused(data: bytes) -> None:
    refused_or_addresses(data)


@given(st.binary(max_size=600))
def test_any_bytes_after_an_honest_beginning_are_addresses_or_refused(data: bytes) -> None:
    header = FOUR.wire[:2] + b"\x81\x80\0\1\0\3\0\1\0\2"
    refused_or_addresses(header + FOUR.wire[12:] + data)


@given(st.data())
def test_any_byte_of_an_answer_changed_is_addresses_or_refused(data: st.DataObject) -> None:
    wire = bytearray(answer(FOUR, "vpn.example. CNAME a.example.", "a.example. A 192.0.2.1"))
    for _ in range(3):
        at = data.draw(st.integers(0, len(wire) - 1))
        wire[at] = data.draw(st.integers(0, 255))
    refused_or_addresses(bytes(wire))
