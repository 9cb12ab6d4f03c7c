"""WireGuard's handshake and transport, as an initiator: bytes in, bytes out, no socket.

Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s (Donenfeld, "WireGuard: Next Generation Kernel Network
Tunnel", section 5.4). A prober speaks to strangers: whatever they answer is an error at worst.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Callable
from datetime import datetime
from typing import Final

import attrs
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

KEY_BYTES: Final = 32
TRANSPORT_OVERHEAD_BYTES: Final = 32

_CONSTRUCTION: Final = b"Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s"
_IDENTIFIER: Final = b"WireGuard v1 zx2c4 Jason@zx2c4.com"
_LABEL_MAC1: Final = b"mac1----"
_LABEL_COOKIE: Final = b"cookie--"
_INITIATION: Final = struct.Struct("<B3xI32s48s28s16s16s")
_RESPONSE: Final = struct.Struct("<B3xII32s16s16s16s")
_COOKIE_REPLY: Final = struct.Struct("<B3xI24s32s")
_TRANSPORT: Final = struct.Struct("<B3xIQ")
_INITIATION_TYPE: Final = 1
_RESPONSE_TYPE: Final = 2
_TRANSPORT_TYPE: Final = 4
_NO_PSK: Final = bytes(KEY_BYTES)
_MACS_BYTES: Final = 32
_TAG_BYTES: Final = 16
#: TAI64N counts from 1970 with this, leap seconds aside (whitepaper section 5.4.2 asks for no more
#: than that it grows).
_TAI64_EPOCH: Final = 0x400000000000000A
#: Numbers of packets that a receiver takes at most ahead of ours: we send a handful.
_MOST_COUNTER: Final = 2**16


class NoiseError(Exception):
    """What came is no valid answer to what was sent."""


@attrs.frozen
class Initiation:
    """A handshake under way: its first message, and what is needed to read the answer."""

    message: bytes
    _index: int
    _static: X25519PrivateKey = attrs.field(repr=False)
    _ephemeral: X25519PrivateKey = attrs.field(repr=False)
    _chain: bytes = attrs.field(repr=False)
    _hash: bytes = attrs.field(repr=False)

    def finish(self, response: bytes) -> Transport:
        """Read the responder's message and return the keys that both sides now have.

        Raises:
            NoiseError: it is no answer of that responder to this message.
        """
        if len(response) != _RESPONSE.size:
            raise NoiseError(f"a response has {_RESPONSE.size} bytes, this has {len(response)}")
        kind, sender, receiver, raw, empty, mac1, _ = _RESPONSE.unpack(response)
        if (kind, receiver) != (_RESPONSE_TYPE, self._index) or response[1:4] != bytes(3):
            raise NoiseError("this is no response to our message")
        own = self._static.public_key().public_bytes_raw()
        if not hmac.compare_digest(mac1, _mac1(own, response[:-_MACS_BYTES])):
            raise NoiseError("the response was not made for our key")
        chain, running = _mix_key(self._chain, raw), _mix(self._hash, raw)
        chain = _mix_key(chain, _exchange(self._ephemeral, raw))
        chain = _mix_key(chain, _exchange(self._static, raw))
        chain, tau, key = _derive(chain, _NO_PSK, 3)
        if _open(key, 0, empty, _mix(running, tau)) != b"":
            raise NoiseError("the response carries something")
        sending, receiving = _derive(chain, b"", 2)
        return Transport(
            own_index=self._index, peer_index=sender, sending=sending, receiving=receiving
        )


@attrs.define(kw_only=True, eq=False)
class Transport:
    """The keys of an open session, and how many packets were sent."""

    own_index: int
    peer_index: int
    _sending: bytes = attrs.field(repr=False)
    _receiving: bytes = attrs.field(repr=False)
    _counter: int = attrs.field(default=0, init=False)

    def seal(self, packet: bytes) -> bytes:
        """Return the message that carries ``packet``, padded as the protocol asks."""
        counter, self._counter = self._counter, self._counter + 1
        padded = packet + bytes(-len(packet) % 16)
        sealed = ChaCha20Poly1305(self._sending).encrypt(_nonce(counter), padded, b"")
        return _TRANSPORT.pack(_TRANSPORT_TYPE, self.peer_index, counter) + sealed

    def open(self, message: bytes) -> bytes:
        """Return the packet in ``message``, with its padding; b"" is a keep-alive.

        Raises:
            NoiseError: it is none of this session.
        """
        if len(message) < TRANSPORT_OVERHEAD_BYTES:
            raise NoiseError(f"a transport message has no {len(message)} bytes")
        kind, receiver, counter = _TRANSPORT.unpack_from(message)
        if (kind, receiver) != (_TRANSPORT_TYPE, self.own_index) or message[1:4] != bytes(3):
            raise NoiseError("this is no transport message of our session")
        if counter > _MOST_COUNTER:
            raise NoiseError("this message is numbered far too high")
        return _open(self._receiving, counter, message[_TRANSPORT.size :], b"")


def initiate(static: X25519PrivateKey, responder: bytes, index: int, now: datetime) -> Initiation:
    """Return a handshake with the owner of the public key ``responder``.

    ``index`` is any number of 32 bits; a later call with the same ``static`` needs a later ``now``.

    Raises:
        NoiseError: ``responder`` is no usable public key.
    """
    ephemeral = X25519PrivateKey.generate()
    public = ephemeral.public_key().public_bytes_raw()
    running = _mix(_mix(_hash(_CONSTRUCTION), _IDENTIFIER), responder)
    chain = _mix_key(_hash(_CONSTRUCTION), public)
    running = _mix(running, public)
    chain, key = _derive(chain, _exchange(ephemeral, responder), 2)
    sealed_static = _seal(key, static.public_key().public_bytes_raw(), running)
    running = _mix(running, sealed_static)
    chain, key = _derive(chain, _exchange(static, responder), 2)
    sealed_time = _seal(key, _tai64n(now), running)
    running = _mix(running, sealed_time)
    head = _INITIATION.pack(
        _INITIATION_TYPE, index, public, sealed_static, sealed_time, bytes(16), bytes(16)
    )[:-_MACS_BYTES]
    message = head + _mac1(responder, head) + bytes(16)
    return Initiation(message, index, static, ephemeral, chain, running)


def read_initiation(
    private: X25519PrivateKey, message: bytes, is_ours: Callable[[], None]
) -> tuple[bytes, bytes]:
    """Return the public key of whoever sent a first message to ``private``, and its time.

    ``is_ours`` is called once it is certain that it was made for our key, before the curve is
    worked on. Times of one sender grow (TAI64N); whoever takes an older one takes a replay.

    Raises:
        NoiseError: it is no such message, or not from whom it says.
    """
    if len(message) != _INITIATION.size or message[:4] != bytes((_INITIATION_TYPE, 0, 0, 0)):
        raise NoiseError("this is no first message")
    own = private.public_key().public_bytes_raw()
    _, _, ephemeral, sealed_static, sealed_time, mac1, _ = _INITIATION.unpack(message)
    if not hmac.compare_digest(mac1, _mac1(own, message[:-_MACS_BYTES])):
        raise NoiseError("the message was not made for our key")
    is_ours()
    running = _mix(_mix(_hash(_CONSTRUCTION), _IDENTIFIER), own)
    chain = _mix_key(_hash(_CONSTRUCTION), ephemeral)
    running = _mix(running, ephemeral)
    chain, key = _derive(chain, _exchange(private, ephemeral), 2)
    static = _open(key, 0, sealed_static, running)
    running = _mix(running, sealed_static)
    _, key = _derive(chain, _exchange(private, static), 2)
    return static, _open(key, 0, sealed_time, running)


def _tai64n(now: datetime) -> bytes:
    seconds = int(now.timestamp())
    return struct.pack("!QI", _TAI64_EPOCH + seconds, now.microsecond * 1_000)


def _hash(raw: bytes) -> bytes:
    return hashlib.blake2s(raw).digest()


def _mix(running: bytes, raw: bytes) -> bytes:
    return _hash(running + raw)


def _mac1(public: bytes, message: bytes) -> bytes:
    key = _hash(_LABEL_MAC1 + public)
    return hashlib.blake2s(message, key=key, digest_size=16).digest()


def _derive(chain: bytes, material: bytes, count: int) -> list[bytes]:
    """HKDF with HMAC-BLAKE2s: ``Kdf_n`` of the whitepaper."""
    secret = hmac.digest(chain, material, "blake2s")
    outputs, last = [], b""
    for number in range(1, count + 1):
        last = hmac.digest(secret, last + bytes([number]), "blake2s")
        outputs.append(last)
    return outputs


def _mix_key(chain: bytes, material: bytes) -> bytes:
    return _derive(chain, material, 1)[0]


def _exchange(private: X25519PrivateKey, public: bytes) -> bytes:
    try:
        return private.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError as error:
        raise NoiseError("this is no usable public key") from error


def _nonce(counter: int) -> bytes:
    return struct.pack("<4xQ", counter)


def _seal(key: bytes, raw: bytes, running: bytes) -> bytes:
    return ChaCha20Poly1305(key).encrypt(_nonce(0), raw, running)


def _open(key: bytes, counter: int, sealed: bytes, running: bytes) -> bytes:
    try:
        return ChaCha20Poly1305(key).decrypt(_nonce(counter), sealed, running)
    except InvalidTag as error:
        raise NoiseError("the message is not from whom it says") from error
