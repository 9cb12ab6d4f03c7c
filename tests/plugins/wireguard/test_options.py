"""A profile's options become frozen values, or one sentence about what is wrong."""

from __future__ import annotations

import base64
from contextlib import suppress
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.errors import ConfigError
from worldvpn_wireguard.options import DECLARED, WireGuardOptions, parse_options

PRIVATE_KEY = base64.b64encode(b"\x01" * 32).decode()
PUBLIC_KEY = base64.b64encode(b"\x02" * 32).decode()
OTHER_KEY = base64.b64encode(b"\x03" * 32).decode()
RAW = {"private_key": PRIVATE_KEY, "peer.0.public_key": PUBLIC_KEY, "peer.0.server": "0"}


def test_smallest_profile_is_a_full_tunnel() -> None:
    (peer,) = parse_options(RAW).peers
    assert peer.allowed_ips == (ip_network("0.0.0.0/0"), ip_network("::/0"))
    assert peer.keepalive_s == 0
    assert peer.preshared_key is None


def test_every_option_is_taken() -> None:
    options = parse_options(
        RAW
        | {
            "listen_port": "51000",
            "peer.0.preshared_key": OTHER_KEY,
            "peer.0.allowed_ips": "10.1.2.3/8, fd00::/8,",
            "peer.0.keepalive_s": "25",
            "peer.1.public_key": OTHER_KEY,
            "peer.1.allowed_ips": "",
        }
    )
    assert options.listen_port == 51_000
    assert options.peers[0].preshared_key == b"\x03" * 32
    assert options.peers[0].allowed_ips == (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
    assert options.peers[0].keepalive_s == 25
    assert options.peers[1].server is None
    assert options.peers[1].allowed_ips == ()


def test_declared_options_name_what_parse_takes() -> None:
    values = {"key32": OTHER_KEY, "integer": "0", "text": "10.0.0.0/8"}
    raw = {option.name: values[option.kind] for option in DECLARED}
    assert isinstance(parse_options(raw | {"private_key": PRIVATE_KEY}), WireGuardOptions)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"private_key": "c2hvcnQ="}, "private_key is not a WireGuard key"),
        ({"private_key": base64.b64encode(bytes(32)).decode()}, "private_key is all zeros"),
        ({"peer.0.public_key": PUBLIC_KEY[:-2] + "J="}, r"peer\.0\.public_key is not"),
        ({"peer.0.preshared_key": "é" * 44}, r"peer\.0\.preshared_key is not"),
        ({"peer.0.keepalive_s": "-1"}, "whole number from 0 to 65535"),
        ({"peer.0.keepalive_s": "65536"}, "whole number from 0 to 65535"),
        ({"peer.0.server": "64"}, "whole number from 0 to 63"),
        ({"listen_port": "٣"}, "whole number"),
        ({"peer.0.allowed_ips": "10.0.0.0/33"}, "is not a network"),
        ({"peer.0.allowed_ips": "10.0.0.0/255.0.0.0"}, "is not a network"),
        ({"peer.0.allowed_ips": "everything"}, "is not a network"),
        ({"peer.2.public_key": OTHER_KEY}, r"peer\.1\.public_key is missing"),
        ({"peer.1.keepalive_s": "1"}, r"peer\.1\.public_key is missing"),
        ({"peer.1.public_key": PUBLIC_KEY}, "two peers have the same public_key"),
        ({"peer.01.public_key": OTHER_KEY}, "unknown option"),
        ({"peer.0.colour": "blue"}, "unknown option"),
    ],
)
def test_wrong_option_is_refused_by_name(changed: dict[str, str], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        parse_options(RAW | changed)


def test_profile_without_any_server_is_refused() -> None:
    with pytest.raises(ConfigError, match="no peer has a server"):
        parse_options({"private_key": PRIVATE_KEY, "peer.0.public_key": PUBLIC_KEY})


def test_refusal_of_a_key_does_not_quote_it() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_options(RAW | {"private_key": PRIVATE_KEY[:-1]})
    assert PRIVATE_KEY[:20] not in str(caught.value)


def test_preshared_key_of_zeros_is_none_as_for_wg() -> None:
    zeros = base64.b64encode(bytes(32)).decode()
    assert parse_options(RAW | {"peer.0.preshared_key": zeros}).peers[0].preshared_key is None


def test_network_that_two_peers_claim_belongs_to_the_later() -> None:
    options = parse_options(
        RAW
        | {
            "peer.0.allowed_ips": "10.0.0.0/8, 10.1.0.0/16",
            "peer.1.public_key": OTHER_KEY,
            "peer.1.allowed_ips": "10.1.0.0/16",
        }
    )
    assert options.peers[0].allowed_ips == (ip_network("10.0.0.0/8"),)
    assert options.peers[1].allowed_ips == (ip_network("10.1.0.0/16"),)


def test_primary_peer_is_the_full_tunnels() -> None:
    options = parse_options(
        RAW
        | {
            "peer.0.allowed_ips": "10.0.0.0/8",
            "peer.1.public_key": OTHER_KEY,
            "peer.1.allowed_ips": "0.0.0.0/1, 128.0.0.0/1",
            "peer.1.server": "1",
        }
    )
    assert options.primary is options.peers[1]


def test_primary_peer_is_one_that_can_be_called() -> None:
    options = parse_options(
        RAW | {"peer.0.allowed_ips": "10.0.0.0/8", "peer.1.public_key": OTHER_KEY}
    )
    assert options.primary is options.peers[0]


@given(
    st.dictionaries(
        st.sampled_from([*RAW, "listen_port", "peer.0.allowed_ips", "peer.1.public_key", "x"]),
        st.text(max_size=60) | st.sampled_from([PRIVATE_KEY, PUBLIC_KEY, "0", "::/0"]),
    )
)
def test_any_text_is_parsed_or_refused(raw: dict[str, str]) -> None:
    with suppress(ConfigError):
        assert hash(parse_options(raw)) == hash(parse_options(raw))
