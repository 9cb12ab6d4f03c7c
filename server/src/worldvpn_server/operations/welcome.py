"""What to know when the server starts: its fingerprint, and where the root key lies."""

from __future__ import annotations

from worldvpn_core.credit.manifest import Use
from worldvpn_server.clock import Clock
from worldvpn_server.config import ServerConfig
from worldvpn_server.keys.ring import KeyRing
from worldvpn_server.operations import secret
from worldvpn_server.operations.tls import Tls


def lines(config: ServerConfig, clock: Clock) -> tuple[str, ...]:
    """Make the keys that are missing; return the sentences to show.

    Raises:
        StartError: keys or certificate cannot be used.
    """
    ring = KeyRing.open(config.keys, clock)
    secret.made(config.keys)
    said = [f"root key (clients and nodes pin it): {ring.root_public().hex()}"]
    if config.tls:
        Tls.of(config, ring, clock)
        if config.cert is None:
            pin = ring.opened().of(Use.TLS).current.hex()
            said.append(f"TLS is self-signed; SHA-256 of its public key: {pin}")
    root = ring.root_file()
    if root is not None:
        said.append(
            f"move the offline root key away from this machine now, and keep a copy: {root}\n"
            "  who has it can replace every other key; it is needed only by `keys rotate`"
        )
    return tuple(said)
