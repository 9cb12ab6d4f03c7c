"""Which changes open a tunnel and wake its peer: pure, and the same for every engine."""

from __future__ import annotations

from typing import Final

from worldvpn_core.errors import ConfigError
from worldvpn_core.types import MARK, Endpoint
from worldvpn_wireguard.device import DeviceChange, PeerChange
from worldvpn_wireguard.options import PeerOptions, WireGuardOptions

#: A keepalive for as long as the first handshake takes, where the profile wants none:
#: an interface that comes up calls only those peers that have one.
OPENING_KEEPALIVE_S: Final = 25


def endpoint_of(peer: PeerOptions, remotes: tuple[Endpoint, ...]) -> Endpoint | None:
    """Return where ``peer`` is reached, None if only it calls us.

    Raises:
        ConfigError: its server is not among ``remotes``.
    """
    if peer.server is None:
        return None
    if peer.server >= len(remotes):
        raise ConfigError(
            f"a peer's server is number {peer.server}, but the profile has {len(remotes)}: "
            "import the profile again"
        )
    return remotes[peer.server]


def endpoints_of(options: WireGuardOptions, remotes: tuple[Endpoint, ...]) -> tuple[Endpoint, ...]:
    """Return every address that the peers are reached at, each once, in their order."""
    found = (endpoint_of(peer, remotes) for peer in options.peers)
    return tuple(dict.fromkeys(endpoint for endpoint in found if endpoint is not None))


def host_and_port(endpoint: Endpoint) -> str:
    """Return ``endpoint`` as wg(8) writes it: "198.51.100.7:51820", "[2001:db8::7]:51820"."""
    return str(endpoint).removesuffix(f"/{endpoint.carrier}")


def opening(options: WireGuardOptions, remotes: tuple[Endpoint, ...]) -> DeviceChange:
    """Return the change that prepares an interface which is not up yet."""
    return DeviceChange(
        private_key=options.private_key,
        listen_port=options.listen_port,
        mark=MARK,
        peers=tuple(
            PeerChange(
                public_key=peer.public_key,
                preshared_key=peer.preshared_key,
                endpoint=endpoint_of(peer, remotes),
                keepalive_s=peer.keepalive_s or (OPENING_KEEPALIVE_S if peer is primary else 0),
                allowed_ips=peer.allowed_ips,
            )
            for primary in (options.primary,)
            for peer in options.peers
        ),
    )


def opened(options: WireGuardOptions) -> DeviceChange | None:
    """Return what is to be undone of ``opening`` once the peer has answered; None: nothing."""
    calm = () if options.primary.keepalive_s else (_keepalive(options.primary, 0),)
    # Who carries nothing was called only to be seen: the remote has come through.
    called = tuple(
        PeerChange(public_key=peer.public_key, known=True, removed=True)
        for peer in options.peers
        if not peer.allowed_ips and peer.server is not None and peer is not options.primary
    )
    return DeviceChange(peers=(*calm, *called)) if calm or called else None


def rehandshake(
    options: WireGuardOptions, remotes: tuple[Endpoint, ...], decoy_key: bytes
) -> DeviceChange:
    """Return the change that makes the primary peer shake hands anew, at once.

    The change of key ends the sessions for sending: packets wait for the new one,
    while what arrives under the old one is still read. Turning the keepalive on
    (wg(8): "off" to an interval) then sends one, which needs the new session.
    """
    primary = options.primary
    steps = (0, primary.keepalive_s) if primary.keepalive_s else (0, OPENING_KEEPALIVE_S, 0)
    first, *others = (_keepalive(primary, seconds) for seconds in steps)
    again = PeerChange(
        public_key=first.public_key,
        known=True,
        endpoint=endpoint_of(primary, remotes),
        keepalive_s=first.keepalive_s,
    )
    return DeviceChange(
        decoy_key=decoy_key, private_key=options.private_key, peers=(again, *others)
    )


def _keepalive(peer: PeerOptions, keepalive_s: int) -> PeerChange:
    return PeerChange(public_key=peer.public_key, known=True, keepalive_s=keepalive_s)
