"""The world's resolvers: they answer well-formed questions, and only those."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_lab import dns
from worldvpn_lab.answering import plain, resolve, stun
from worldvpn_lab.map import NAMES, PLACES
from worldvpn_lab.probes import packets

A, AAAA = 1, 28


def ask(name: str, kind: int = A) -> bytes:
    reply = resolve(dns.query(name, kind, 7), PLACES.client, PLACES.router)
    assert reply is not None
    return reply


@pytest.mark.parametrize("name", sorted(NAMES))
def test_known_names_are_answered_in_both_families(name: str) -> None:
    found = [ip_address(packed) for kind in (A, AAAA) for packed in dns.addresses(ask(name, kind))]

    assert found == list(NAMES[name])


def test_name_is_known_in_any_case() -> None:
    assert dns.addresses(ask("WWW.Example")) == [PLACES.page.packed]


def test_unknown_name_does_not_exist() -> None:
    reply = ask("nowhere.example")

    assert reply[3] & 15 == 3
    assert dns.addresses(reply) == []


def test_resolver_tells_who_asked_and_which_it_is() -> None:
    assert dns.addresses(ask(dns.WHOAMI)) == [PLACES.client.packed]
    assert dns.addresses(ask(dns.RESOLVER)) == [PLACES.router.packed]


@given(st.binary(max_size=80))
def test_garbage_is_not_answered_and_never_raises(query: bytes) -> None:
    reply = resolve(query, PLACES.client, PLACES.router)

    assert reply is None or reply[:2] == query[:2]


@given(st.integers(0, 40))
def test_question_cut_short_is_not_answered(kept: int) -> None:
    query = dns.query("www.example", A, 7)

    assert dns.parse(query[: min(kept, len(query) - 1)]) is None


def test_probe_of_dns_is_a_well_formed_question() -> None:
    question = dns.parse(packets.dns_query(b"wvlab-000001-00002"))

    assert question is not None
    assert question.name == "wvlab-000001-00002.example"


def test_stun_tells_the_caller_its_address_and_port() -> None:
    reply = stun(packets.stun_request(b"probe"), PLACES.client, 40_000)

    assert reply[:2] == b"\1\1"
    assert int.from_bytes(reply[26:28]) ^ 0x2112 == 40_000
    assert bytes(a ^ b for a, b in zip(reply[28:32], reply[4:8], strict=True)) == (
        PLACES.client.packed
    )


@given(st.binary(max_size=40))
def test_what_is_no_stun_comes_back_as_it_came(request_: bytes) -> None:
    reply = stun(request_, PLACES.client, 1)

    assert reply == request_ or request_[:2] == b"\0\1"


@pytest.mark.parametrize(
    ("text", "address"),
    [("::ffff:192.0.2.1", "192.0.2.1"), ("fe80::1%eth0", "fe80::1"), ("2001:db8::1",) * 2],
)
def test_addresses_are_shown_plainly(text: str, address: str) -> None:
    assert plain(text) == ip_address(address)
