"""What a profile says to WireGuard: declared, and parsed once into frozen values."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_network
from typing import Any, Final

import attrs

from worldvpn_core.errors import ConfigError
from worldvpn_core.types import IpNetwork, Option, OptionKind, SessionKeys

KEY_BYTES: Final = 32
MAX_PEERS: Final = 64
#: A node may have to reach a guest behind a router that forgets flows after half a minute.
SESSION_KEEPALIVE_S: Final = 25

_PEER: Final = re.compile(r"peer\.(0|[1-9][0-9]{0,2})\.([a-z_]+)")
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,4}")
_NETWORK: Final = re.compile(r"[0-9a-fA-F:.]+/[0-9]{1,3}")

#: All that a profile may hold; ``peer.0.…`` repeats as ``peer.1.…`` to ``peer.63.…``.
DECLARED: Final = (
    Option(
        name="private_key",
        kind=OptionKind.KEY32,
        label="Private key",
        secret=True,
        required=True,
    ),
    Option(name="listen_port", kind=OptionKind.INTEGER, label="Local port", default="0"),
    Option(
        name="peer.0.public_key",
        kind=OptionKind.KEY32,
        label="Server's public key",
        required=True,
    ),
    Option(
        name="peer.0.preshared_key",
        kind=OptionKind.KEY32,
        label="Pre-shared key",
        secret=True,
    ),
    Option(
        name="peer.0.allowed_ips",
        kind=OptionKind.TEXT,
        label="Networks behind the server",
        default="0.0.0.0/0, ::/0",
    ),
    Option(
        name="peer.0.keepalive_s",
        kind=OptionKind.INTEGER,
        label="Keepalive interval, seconds (0: off)",
        default="0",
    ),
    Option(
        name="peer.0.server",
        kind=OptionKind.INTEGER,
        label="Which of the profile's servers this peer is",
    ),
)


@attrs.frozen(kw_only=True)
class PeerOptions:
    """One peer; ``server`` is its place in ``TunnelPlan.remotes``, None if it calls us."""

    public_key: bytes
    preshared_key: bytes | None = attrs.field(default=None, repr=False)
    allowed_ips: tuple[IpNetwork, ...] = (ip_network("0.0.0.0/0"), ip_network("::/0"))
    keepalive_s: int = 0
    server: int | None = None


@attrs.frozen(kw_only=True)
class WireGuardOptions:
    """A profile's options; ``listen_port`` 0 lets the system choose."""

    private_key: bytes = attrs.field(repr=False)
    peers: tuple[PeerOptions, ...]
    listen_port: int = 0

    @property
    def primary(self) -> PeerOptions:
        """The peer whose handshake means that the tunnel works.

        It has a server, and of those the widest networks: the full tunnel's peer.
        """
        reachable = [peer for peer in self.peers if peer.server is not None]
        return max(reachable, key=_covered_ratio)


def parse_options(raw: Mapping[str, str]) -> WireGuardOptions:
    """Turn a profile's raw options into ``WireGuardOptions``.

    A network that two peers claim belongs to the later one, as in wg(8).

    Raises:
        ConfigError: an option is missing, unknown or malformed; keys are not quoted.
    """
    own: dict[str, Any] = {}
    by_peer: dict[int, dict[str, Any]] = {}
    for name, text in raw.items():
        peer = _PEER.fullmatch(name)
        fields, field = (by_peer.setdefault(int(peer[1]), {}), peer[2]) if peer else (own, name)
        fields[field] = _value(_PEER_FIELDS if peer else _OWN_FIELDS, field, name, text)
    problem = next(_missing(own, by_peer), None)
    if problem:
        raise ConfigError(problem)
    peers = tuple(PeerOptions(**by_peer[number]) for number in range(len(by_peer)))
    if len({peer.public_key for peer in peers}) < len(peers):
        raise ConfigError("two peers have the same public_key")
    return WireGuardOptions(peers=_without_overridden(peers), **own)


def session_options(keys: SessionKeys) -> dict[str, str]:
    """Return the options of a full tunnel to one peer, the profile's first server.

    A second one is called and carries nothing.
    """
    options = {
        "private_key": base64.b64encode(keys.private_key).decode(),
        "peer.0.public_key": base64.b64encode(keys.remote_key).decode(),
        "peer.0.server": "0",
        "peer.0.keepalive_s": str(SESSION_KEEPALIVE_S),
    }
    if keys.seen_by_key is not None:
        options |= {
            "peer.1.public_key": base64.b64encode(keys.seen_by_key).decode(),
            "peer.1.server": "1",
            "peer.1.keepalive_s": str(SESSION_KEEPALIVE_S),
            "peer.1.allowed_ips": "",
        }
    return options


def parse_key(text: str, name: str) -> bytes:
    """Return the 32 bytes of a key as wg(8) prints them: 44 characters of base64.

    Raises:
        ConfigError: it is not that; ``name`` tells the user which key, its text is not quoted.
    """
    try:
        key = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        key = b""
    # the last character's spare bits must be zero, or two texts would be one key
    if len(key) != KEY_BYTES or base64.b64encode(key).decode() != text:
        raise ConfigError(
            f"{name} is not a WireGuard key: 44 characters of base64, as `wg genkey` prints them"
        )
    return key


def _value(
    fields: Mapping[str, Callable[[str, str], Any]], field: str, name: str, text: str
) -> object:
    if field not in fields:
        raise ConfigError(f"unknown option {name[:64]!r}")
    return fields[field](text, name)


def _missing(own: Mapping[str, Any], by_peer: Mapping[int, Mapping[str, Any]]) -> Iterator[str]:
    if "private_key" not in own:
        yield "private_key is missing"
    if not by_peer:
        yield "peer.0.public_key is missing: a tunnel needs a peer"
    if len(by_peer) > MAX_PEERS:
        yield f"{len(by_peer)} peers; at most {MAX_PEERS} are supported"
    for number in range(len(by_peer)):
        if "public_key" not in by_peer.get(number, {}):
            yield f"peer.{number}.public_key is missing"
    if not any("server" in fields for fields in by_peer.values()):
        yield "no peer has a server: give peer.0.server, its place among the profile's servers"


def _private_key(text: str, name: str) -> bytes:
    key = parse_key(text, name)
    if not any(key):
        raise ConfigError(f"{name} is all zeros: that is no key")
    return key


def _preshared_key(text: str, name: str) -> bytes | None:
    key = parse_key(text, name)
    return key if any(key) else None


def _number(text: str, name: str, most: int) -> int:
    if not _NUMBER.fullmatch(text) or int(text) > most:
        raise ConfigError(f"{name} is {text[:32]!r}: a whole number from 0 to {most} is needed")
    return int(text)


def _u16(text: str, name: str) -> int:
    return _number(text, name, 65_535)


def _server(text: str, name: str) -> int:
    return _number(text, name, MAX_PEERS - 1)


def _networks(text: str, name: str) -> tuple[IpNetwork, ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return tuple(dict.fromkeys(_network(part, name) for part in parts))


def _network(text: str, name: str) -> IpNetwork:
    try:
        if _NETWORK.fullmatch(text):
            return ip_network(text, strict=False)
    except ValueError:
        pass
    raise ConfigError(f"{name}: {text[:64]!r} is not a network such as 10.0.0.0/8 or fd00::/8")


def _without_overridden(peers: tuple[PeerOptions, ...]) -> tuple[PeerOptions, ...]:
    owner = {network: peer.public_key for peer in peers for network in peer.allowed_ips}
    return tuple(
        attrs.evolve(
            peer,
            allowed_ips=tuple(n for n in peer.allowed_ips if owner[n] == peer.public_key),
        )
        for peer in peers
    )


def _covered_ratio(peer: PeerOptions) -> float:
    return sum(2.0**-network.prefixlen for network in peer.allowed_ips)


_OWN_FIELDS: Final[Mapping[str, Callable[[str, str], Any]]] = {
    "private_key": _private_key,
    "listen_port": _u16,
}
_PEER_FIELDS: Final[Mapping[str, Callable[[str, str], Any]]] = {
    "public_key": parse_key,
    "preshared_key": _preshared_key,
    "allowed_ips": _networks,
    "keepalive_s": _u16,
    "server": _server,
}
