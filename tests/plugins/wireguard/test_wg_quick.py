"""Any provider's wg-quick file becomes a profile, or a sentence with the line."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_address, ip_interface, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.contracts import NetworkServices
from worldvpn_core.errors import ConfigError
from worldvpn_core.types import EVERYTHING, Profile, Server
from worldvpn_wireguard.options import parse_options
from worldvpn_wireguard.reader import worldvpn_profile_readers

PRIVATE_KEY = "YAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk="
PUBLIC_KEY = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="
OTHER_KEY = "TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0="
PRESHARED_KEY = "FpCyhws9cxwWoV4xELtfJvjJN+zQVRPISllRWgeopVE="

SMALLEST = f"""[Interface]
PrivateKey = {PRIVATE_KEY}
Address = 10.2.0.2/32
[Peer]
PublicKey = {PUBLIC_KEY}
AllowedIPs = 0.0.0.0/0, ::/0
Endpoint = 198.51.100.7:51820
"""

(READER,) = worldvpn_profile_readers(services=NetworkServices())


def read(text: str) -> Profile:
    return READER.read(text, "Home")


def with_line(line: str, section: str = "[Interface]") -> str:
    return SMALLEST.replace(section, f"{section}\n{line}")


def test_whole_file_of_a_provider_is_read() -> None:
    profile = READER.read(
        f"""\ufeff# Zürich, made by a provider\r
[INTERFACE]\r
privatekey={PRIVATE_KEY} # secret\r
Address = 10.2.0.2/32, fd00:2::2/128\r
address = 10.3.0.2\r
DNS = 10.2.0.1, 2606:4700:4700::1111, Corp.example.com\r
MTU = 1380\r
ListenPort = 51000\r
\r
[peer]\r
PublicKey = {PUBLIC_KEY}\r
PresharedKey = {PRESHARED_KEY}\r
AllowedIPs = 0.0.0.0/1, 128.0.0.0/1\r
AllowedIPs = ::/0\r
Endpoint = ch-12.example.com:51820\r
PersistentKeepalive = 25\r
""",
        " Zürich #12 ",
    )
    options = parse_options(dict(profile.options))
    assert profile.id == "zurich-12"
    assert profile.name == "Zürich #12"
    assert profile.transport == "wireguard"
    assert profile.servers == (Server(host="ch-12.example.com", port=51_820),)
    assert profile.addresses == tuple(
        map(ip_interface, ("10.2.0.2/32", "fd00:2::2/128", "10.3.0.2/32"))
    )
    assert profile.allowed == EVERYTHING
    assert profile.dns_servers == (ip_address("10.2.0.1"), ip_address("2606:4700:4700::1111"))
    assert profile.dns_search == ("corp.example.com",)
    assert profile.mtu_bytes == 1_380
    assert profile.notes == ()
    assert options.listen_port == 51_000
    assert options.peers[0].keepalive_s == 25
    assert options.peers[0].preshared_key is not None


def test_several_peers_keep_their_servers_and_networks() -> None:
    profile = read(
        SMALLEST
        + f"[Peer]\nPublicKey = {OTHER_KEY}\nAllowedIPs = 10.9.1.2/16\n"
        + "Endpoint = [2001:db8::7]:443\nPersistentKeepalive = off\n"
    )
    first, second = parse_options(dict(profile.options)).peers
    assert profile.servers[1] == Server(host="2001:db8::7", port=443)
    assert (first.server, second.server) == (0, 1)
    assert second.allowed_ips == (ip_network("10.9.0.0/16"),)
    assert profile.allowed == EVERYTHING


def test_family_that_no_peer_covers_stays_uncovered() -> None:
    profile = read(SMALLEST.replace("0.0.0.0/0, ::/0", "0.0.0.0/0"))
    assert profile.allowed == (ip_network("0.0.0.0/0"),)


def test_networks_may_contain_the_endpoint() -> None:
    profile = read(SMALLEST.replace("0.0.0.0/0, ::/0", "198.51.100.0/24"))
    assert profile.allowed == (ip_network("198.51.100.0/24"),)


@pytest.mark.parametrize(
    ("line", "note"),
    [
        ("Table = off", "Table is not used"),
        ("FwMark = 0x1234", "FwMark is not used"),
        ("SaveConfig = true", "SaveConfig is not used"),
        ("MTU = 1200", "MTU 1200 is not 1280 to 9000"),
        ("DNS = 10.0.0.1, ~.", "DNS = ~. is not used"),
        ("ListenPort = 1\nListenPort = 2", "listenport is given 2 times"),
    ],
)
def test_what_is_read_but_not_used_is_said(line: str, note: str) -> None:
    (said,) = read(with_line(line)).notes
    assert note in said


@pytest.mark.parametrize("key", ["PreUp", "PostUp", "PreDown", "postdown"])
def test_command_is_refused_with_its_line(key: str) -> None:
    with pytest.raises(ConfigError, match=rf"line 2: {key} would run a command as root"):
        read(with_line(f"{key} = iptables -F"))


def test_command_cannot_hide_behind_a_carriage_return() -> None:
    with pytest.raises(ConfigError, match="would run a command"):
        read(with_line("# harmless\rPostUp = reboot"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", r"has no \[Interface\]"),
        ("PrivateKey = x", r"line 1: this stands before \[Interface\]"),
        ("[Interface]\nPrivateKey", "line 2: 'Key = value' is expected"),
        ("[Interfaces]", r"line 1: .* is neither \[Interface\] nor \[Peer\]"),
        (with_line("Jc = 4"), "line 2: 'Jc' is not a key of wg-quick's"),
        (with_line("Endpoint = 1.2.3.4:5"), "line 2: 'Endpoint' is not a key"),
        (with_line("MTU = big"), "line 2: 'big' is not a whole number"),
        (with_line("ListenPort = 65536"), "line 2: '65536' is not a whole number"),
        (with_line("Address = 10.0.0.300"), "line 2: '10.0.0.300' is not an address"),
        (with_line("Address = fe80::1%eth0/64"), "line 2: .* is not an address"),
        (with_line("DNS = not_a host"), "line 2: .* neither an IP address nor a search"),
        (with_line("DNS = 10.0.0.256"), "line 2: '10.0.0.256' is not an IP address"),
        (SMALLEST.replace(PRIVATE_KEY, "short"), "line 2: the value of privatekey is not"),
        (SMALLEST.replace(PUBLIC_KEY, "short"), "line 5: the value of publickey is not"),
        (SMALLEST.replace(f"PrivateKey = {PRIVATE_KEY}", ""), "has no PrivateKey"),
        (SMALLEST.replace(f"PublicKey = {PUBLIC_KEY}", ""), "line 4: .* has no PublicKey"),
        (SMALLEST.replace("Address = 10.2.0.2/32", ""), "has no Address"),
        (SMALLEST.replace("AllowedIPs = 0.0.0.0/0, ::/0", ""), "has AllowedIPs"),
        (SMALLEST.replace("0.0.0.0/0, ::/0", "0.0.0.0/40"), "line 6: .* is not a network"),
        (SMALLEST.replace("Endpoint = 198.51.100.7:51820", ""), "has an Endpoint"),
        (SMALLEST.replace("198.51.100.7:51820", "198.51.100.7"), "line 7: .* not an endpoint"),
        (SMALLEST.replace("198.51.100.7:51820", "a:0"), "line 7: .* not an endpoint"),
        (SMALLEST.replace("198.51.100.7", "198.51.100.700"), "line 7: .* not an IP address"),
        (SMALLEST.replace("198.51.100.7", "ex ample"), "line 7: .* not an endpoint"),
        (SMALLEST.replace("198.51.100.7", "2001:db8::7"), "line 7: .* not an endpoint"),
        (SMALLEST.replace("198.51.100.7", "[fe80::1%eth0]"), "line 7: .* not an IP address"),
        (SMALLEST + f"[Peer]\nPublicKey = {PUBLIC_KEY}\n", "the same public_key"),
        (SMALLEST.partition("[Peer]")[0], r"has 0 \[Peer\] sections"),
        (SMALLEST + "[Peer]\n" * 64, r"has 65 \[Peer\] sections"),
        (SMALLEST + "#" * 65_536, "at most 65536"),
        (SMALLEST + "\0", "line 8: a control character"),
    ],
)
def test_wrong_file_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        read(text)


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "a\x1b[31m"])
def test_name_that_cannot_be_shown_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="name"):
        READER.read(SMALLEST, name)


def test_name_without_latin_letters_still_has_an_identifier() -> None:
    first, second = (READER.read(SMALLEST, name).id for name in ("日本", "東京"))
    assert first.startswith("profile-")
    assert first != second


def test_keys_are_in_no_text_of_the_profile() -> None:
    assert PRIVATE_KEY not in repr(read(SMALLEST))


def test_refusals_never_quote_a_private_key() -> None:
    with pytest.raises(ConfigError) as caught:
        read(SMALLEST.replace(PRIVATE_KEY, PRIVATE_KEY + "x"))
    assert PRIVATE_KEY[:16] not in str(caught.value)


def test_reader_recognises_its_format_only() -> None:
    assert READER.recognises("\ufeff# a comment\r\n [interface] \r\n")
    assert not READER.recognises("client\nremote vpn.example.com 1194\n")
    assert READER.name == "wg-quick"


LINES = st.sampled_from(
    [
        *SMALLEST.splitlines(),
        *(
            "DNS = ",
            "MTU = 1",
            "Address = ::/128",
            "[Peer]",
            "[Interface]",
            "AllowedIPs =",
            "=",
            "#",
        ),
        *("Endpoint = [::1]:1", "PersistentKeepalive = off", "Table = auto", "\ufeff", "[", "]"),
    ]
)


@given(st.text(max_size=400) | st.lists(LINES | st.text(max_size=30)).map("\n".join), st.text())
def test_any_text_is_read_or_refused(text: str, name: str) -> None:
    assert READER.recognises(text) in {True, False}
    with suppress(ConfigError):
        profile = READER.read(text, name)
        assert parse_options(dict(profile.options)).peers


@given(st.binary(max_size=400), st.sampled_from(["utf-8", "latin-1", "utf-16-le"]))
def test_any_bytes_are_read_or_refused(data: bytes, encoding: str) -> None:
    with pytest.raises(ConfigError):
        read(data.decode(encoding, "replace"))


@given(st.lists(LINES, max_size=8), st.integers(0, 7))
def test_lines_put_into_a_good_file_are_read_or_refused(lines: list[str], at: int) -> None:
    good = SMALLEST.splitlines()
    text = "\n".join([*good[:at], *lines, *good[at:]])
    with suppress(ConfigError):
        assert read(text).transport == "wireguard"
