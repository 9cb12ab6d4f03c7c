"""A session with a node, as the client holds it: what was granted, and the keys it is used with."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_interface
from typing import Final
from uuid import uuid4

import attrs
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from worldvpn_core.central.calls import Open, PublicKeys
from worldvpn_core.central.place import PREFIX, Place, PlaceKind
from worldvpn_core.central.replies import Granted
from worldvpn_core.central.tried import Measured
from worldvpn_core.contracts import SessionTransport
from worldvpn_core.types import Profile, Server, SessionKeys

#: A ticket that ends sooner than this is not begun with.
LEAST_LEFT_S: Final = 20.0


@attrs.frozen(kw_only=True)
class FreshKeys:
    """Keys drawn for one session alone, so that nodes cannot tell who comes again."""

    x25519: bytes = attrs.field(repr=False)
    ed25519: bytes = attrs.field(repr=False)

    @classmethod
    def drawn(cls) -> FreshKeys:
        """Return new ones, from the system's randomness."""
        return cls(
            x25519=X25519PrivateKey.generate().private_bytes_raw(),
            ed25519=Ed25519PrivateKey.generate().private_bytes_raw(),
        )

    @property
    def public(self) -> PublicKeys:
        """What the server and the node are told."""
        receipts = Ed25519PrivateKey.from_private_bytes(self.ed25519).public_key()
        tunnel = X25519PrivateKey.from_private_bytes(self.x25519).public_key()
        return PublicKeys(x25519=tunnel.public_bytes_raw(), ed25519=receipts.public_bytes_raw())


@attrs.frozen(kw_only=True)
class Lease:
    """An open session. ``expires_s`` and ``cap_bytes`` are those of its newest ticket.

    ``used``: something may have been carried by it, where it was fetched ahead.
    """

    place: Place
    transport: str
    granted: Granted
    keys: FreshKeys
    expires_s: int
    cap_bytes: int
    used: bool = False

    @property
    def id(self) -> str:
        """The session's id."""
        return self.granted.session_id

    def left_s(self, now_s: float) -> float:
        """Seconds until its ticket ends."""
        return self.expires_s - now_s

    def is_at(self, place: Place) -> bool:
        """Say whether its node is at ``place``, as far as is known of it."""
        match place.kind:
            case PlaceKind.FASTEST:
                return True
            case PlaceKind.COUNTRY:
                return self.granted.country == place.country
            case PlaceKind.NODE:
                return self.granted.node_id == place.node
            case PlaceKind.CITY:
                return self.place == place

    def shown(self) -> Mapping[str, object]:
        """Return what the snapshot has of it: no keys, and no ticket."""
        return {
            "node_id": self.granted.node_id,
            "country": self.granted.country,
            "place": str(self.place),
            "expires_s": self.expires_s,
            "cap_bytes": self.cap_bytes,
        }


@attrs.frozen(kw_only=True)
class Choice:
    """What is asked for: where, by which transport, around which nodes, instead of what."""

    place: Place
    transport: str
    blocked: tuple[str, ...] = ()
    favourites: tuple[str, ...] = ()
    measured: tuple[Measured, ...] = ()
    replaces: str | None = None
    ahead: bool = False

    def call(self, keys: FreshKeys) -> Open:
        """Return the call that opens a session for it."""
        return Open(
            place=self.place,
            protocol=self.transport,
            keys=keys.public,
            key=uuid4().hex,
            avoided=self.blocked,
            favourites=self.favourites,
            measured=self.measured,
            replaces=self.replaces,
            ahead=self.ahead,
        )

    @property
    def is_free(self) -> bool:
        """Whether the place leaves another node to be taken."""
        return self.place.kind is not PlaceKind.NODE


def target_of(place: Place) -> str:
    """Return ``place`` as it stands where a profile's id could."""
    return f"{PREFIX}{place}"


def place_of(target: str) -> Place | None:
    """Return the place that ``target`` names; None: it is a profile's id. Raises ConfigError."""
    return Place.parse(target.removeprefix(PREFIX)) if target.startswith(PREFIX) else None


def profile_of(lease: Lease, transport: SessionTransport) -> Profile:
    """Return the profile by which ``transport`` uses ``lease``. Pure.

    It names no resolver: a stranger's node must neither see names nor forge their answers.
    """
    granted = lease.granted
    listener = granted.listener
    keys = SessionKeys(
        private_key=lease.keys.x25519,
        remote_key=granted.node_x25519,
        seen_by_key=None if listener is None else listener[0],
    )
    endpoints = (granted.endpoint,) if listener is None else (granted.endpoint, listener[1])
    return Profile(
        id=lease.id,
        name=str(lease.place),
        transport=lease.transport,
        servers=tuple(
            Server(host=str(each.host), port=each.port, carrier=each.carrier) for each in endpoints
        ),
        addresses=(ip_interface(granted.assigned4), ip_interface(granted.assigned6)),
        options=tuple(sorted(transport.session_options(keys).items())),
    )
