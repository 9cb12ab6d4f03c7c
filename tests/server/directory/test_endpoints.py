"""A node that knows no address of its own is reached at the one it is seen under."""

from __future__ import annotations

import base64
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tests.server.directory.conftest import Desk
from worldvpn_server.http.node_bodies import EndpointBody, NodeBody, offer_of
from worldvpn_server.ids import new_id

_KEY = X25519PrivateKey.generate().public_key().public_bytes_raw()
_ANY4, _ANY6 = str(IPv4Address(0)), str(IPv6Address(0))
#: From where the test's client speaks.
_SEEN = "203.0.113.7"


async def _endpoints(desk: Desk, *endpoints: dict[str, object]) -> set[tuple[str, int, str]]:
    """Register a node with ``endpoints``; return those that are kept."""
    bob, node = await desk.device(), new_id()
    body: dict[str, Any] = {
        "country_code": "DE",
        "protocols": ["WireGuard"],
        "x25519": base64.b64encode(_KEY).decode(),
        "endpoints": endpoints,
    }
    answer = await bob.call("PUT", f"/v1/nodes/{node}", body)
    assert answer.status_code == 200, answer.text
    async with desk.town.database.read() as sql:
        rows = await sql.fetch(
            "SELECT host(host) AS host, port, carrier FROM node_endpoint WHERE node = $1", node
        )
    return {(row["host"], row["port"], row["carrier"]) for row in rows}


@pytest.mark.anyio
@pytest.mark.parametrize("host", [_ANY4, _ANY6])
async def test_an_unspecified_address_stands_for_where_the_request_comes_from(
    desk: Desk, host: str
) -> None:
    kept = await _endpoints(desk, {"host": host, "port": 51_820})

    assert kept == {(_SEEN, 51_820, "udp")}


@pytest.mark.anyio
async def test_an_address_that_a_node_names_is_kept_as_it_is_named(desk: Desk) -> None:
    kept = await _endpoints(
        desk, {"host": _ANY4, "port": 51_820}, {"host": "198.51.100.9", "port": 443}
    )

    assert kept == {(_SEEN, 51_820, "udp"), ("198.51.100.9", 443, "udp")}


@pytest.mark.anyio
async def test_both_unspecified_addresses_are_one_endpoint(desk: Desk) -> None:
    kept = await _endpoints(desk, {"host": _ANY4, "port": 51_820}, {"host": _ANY6, "port": 51_820})

    assert kept == {(_SEEN, 51_820, "udp")}


@given(source=st.ip_addresses(), named=st.ip_addresses())
def test_only_the_unspecified_address_is_replaced(
    source: IPv4Address | IPv6Address, named: IPv4Address | IPv6Address
) -> None:
    hosts = (_ANY4, _ANY6, str(named))
    body = NodeBody(
        country_code="DE",
        protocols=["WireGuard"],
        x25519=_KEY,
        endpoints=[EndpointBody(host=host, port=9) for host in hosts],
    )
    offered = offer_of(body, UUID(int=1), UUID(int=2), UUID(int=3), source)
    first, second, third = (each.host for each in offered.endpoints)

    assert first == second == source
    mapped = named.ipv4_mapped if isinstance(named, IPv6Address) else None
    expected = mapped or ip_address(str(named))
    assert third == (source if expected.is_unspecified else expected)
