"""A directory as the server publishes it, signed for real, answered from memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from random import Random
from typing import Any, Final
from uuid import UUID

import attrs
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from worldvpn_central.directory.fetching import Fetched
from worldvpn_core.catalogue import Catalogue, Entry, Load
from worldvpn_core.credit.manifest import Keys, Manifest, Use, key_id
from worldvpn_core.errors import CentralOfflineError

KEY: Final = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY_ID: Final = key_id(KEY.public_key().public_bytes_raw())
STRANGER: Final = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
LIFE_S: Final = 1_200
REGION: Final = 155

_COUNTRIES: Final = ("DE", "FR", "US", "JP", "BR")
_CITIES: Final = ("Berlin", "Köln", "Paris", "São Paulo", "東京")
_OFFERS: Final = (frozenset({"WireGuard"}), frozenset({"WireGuard", "VLESS"}))


def manifest(directory: Ed25519PrivateKey = KEY) -> Manifest:
    """The keys of a server whose directory is signed by ``directory``."""
    publics = [
        Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32).public_key().public_bytes_raw()
        for number in range(2 * len(Use))
    ]
    keys = [
        Keys(use=use, current=publics[2 * place], next=publics[2 * place + 1])
        for place, use in enumerate(Use)
    ]
    public = directory.public_key().public_bytes_raw()
    keys = [attrs.evolve(one, current=public) if one.use is Use.DIRECTORY else one for one in keys]
    return Manifest(version=1, issued_s=0, expires_s=1 << 40, keys=tuple(keys))


def node(number: int, **changes: Any) -> Entry:  # noqa: ANN401 - whatever a node has
    """A node with nothing against it."""
    plain = Entry(
        id=UUID(int=number),
        country="DE",
        city="Berlin",
        public=False,
        on_probation=False,
        protocols=frozenset({"WireGuard"}),
        bandwidth_mbps=100,
        load=Load.FREE,
        reputation=80,
        latency_ms=30,
    )
    return attrs.evolve(plain, **changes)


def crowd(count: int, seed: int = 1) -> list[Entry]:
    """Many different nodes."""
    dice = Random(seed)  # noqa: S311 - a test repeats itself
    return [
        Entry(
            id=UUID(int=dice.getrandbits(128)),
            country=dice.choice(_COUNTRIES),
            city=dice.choice(_CITIES),
            public=dice.random() < 0.1,
            on_probation=dice.random() < 0.2,
            protocols=dice.choice(_OFFERS),
            bandwidth_mbps=dice.choice((20, 50, 100, 300)),
            load=dice.choice(list(Load)),
            reputation=dice.randrange(101),
            latency_ms=dice.choice((None, dice.randrange(5, 300))),
        )
        for _ in range(count)
    ]


def whole(
    nodes: Iterable[Entry], *, version: int = 1, issued_s: int = 1_000, region: int = REGION
) -> Catalogue:
    return Catalogue(
        region=region,
        version=version,
        issued_s=issued_s,
        expires_s=issued_s + LIFE_S,
        entries={each.id: each for each in nodes},
    )


def etag(file: bytes) -> str:
    return f'"{hashlib.sha256(file).hexdigest()[:32]}"'


@attrs.define
class Server:
    """Answers as the real one does; remembers what it was asked."""

    wholes: dict[int, bytes] = attrs.field(factory=dict)
    deltas: dict[tuple[int, int], bytes] = attrs.field(factory=dict)
    newest: dict[int, int] = attrs.field(factory=dict)
    asked: list[tuple[str, str | None]] = attrs.field(factory=list)
    is_away: bool = False
    key: Ed25519PrivateKey = KEY

    def publish(self, catalogue: Catalogue) -> None:
        """Put a whole file there, or the changes from one version to the next."""
        file = catalogue.sign(KEY_ID, self.key)
        if catalogue.since:
            self.deltas[catalogue.region, catalogue.version] = file
        else:
            self.wholes[catalogue.region] = file
        self.newest[catalogue.region] = catalogue.version

    async def fetch(self, path: str, etag_known: str | None) -> Fetched:
        if self.is_away:
            raise CentralOfflineError("nobody is there")
        self.asked.append((path, etag_known))
        parts = [int(part) for part in path.removeprefix("/v1/directory").split("/") if part]
        if not parts:
            regions = [
                {"region": region, "version": version, "whole_version": 1}
                for region, version in self.newest.items()
            ]
            return Fetched(status=200, body=json.dumps({"regions": regions}).encode())
        file = (
            self.wholes.get(parts[0]) if len(parts) == 1 else self.deltas.get((parts[0], parts[1]))
        )
        if file is None:
            return Fetched(status=404, body=b"")
        if etag(file) == etag_known:
            return Fetched(status=304, body=b"", etag=etag_known)
        return Fetched(status=200, body=file, etag=etag(file))

    def paths(self) -> list[str]:
        """Return what was asked since the last time."""
        asked, self.asked = self.asked, []
        return [path for path, _ in asked]


@attrs.define
class Kept:
    """What a daemon keeps for the next start."""

    files: dict[str, bytes] = attrs.field(factory=dict)

    async def keep(self, name: str, data: bytes) -> None:
        if data:
            self.files[name] = data
        else:
            self.files.pop(name, None)

    def all(self) -> Mapping[str, bytes]:
        return dict(self.files)
