"""Peers that are called and carry nothing: they only make us be seen."""

from __future__ import annotations

from ipaddress import ip_address

from worldvpn_core.types import Endpoint, SessionKeys
from worldvpn_wireguard.changes import endpoints_of, opened, opening
from worldvpn_wireguard.options import parse_options, session_options

NODE = Endpoint(host=ip_address("192.0.2.77"), port=51_820)
SERVER = Endpoint(host=ip_address("198.51.100.10"), port=8_443)
KEYS = SessionKeys(private_key=b"p" * 32, remote_key=b"n" * 32, seen_by_key=b"s" * 32)
OPTIONS = parse_options(session_options(KEYS))


def test_node_is_the_tunnel_and_the_server_carries_nothing() -> None:
    by_key = {peer.public_key: peer for peer in opening(OPTIONS, (NODE, SERVER)).peers}

    assert OPTIONS.primary.public_key == KEYS.remote_key
    assert by_key[b"s" * 32].allowed_ips == ()
    assert by_key[b"s" * 32].keepalive_s
    assert endpoints_of(OPTIONS, (NODE, SERVER)) == (NODE, SERVER)


def test_server_is_called_no_more_once_the_node_has_answered() -> None:
    settled = opened(OPTIONS)

    assert settled is not None
    assert [(peer.public_key, peer.removed) for peer in settled.peers] == [(b"s" * 32, True)]


def test_without_one_to_be_seen_by_there_is_one_peer() -> None:
    keys = SessionKeys(private_key=b"p" * 32, remote_key=b"n" * 32)

    assert len(parse_options(session_options(keys)).peers) == 1
