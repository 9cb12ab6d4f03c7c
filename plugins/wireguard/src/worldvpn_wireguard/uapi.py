"""wireguard-go's configuration protocol: text both ways.

Source: https://www.wireguard.com/xplatform/#configuration-protocol. An answer to
``get`` holds the private key in clear: it is read here and goes nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from worldvpn_core.errors import EngineError
from worldvpn_wireguard.changes import host_and_port
from worldvpn_wireguard.device import DeviceChange, PeerChange, PeerState

GET: Final = b"get=1\n\n"
_NS: Final = 1_000_000_000


def set_request(change: DeviceChange) -> bytes:
    """Return the request that applies ``change``."""
    lines = ["set=1", *_device_lines(change)]
    for peer in change.peers:
        lines += _peer_lines(peer)
    return ("\n".join(lines) + "\n\n").encode("ascii")


def check(answer: bytes) -> None:
    """Raise EngineError unless ``answer`` says that the request was carried out."""
    last = answer.rstrip(b"\n").rpartition(b"\n")[2]
    if last != b"errno=0":
        number = last.removeprefix(b"errno=").decode("ascii", "replace")[:16]
        raise EngineError(
            f"wireguard-go refused its configuration (errno {number}): see the log; "
            "connect again, and report it if it stays"
        )


def peer_states(answer: bytes) -> tuple[PeerState, ...]:
    """Return the peers of an answer to ``GET``.

    Raises:
        EngineError: the engine refused, or what it sent is not this protocol.
    """
    check(answer)
    try:
        return tuple(_peer_state(fields) for fields in _peer_fields(answer))
    except (ValueError, KeyError):
        # without its cause: that could quote a key
        raise EngineError("wireguard-go answered in an unknown form") from None


def _device_lines(change: DeviceChange) -> Iterator[str]:
    for key in (change.decoy_key, change.private_key):
        if key is not None:
            yield f"private_key={key.hex()}"
    if change.listen_port is not None:
        yield f"listen_port={change.listen_port}"
    if change.mark is not None:
        yield f"fwmark={change.mark}"


def _peer_lines(peer: PeerChange) -> Iterator[str]:
    yield f"public_key={peer.public_key.hex()}"
    if peer.removed:
        yield "remove=true"
    if peer.known:
        yield "update_only=true"
    if peer.preshared_key is not None:
        yield f"preshared_key={peer.preshared_key.hex()}"
    if peer.endpoint is not None:
        yield f"endpoint={host_and_port(peer.endpoint)}"
    if peer.keepalive_s is not None:
        yield f"persistent_keepalive_interval={peer.keepalive_s}"
    if peer.allowed_ips is not None:
        yield "replace_allowed_ips=true"
        yield from (f"allowed_ip={network}" for network in peer.allowed_ips)


def _peer_fields(answer: bytes) -> Iterator[dict[str, str]]:
    fields: dict[str, str] | None = None
    for line in answer.decode("ascii").split("\n"):
        key, _, value = line.partition("=")
        if key == "public_key":
            if fields is not None:
                yield fields
            fields = {}
        if fields is not None:
            fields[key] = value
    if fields is not None:
        yield fields


def _peer_state(fields: dict[str, str]) -> PeerState:
    seconds = int(fields.get("last_handshake_time_sec", "0"))
    return PeerState(
        public_key=bytes.fromhex(fields["public_key"]),
        handshake_ns=seconds * _NS + int(fields.get("last_handshake_time_nsec", "0")),
        received_bytes=int(fields.get("rx_bytes", "0")),
        sent_bytes=int(fields.get("tx_bytes", "0")),
    )
