"""How a prompt's answer travels: libgcr's exchange ``sx-aes-1``, the prompter's side.

Both sides send a key file with a Diffie-Hellman key; an answer is in it as AES in CBC
mode. The group is the one of 1,536 bits in RFC 3526.
"""

from __future__ import annotations

import base64
import configparser
import secrets
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.padding import PKCS7

PROTOCOL: Final = "sx-aes-1"
GENERATOR: Final = 2
PRIME_BYTES: Final = 192
KEY_BYTES: Final = 16
PRIME: Final = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74"
    "020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437"
    "4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05"
    "98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB"
    "9ED529077096966D670C354E4ABC9804F1746C08CA237327FFFFFFFFFFFFFFFF",
    16,
)


class Exchange:
    """One conversation, which may carry several answers."""

    def __init__(self) -> None:
        self._private = secrets.randbelow(PRIME - 3) + 2

    def begun(self) -> str:
        """Return what the other side needs to send and to read anything."""
        return _key_file(public=_in_bytes(pow(GENERATOR, self._private, PRIME)))

    def sealed(self, received: str, answer: str) -> str:
        """Return ``answer`` for whoever sent ``received``."""
        iv = secrets.token_bytes(KEY_BYTES)
        padder = PKCS7(8 * KEY_BYTES).padder()
        padded = padder.update(answer.encode()) + padder.finalize()
        cipher = Cipher(algorithms.AES128(self._key(received)), modes.CBC(iv)).encryptor()
        public = _in_bytes(pow(GENERATOR, self._private, PRIME))
        return _key_file(public=public, secret=cipher.update(padded) + cipher.finalize(), iv=iv)

    def _key(self, received: str) -> bytes:
        parser = configparser.ConfigParser(delimiters=("=",), interpolation=None)
        parser.read_string(received)
        theirs = int.from_bytes(base64.b64decode(parser[PROTOCOL]["public"]), "big")
        shared = _in_bytes(pow(theirs, self._private, PRIME))
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=None).derive(shared)


def _in_bytes(number: int) -> bytes:
    return number.to_bytes(PRIME_BYTES, "big")


def _key_file(**values: bytes) -> str:
    lines = (f"{name}={base64.b64encode(value).decode()}" for name, value in values.items())
    return "\n".join((f"[{PROTOCOL}]", *lines, ""))
