"""What a guest is given, what the node keeps, and how a guest is sent away."""

from __future__ import annotations

import base64
import stat
import struct
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from worldvpn_core.errors import ConfigError
from worldvpn_core.share.plan import ListenerInfo
from worldvpn_core.types import EVERYTHING, Server
from worldvpn_wireguard import genl, uapi
from worldvpn_wireguard.device import DeviceChange, PeerChange
from worldvpn_wireguard.invitation import invitation
from worldvpn_wireguard.node_key import node_key, public_key_of
from worldvpn_wireguard.options import parse_options
from worldvpn_wireguard.wg_quick import read_profile

KEY = bytes(range(32))
NODE = ListenerInfo(public_key=KEY, listen=(), addresses=())
ADDRESSES = ip_address("10.90.0.4"), ip_address("fd90::4")
DNS = ip_address("9.9.9.9"), ip_address("2620:fe::fe")


@pytest.mark.parametrize("host", ["home.example", "203.0.113.7", "2001:db8::7"])
def test_an_invitation_is_read_by_our_own_reader(host: str) -> None:
    made = invitation(NODE, Server(host=host, port=51_821), ADDRESSES, DNS)
    profile = read_profile(made.profile, "Home")
    options = parse_options(dict(profile.options))

    assert profile.servers == (Server(host=host, port=51_821),)
    assert [interface.ip for interface in profile.addresses] == [*ADDRESSES]
    assert (profile.allowed, profile.dns_servers, profile.notes) == (EVERYTHING, DNS, ())
    assert options.primary.public_key == KEY
    assert options.primary.preshared_key == made.guest.preshared_key
    assert public_key_of(options.private_key) == made.guest.public_key


def test_the_devices_own_key_is_in_its_profile_and_nowhere_else() -> None:
    made = invitation(NODE, Server(host="home.example", port=51_820), ADDRESSES, ())
    line = next(line for line in made.profile.splitlines() if line.startswith("PrivateKey"))

    assert line.split(" = ")[1] not in repr(made)
    assert base64.b64decode(line.split(" = ")[1]) not in (
        made.guest.public_key,
        made.guest.preshared_key,
    )


def test_the_nodes_key_is_made_once_and_roots_alone(tmp_path: Path) -> None:
    path = tmp_path / "key"
    first = node_key(path)

    assert node_key(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    own = X25519PrivateKey.from_private_bytes(first).public_key().public_bytes_raw()
    assert public_key_of(first) == own


@pytest.mark.parametrize("text", ["", "00", "no key", "00" * 33])
def test_a_damaged_key_is_not_replaced_in_silence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "key"
    path.write_text(text)

    with pytest.raises(ConfigError, match="holds no key"):
        node_key(path)
    assert path.read_text() == text


def test_a_key_that_cannot_be_kept_opens_no_node(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ConfigError):
        node_key(tmp_path / "file" / "key")


def test_a_guest_is_sent_away_by_its_key_in_both_engines_languages() -> None:
    change = DeviceChange(peers=(PeerChange(public_key=KEY, removed=True),))

    assert uapi.set_request(change) == f"set=1\npublic_key={KEY.hex()}\nremove=true\n\n".encode()
    # WGDEVICE_A_FLAGS of a peer, linux/wireguard.h: WGPEER_F_REMOVE_ME.
    assert struct.pack("=HHI", 8, 3, 1) in b"".join(genl.set_requests(28, "wv1", change))


def test_a_guest_is_admitted_under_its_addresses_alone() -> None:
    change = PeerChange(public_key=KEY, allowed_ips=tuple(map(ip_network, ADDRESSES)))
    text = uapi.set_request(DeviceChange(peers=(change,))).decode()

    assert "replace_allowed_ips=true\nallowed_ip=10.90.0.4/32\nallowed_ip=fd90::4/128" in text
