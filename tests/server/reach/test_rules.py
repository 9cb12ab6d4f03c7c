"""No special-purpose address, none of ours, and nobody else's is ever sent a probe."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_server.reach.prober import is_ours
from worldvpn_server.reach.rules import PROVEN, is_global_unicast, may_be_probed
from worldvpn_server.reach.values import Place, Reason, Subject, best, to_probe

NOW = datetime(2027, 1, 4, 12, tzinfo=UTC)

#: The IANA registries of special-purpose addresses, multicast, and what else is no machine's own.
SPECIAL = tuple(
    ip_network(each)
    for each in (
        *("0.0.0.0/8", "0.0.0.0/32", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8"),
        *("169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.0.0/29", "192.0.0.8/32"),
        *("192.0.0.9/32", "192.0.0.10/32", "192.0.0.170/32", "192.0.0.171/32", "192.0.2.0/24"),
        *("192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
        *("224.0.0.0/4", "239.255.255.250/32", "240.0.0.0/4", "255.255.255.255/32"),
        *("::1/128", "::/128", "::ffff:0:0/96", "::/96", "64:ff9b::/96", "64:ff9b:1::/48"),
        *("100::/64", "100:0:0:1::/64", "2001::/23", "2001::/32", "2001:1::1/128"),
        *("2001:2::/48", "2001:3::/32", "2001:4:112::/48", "2001:10::/28", "2001:20::/28"),
        *("2001:30::/28", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"),
        *("3ffe::/16", "5f00::/16", "fc00::/7", "fec0::/10", "fe80::/10", "ff00::/8"),
        *("4000::/2", "8000::/1"),
    )
)


@st.composite
def addresses_of(draw: st.DrawFn, networks: tuple[IPv4Network | IPv6Network, ...]) -> str:
    network = draw(st.sampled_from(networks))
    first = int(network.network_address)
    return str(
        type(network.network_address)(first + draw(st.integers(0, network.num_addresses - 1)))
    )


@given(text=addresses_of(SPECIAL))
def test_special_purpose_addresses_are_refused_alike(text: str) -> None:
    address = ip_address(text)

    assert not is_global_unicast(address)
    assert not may_be_probed(address, NOW, NOW, is_ours=False)


@given(number=st.integers(0, 2**32 - 1))
def test_ipv4_hidden_in_ipv6_is_refused_whatever_it_is(number: int) -> None:
    for base in ("::ffff:0:0", "::", "64:ff9b::", "2002::"):
        shift = 80 if base == "2002::" else 0
        assert not is_global_unicast(IPv6Address(int(IPv6Address(base)) | number << shift))


@given(address=st.ip_addresses())
def test_what_is_allowed_is_global_by_the_standard_library_too(
    address: IPv4Address | IPv6Address,
) -> None:
    if is_global_unicast(address):
        assert address.is_global
        assert not address.is_multicast
        assert not address.is_reserved


@pytest.mark.parametrize("text", ["1.1.1.1", "8.8.8.8", "193.0.0.1", "2606:4700::1", "2a00::1"])
def test_addresses_of_the_internet_are_allowed(text: str) -> None:
    assert may_be_probed(ip_address(text), NOW, NOW, is_ours=False)


def test_scoped_address_is_refused() -> None:
    assert not is_global_unicast(IPv6Address("2a00::1%eth0"))


@given(age_s=st.integers(0, 10**7), text=st.sampled_from(["1.1.1.1", "2a00::1"]))
def test_address_is_probed_only_while_it_is_proven(age_s: int, text: str) -> None:
    proven_at = NOW - timedelta(seconds=age_s)

    allowed = may_be_probed(ip_address(text), proven_at, NOW, is_ours=False)

    assert allowed == (timedelta(seconds=age_s) <= PROVEN)
    assert not may_be_probed(ip_address(text), None, NOW, is_ours=False)


@given(text=addresses_of((ip_network("198.51.100.0/24"), ip_network("2001:db8::/32"))))
def test_lab_is_allowed_where_it_is_named_and_proven(text: str) -> None:
    lab = (ip_network("198.51.100.0/24"), ip_network("2001:db8::/32"))
    address = ip_address(text)

    assert may_be_probed(address, NOW, NOW, is_ours=False, lab_ranges=lab)
    assert not may_be_probed(address, None, NOW, is_ours=False, lab_ranges=lab)
    assert not may_be_probed(address, NOW, NOW, is_ours=True, lab_ranges=lab)
    assert not may_be_probed(address, NOW, NOW, is_ours=False, lab_ranges=lab, own_ranges=lab)


def test_own_addresses_are_known() -> None:
    assert is_ours(ip_address("127.0.0.1"))
    assert not is_ours(ip_address("192.0.2.200"))


def subject(*places: Place, key: bytes | None = b"k" * 32) -> Subject:
    nobody = UUID(int=1)
    return Subject(
        node=nobody,
        account=nobody,
        device=nobody,
        x25519=key,
        inner4=IPv4Network("10.64.0.0/24"),
        inner6=IPv6Network("fd57:5650::/64"),
        places=places,
    )


def place(text: str, carrier: str = "udp", *, allowed: bool) -> Place:
    return Place(host=ip_address(text), port=51820, carrier=carrier, allowed=allowed)


def test_one_allowed_endpoint_of_each_family_is_probed() -> None:
    one, six = place("1.1.1.1", allowed=True), place("2a00::1", allowed=True)
    refused, tcp = place("1.1.1.2", allowed=False), place("1.1.1.1", "tls", allowed=True)

    assert to_probe(subject(tcp, refused, six, one)) == (one, six)
    assert to_probe(subject(refused, six)) == (six,)


def test_reason_names_what_is_missing_and_never_why_an_address_is_refused() -> None:
    reasons = {
        to_probe(subject(place(text, allowed=False)))
        for text in ("10.0.0.1", "127.0.0.1", "1.1.1.1", "::1", "2a00::1")
    }

    assert reasons == {Reason.ADDRESS_REFUSED}
    assert to_probe(subject(place("1.1.1.1", "tls", allowed=True))) is Reason.CARRIER_UNPROVEN
    assert to_probe(subject()) is Reason.NO_ENDPOINT
    assert to_probe(subject(place("1.1.1.1", allowed=True), key=None)) is Reason.NO_ENDPOINT


def test_best_of_several_endpoints_counts() -> None:
    assert best([Reason.NO_ANSWER, Reason.REACHED, Reason.NODE_SILENT]) is Reason.REACHED
    assert best([Reason.NODE_SILENT, Reason.NO_ANSWER, Reason.NO_ECHO]) is Reason.NO_ECHO
