"""The other end of a handshake, as the whitepaper has it: written apart from what it tests."""

from __future__ import annotations

import hashlib
import hmac
import struct

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305


def _h(*parts: bytes) -> bytes:
    return hashlib.blake2s(b"".join(parts)).digest()


def _kdf(key: bytes, data: bytes) -> tuple[bytes, bytes, bytes]:
    t0 = hmac.digest(key, data, "blake2s")
    t1 = hmac.digest(t0, b"\x01", "blake2s")
    t2 = hmac.digest(t0, t1 + b"\x02", "blake2s")
    return t1, t2, hmac.digest(t0, t2 + b"\x03", "blake2s")


class Responder:
    """Answers one initiation; then seals and opens packets."""

    def __init__(self) -> None:
        self._static = X25519PrivateKey.generate()
        self.public = self._static.public_key().public_bytes_raw()
        self.peer = b""
        self._sending = self._receiving = b""
        self._peer_index = 0
        self._counter = 0

    def answer(self, initiation: bytes, index: int = 77) -> bytes:
        kind, sender, ephemeral = struct.unpack_from("<II32s", initiation)
        assert (kind, len(initiation)) == (1, 148)
        mac_key = _h(b"mac1----", self.public)
        mac = hashlib.blake2s(initiation[:116], key=mac_key, digest_size=16).digest()
        assert mac == initiation[116:132]
        c = _h(b"Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s")
        h = _h(_h(_h(c, b"WireGuard v1 zx2c4 Jason@zx2c4.com"), self.public), ephemeral)
        c = _kdf(c, ephemeral)[0]
        c, k, _ = _kdf(c, self._dh(self._static, ephemeral))
        self.peer = ChaCha20Poly1305(k).decrypt(bytes(12), initiation[40:88], h)
        h = _h(h, initiation[40:88])
        c, k, _ = _kdf(c, self._dh(self._static, self.peer))
        ChaCha20Poly1305(k).decrypt(bytes(12), initiation[88:116], h)
        h = _h(h, initiation[88:116])
        own = X25519PrivateKey.generate()
        public = own.public_key().public_bytes_raw()
        c, h = _kdf(c, public)[0], _h(h, public)
        c = _kdf(_kdf(c, self._dh(own, ephemeral))[0], self._dh(own, self.peer))[0]
        c, t, k = _kdf(c, bytes(32))
        empty = ChaCha20Poly1305(k).encrypt(bytes(12), b"", _h(h, t))
        self._receiving, self._sending, _ = _kdf(c, b"")
        self._peer_index, self._counter = sender, 0
        head = struct.pack("<III", 2, index, sender) + public + empty
        key = _h(b"mac1----", self.peer)
        return head + hashlib.blake2s(head, key=key, digest_size=16).digest() + bytes(16)

    def open(self, message: bytes) -> bytes:
        _, _, counter = struct.unpack_from("<IIQ", message)
        nonce = struct.pack("<4xQ", counter)
        return ChaCha20Poly1305(self._receiving).decrypt(nonce, message[16:], b"")

    def seal(self, packet: bytes) -> bytes:
        nonce = struct.pack("<4xQ", self._counter)
        sealed = ChaCha20Poly1305(self._sending).encrypt(nonce, packet, b"")
        head = struct.pack("<IIQ", 4, self._peer_index, self._counter)
        self._counter += 1
        return head + sealed

    @staticmethod
    def _dh(private: X25519PrivateKey, public: bytes) -> bytes:
        return private.exchange(X25519PublicKey.from_public_bytes(public))
