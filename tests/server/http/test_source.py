"""Where a request comes from, when those in between may lie."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_server.http.source import forwarded, plain

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
PROXY, VISITOR = ip_address("10.0.0.1"), ip_address("203.0.113.7")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", PROXY),
        ("203.0.113.7", VISITOR),
        ("1.1.1.1, 203.0.113.7", VISITOR),
        ("1.1.1.1, 203.0.113.7, 10.9.9.9", VISITOR),
        ("203.0.113.7 ,fd00::9,  10.9.9.9", VISITOR),
        ("::ffff:203.0.113.7", VISITOR),
        ("10.0.0.3, 10.0.0.2", ip_address("10.0.0.3")),
        ("1.1.1.1, unknown", PROXY),
        ("1.1.1.1, unknown, 10.9.9.9", ip_address("10.9.9.9")),
        ("203.0.113.7:8080", PROXY),
    ],
)
def test_last_address_that_a_trusted_proxy_named_counts(header: str, expected: object) -> None:
    assert forwarded(PROXY, header, PROXIES) == expected


@given(header=st.text() | st.lists(st.ip_addresses().map(str)).map(", ".join))
def test_stranger_cannot_say_where_it_comes_from(header: str) -> None:
    assert forwarded(VISITOR, header, PROXIES) == VISITOR
    assert forwarded(PROXY, f"{header}, 203.0.113.7", PROXIES) == VISITOR


@given(st.text())
def test_any_text_is_an_address_or_none(text: str) -> None:
    found = plain(text)

    assert found is None or plain(str(found)) == found
