"""What is said to the engines: to wireguard-go as its protocol has it, to the kernel too.

pyroute2's decoder, which others wrote, reads what we send to the kernel.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from importlib import import_module
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.errors import ConfigError, EngineError
from worldvpn_core.types import MARK, Endpoint
from worldvpn_wireguard import genl, netlink, uapi
from worldvpn_wireguard.changes import endpoints_of, opened, opening, rehandshake
from worldvpn_wireguard.device import DeviceChange, PeerChange, PeerState
from worldvpn_wireguard.options import PeerOptions, WireGuardOptions

V4 = Endpoint(host=ip_address("198.51.100.7"), port=51_820)
V6 = Endpoint(host=ip_address("2001:db8::7"), port=443)
OPTIONS = WireGuardOptions(
    private_key=b"\x01" * 32,
    peers=(
        PeerOptions(public_key=b"\x02" * 32, preshared_key=b"\x03" * 32, server=0),
        PeerOptions(
            public_key=b"\x04" * 32,
            allowed_ips=(ip_network("10.0.0.0/8"),),
            keepalive_s=25,
            server=1,
        ),
        PeerOptions(public_key=b"\x05" * 32, allowed_ips=()),
    ),
)
#: It has no types for mypy to read.
WIREGUARD = import_module("pyroute2.netlink.generic.wireguard")
DECOY_KEY = b"\x09" * 32
FAMILY = 30


def decoded(message: bytes) -> dict[str, Any]:
    parsed = WIREGUARD.wgmsg(message)
    parsed.decode()
    names = ("IFNAME", "PRIVATE_KEY", "LISTEN_PORT", "FWMARK", "PEERS")
    values = {name: parsed.get_attr(f"WGDEVICE_A_{name}") for name in names}
    return {"type": parsed["header"]["type"], "cmd": parsed["cmd"], **values}


def peers_in(message: bytes) -> list[Any]:
    return list(decoded(message)["PEERS"] or ())


def test_outer_endpoints_are_each_peers_server_once() -> None:
    assert endpoints_of(OPTIONS, (V4, V6)) == (V4, V6)
    assert endpoints_of(OPTIONS, (V4, V4)) == (V4,)


def test_server_that_the_plan_lacks_is_refused() -> None:
    with pytest.raises(ConfigError, match="server is number 1, but the profile has 1"):
        endpoints_of(OPTIONS, (V4,))


def test_opening_marks_packets_and_calls_the_primary_peer_only() -> None:
    change = opening(OPTIONS, (V4, V6))
    assert change.mark == MARK
    assert [peer.keepalive_s for peer in change.peers] == [25, 25, 0]
    assert [peer.endpoint for peer in change.peers] == [V4, V6, None]


def test_keepalive_that_the_profile_does_not_want_ends_with_the_opening() -> None:
    wanted = WireGuardOptions(private_key=b"\x01" * 32, peers=(OPTIONS.peers[1],))
    assert opened(OPTIONS) == DeviceChange(
        peers=(PeerChange(public_key=b"\x02" * 32, known=True, keepalive_s=0),)
    )
    assert opened(wanted) is None


def test_opening_in_words_of_wireguard_go() -> None:
    assert uapi.set_request(opening(OPTIONS, (V4, V6))).decode().split("\n") == [
        "set=1",
        f"private_key={'01' * 32}",
        "listen_port=0",
        f"fwmark={MARK}",
        f"public_key={'02' * 32}",
        f"preshared_key={'03' * 32}",
        "endpoint=198.51.100.7:51820",
        "persistent_keepalive_interval=25",
        "replace_allowed_ips=true",
        "allowed_ip=0.0.0.0/0",
        "allowed_ip=::/0",
        f"public_key={'04' * 32}",
        "endpoint=[2001:db8::7]:443",
        "persistent_keepalive_interval=25",
        "replace_allowed_ips=true",
        "allowed_ip=10.0.0.0/8",
        f"public_key={'05' * 32}",
        "persistent_keepalive_interval=0",
        "replace_allowed_ips=true",
        "",
        "",
    ]


def test_waking_in_words_of_wireguard_go_changes_the_key_and_turns_keepalive_on() -> None:
    again = f"public_key={'02' * 32}\nupdate_only=true\n"
    assert uapi.set_request(rehandshake(OPTIONS, (V4, V6), DECOY_KEY)).decode() == (
        f"set=1\nprivate_key={'09' * 32}\nprivate_key={'01' * 32}\n"
        f"{again}endpoint=198.51.100.7:51820\npersistent_keepalive_interval=0\n"
        f"{again}persistent_keepalive_interval=25\n"
        f"{again}persistent_keepalive_interval=0\n\n"
    )


def test_answer_of_wireguard_go_is_read() -> None:
    answer = (
        f"private_key={'01' * 32}\nlisten_port=1\n"
        f"public_key={'02' * 32}\nlast_handshake_time_sec=7\nlast_handshake_time_nsec=8\n"
        f"tx_bytes=5\nrx_bytes=6\nallowed_ip=::/0\npublic_key={'04' * 32}\nerrno=0\n\n"
    )
    assert uapi.peer_states(answer.encode()) == (
        PeerState(
            public_key=b"\x02" * 32, handshake_ns=7_000_000_008, received_bytes=6, sent_bytes=5
        ),
        PeerState(public_key=b"\x04" * 32),
    )


def test_refusal_of_wireguard_go_is_an_error() -> None:
    with pytest.raises(EngineError, match="errno -22"):
        uapi.check(b"errno=-22\n\n")


@given(st.binary(max_size=200).map(lambda data: data + b"\nerrno=0\n\n"))
def test_any_answer_of_wireguard_go_is_read_or_an_error(answer: bytes) -> None:
    cause: object = None
    try:
        assert isinstance(uapi.peer_states(answer), tuple)
    except EngineError as error:
        cause = error.__cause__
    assert cause is None  # for it could quote a key


def test_opening_as_the_kernel_reads_it() -> None:
    (message,) = genl.set_requests(FAMILY, "wv0", opening(OPTIONS, (V4, V6)))
    parsed = decoded(message)
    first, second, third = peers_in(message)
    assert parsed["type"] == FAMILY
    assert parsed["cmd"] == 1
    assert parsed["IFNAME"] == "wv0"
    assert parsed["FWMARK"] == MARK
    assert parsed["LISTEN_PORT"] == 0
    assert first.get_attr("WGPEER_A_ENDPOINT")["addr"] == "198.51.100.7"
    assert first.get_attr("WGPEER_A_ENDPOINT")["port"] == 51_820
    assert second.get_attr("WGPEER_A_ENDPOINT")["addr"] == "2001:db8::7"
    assert second.get_attr("WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL") == 25
    assert third.get_attr("WGPEER_A_FLAGS") == 2
    assert third.get_attr("WGPEER_A_ENDPOINT") is None
    assert [n["addr"] for n in first.get_attr("WGPEER_A_ALLOWEDIPS")] == ["0.0.0.0/0", "::/0"]


def test_waking_is_two_messages_to_the_kernel() -> None:
    decoy, real = genl.set_requests(FAMILY, "wv0", rehandshake(OPTIONS, (V4, V6), DECOY_KEY))
    keepalives = [p.get_attr("WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL") for p in peers_in(real)]
    assert not peers_in(decoy)
    assert decoded(decoy)["PRIVATE_KEY"] != decoded(real)["PRIVATE_KEY"]
    assert keepalives == [0, 25, 0]
    assert {p.get_attr("WGPEER_A_FLAGS") for p in peers_in(real)} == {4}


def test_thousands_of_networks_are_set_in_pieces() -> None:
    networks = tuple(ip_network((0x0A000000 + number * 256, 24)) for number in range(3_000))
    peer = PeerChange(public_key=b"\x02" * 32, keepalive_s=1, allowed_ips=networks)
    messages = list(genl.set_requests(FAMILY, "wv0", DeviceChange(peers=(peer,))))
    pieces = [piece for message in messages for piece in peers_in(message)]
    seen = [n["addr"] for piece in pieces for n in piece.get_attr("WGPEER_A_ALLOWEDIPS")]
    assert max(map(len, messages)) < 65_536
    assert seen == [str(network) for network in networks]
    assert [piece.get_attr("WGPEER_A_FLAGS") for piece in pieces] == [2] + [0] * (len(pieces) - 1)


def test_answer_of_the_kernel_is_read_and_its_parts_joined() -> None:
    key = netlink.attribute(1, b"\x02" * 32)
    figures = (
        netlink.attribute(6, struct.pack("=qq", 7, 8)),
        netlink.attribute(7, struct.pack("=Q", 6)),
        netlink.attribute(8, struct.pack("=Q", 5)),
    )
    peer = netlink.nested(0, key, *figures, netlink.nested(9))
    first = netlink.message(FAMILY, 2, 0, netlink.nested(8, peer))
    rest = netlink.message(FAMILY, 2, 0, netlink.nested(8, netlink.nested(0, key)))
    (state,) = genl.peer_states(list(netlink.messages(first + rest)))
    assert state == PeerState(
        public_key=b"\x02" * 32, handshake_ns=7_000_000_008, received_bytes=6, sent_bytes=5
    )


@given(st.binary(max_size=300))
def test_any_answer_of_the_kernel_is_read_or_a_value_error(data: bytes) -> None:
    with suppress(ValueError):
        assert isinstance(genl.peer_states(list(netlink.messages(data))), tuple)


def test_no_message_shows_what_it_carries() -> None:
    change = opening(OPTIONS, (V4, V6))
    (message,) = netlink.messages(next(genl.set_requests(FAMILY, "wv0", change)))
    shown = repr(change) + repr(message) + repr(OPTIONS)
    assert repr(b"\x01" * 32) not in shown
    assert repr(b"\x03" * 32) not in shown
