"""A wg-quick file as a profile: what each key means to us. Pure; executes and fetches nothing.

Sources: wg-quick(8), "CONFIGURATION"; wg(8), "CONFIGURATION FILE FORMAT".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import (
    IPv4Network,
    IPv6Network,
    collapse_addresses,
    ip_address,
    ip_interface,
    ip_network,
)
from typing import Final

from worldvpn_core.errors import ConfigError
from worldvpn_core.types import IpAddress, IpInterface, IpNetwork, Profile, Server
from worldvpn_wireguard.options import MAX_PEERS, parse_key, parse_options
from worldvpn_wireguard.profile_name import profile_id, profile_name
from worldvpn_wireguard.wg_quick_lines import Entry, Section, sections

MIN_MTU_BYTES: Final = 1_280
MAX_MTU_BYTES: Final = 9_000
MAX_PORT: Final = 65_535
MAX_KEEPALIVE_S: Final = 65_535

_ADDRESS: Final = re.compile(r"[0-9a-fA-F:.]+(/[0-9]{1,3})?")
_NUMBER: Final = re.compile(r"[0-9]{1,5}")
_NAME_CHARACTERS: Final = 253
_LABEL: Final = r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)"
_NAME: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?")
_ENDPOINT: Final = re.compile(r"(?:\[([^\]]*)\]|([^:\s]+)):([0-9]{1,5})")
_ROUTE_EVERYTHING: Final = frozenset({"~.", "."})


def read_profile(text: str, name: str) -> Profile:
    """Turn the wg-quick file ``text`` into a profile called ``name``.

    Raises:
        ConfigError: with the line and what is wrong with it.
    """
    shown = profile_name(name)
    interface, peers = sections(text)
    if not 0 < len(peers) <= MAX_PEERS:
        raise ConfigError(f"the profile has {len(peers)} [Peer] sections; 1 to {MAX_PEERS} needed")
    servers: list[Server] = []
    options = dict(_interface_options(interface))
    for number, peer in enumerate(peers):
        options.update(_peer_options(f"peer.{number}", peer, servers))
    if not servers:
        raise ConfigError("no [Peer] has an Endpoint: there is no server to connect to")
    parse_options(options)
    return Profile(
        id=profile_id(shown),
        name=shown,
        transport="wireguard",
        servers=tuple(servers),
        addresses=_addresses(interface),
        allowed=_allowed(peers),
        dns_servers=tuple(_dns_servers(interface)),
        dns_search=tuple(_dns_search(interface)),
        mtu_bytes=_mtu_bytes(interface),
        options=tuple(options.items()),
        notes=tuple(_notes(interface, peers)),
    )


def _interface_options(interface: Section) -> Iterator[tuple[str, str]]:
    key = interface.last("privatekey")
    if key is None:
        raise ConfigError("[Interface] has no PrivateKey")
    yield "private_key", _key(key)
    if port := interface.last("listenport"):
        yield "listen_port", str(_number(port, MAX_PORT))


def _peer_options(prefix: str, peer: Section, servers: list[Server]) -> Iterator[tuple[str, str]]:
    key = peer.last("publickey")
    if key is None:
        raise ConfigError(f"line {peer.line}: this [Peer] has no PublicKey")
    yield f"{prefix}.public_key", _key(key)
    if preshared := peer.last("presharedkey"):
        yield f"{prefix}.preshared_key", _key(preshared)
    yield f"{prefix}.allowed_ips", ", ".join(map(str, _networks(peer)))
    keepalive = peer.last("persistentkeepalive")
    if keepalive and keepalive.value.lower() != "off":
        yield f"{prefix}.keepalive_s", str(_number(keepalive, MAX_KEEPALIVE_S))
    if endpoint := peer.last("endpoint"):
        servers.append(_server(endpoint))
        yield f"{prefix}.server", str(len(servers) - 1)


def _key(entry: Entry) -> str:
    try:
        parse_key(entry.value, f"the value of {entry.key}")
    except ConfigError as error:
        raise entry.error(str(error)) from None
    return entry.value


def _number(entry: Entry, most: int) -> int:
    if not _NUMBER.fullmatch(entry.value) or int(entry.value) > most:
        raise entry.error(f"{entry.shown} is not a whole number from 0 to {most}")
    return int(entry.value)


def _server(entry: Entry) -> Server:
    found = _ENDPOINT.fullmatch(entry.value)
    if not found or not 0 < int(found[3]) <= MAX_PORT:
        raise entry.error(
            f"{entry.shown} is not an endpoint such as vpn.example.com:51820, "
            "198.51.100.7:51820 or [2001:db8::7]:51820"
        )
    host = found[1] or found[2]
    if found[1] or not _NAME.fullmatch(host) or host.replace(".", "").isdigit():
        host = str(_address(entry, host))
    return Server(host=host.rstrip("."), port=int(found[3]))


def _address(entry: Entry, text: str) -> IpAddress:
    try:
        if _ADDRESS.fullmatch(text):
            return ip_address(text)
    except ValueError:
        pass
    raise entry.error(f"{text[:64]!r} is not an IP address")


def _addresses(interface: Section) -> tuple[IpInterface, ...]:
    found = tuple(dict.fromkeys(_interface_address(*item) for item in interface.items("address")))
    if not found:
        raise ConfigError("[Interface] has no Address: the server gives one with the profile")
    return found


def _interface_address(entry: Entry, text: str) -> IpInterface:
    try:
        if _ADDRESS.fullmatch(text):
            return ip_interface(text)
    except ValueError:
        pass
    raise entry.error(f"{text[:64]!r} is not an address such as 10.2.0.2/32 or fd00::2/128")


def _networks(peer: Section) -> tuple[IpNetwork, ...]:
    return tuple(dict.fromkeys(_network(*item) for item in peer.items("allowedips")))


def _network(entry: Entry, text: str) -> IpNetwork:
    try:
        if _ADDRESS.fullmatch(text):
            return ip_network(text, strict=False)
    except ValueError:
        pass
    raise entry.error(f"{text[:64]!r} is not a network such as 0.0.0.0/0 or 10.0.0.0/8")


def _allowed(peers: tuple[Section, ...]) -> tuple[IpNetwork, ...]:
    networks = [network for peer in peers for network in _networks(peer)]
    if not networks:
        raise ConfigError("no [Peer] has AllowedIPs: nothing would go through the tunnel")
    return (
        *collapse_addresses(n for n in networks if isinstance(n, IPv4Network)),
        *collapse_addresses(n for n in networks if isinstance(n, IPv6Network)),
    )


def _dns_servers(interface: Section) -> Iterator[IpAddress]:
    for entry, text in interface.items("dns"):
        if _is_address(text):
            yield _address(entry, text)


def _dns_search(interface: Section) -> Iterator[str]:
    for entry, text in interface.items("dns"):
        if _is_address(text) or text in _ROUTE_EVERYTHING:
            continue
        if not _NAME.fullmatch(text) or len(text) > _NAME_CHARACTERS:
            raise entry.error(f"{text[:64]!r} is neither an IP address nor a search domain")
        yield text.rstrip(".").lower()


def _is_address(text: str) -> bool:
    return ":" in text or text.replace(".", "").isdigit()


def _mtu_bytes(interface: Section) -> int | None:
    entry = interface.last("mtu")
    if entry is None:
        return None
    return max(MIN_MTU_BYTES, min(_number(entry, 65_535), MAX_MTU_BYTES))


def _notes(interface: Section, peers: tuple[Section, ...]) -> Iterator[str]:
    mtu = interface.last("mtu")
    if mtu and _mtu_bytes(interface) != int(mtu.value):
        yield f"MTU {mtu.value} is not {MIN_MTU_BYTES} to {MAX_MTU_BYTES}: the nearest is used."
    if interface.all("table"):
        yield "Table is not used: WorldVPN has a routing table of its own."
    if interface.all("fwmark"):
        yield "FwMark is not used: WorldVPN marks the tunnel's packets itself."
    if interface.all("saveconfig"):
        yield "SaveConfig is not used: an imported profile is never rewritten."
    if any(text in _ROUTE_EVERYTHING for _, text in interface.items("dns")):
        yield "DNS = ~. is not used: every query goes to the tunnel's servers anyway."
    for section in (interface, *peers):
        for key in ("privatekey", "mtu", "listenport", "publickey", "presharedkey", "endpoint"):
            if len(section.all(key)) > 1:
                yield f"{key} is given {len(section.all(key))} times: the last one is used."
