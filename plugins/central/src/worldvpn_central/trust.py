"""Whom a connection may be with: by a pinned key, or by authorities, and by the root's word."""

from __future__ import annotations

import hashlib
import hmac
import ssl

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_der_x509_certificate

from worldvpn_core.central.server import CentralServer
from worldvpn_core.credit.manifest import Manifest, Use
from worldvpn_core.errors import CentralOfflineError


class Trust:
    """Decides about certificates. ``context`` is made once, for it opens files."""

    def __init__(self, server: CentralServer) -> None:
        self._pin = server.spki_sha256
        self._named: frozenset[bytes] = frozenset()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self._pin is None:
            self.context.load_verify_locations(cafile=server.ca_file)
        else:
            # The key is compared instead, before a byte is sent.
            self.context.check_hostname = False
            self.context.verify_mode = ssl.CERT_NONE
        self.context.set_alpn_protocols(["h2", "http/1.1"])

    def learn(self, manifest: Manifest) -> None:
        """Believe in the certificates' keys that the root names, the coming one too."""
        keys = manifest.of(Use.TLS)
        self._named = frozenset({keys.current, keys.next})

    def check(self, certificate: bytes | None) -> None:
        """Accept ``certificate`` (DER). Raises CentralOfflineError where it is another's."""
        if self._pin is None:
            return  # the chain and the name were checked by OpenSSL
        found = b"" if certificate is None else _spki_sha256(certificate)
        if not any(hmac.compare_digest(found, each) for each in {self._pin, *self._named}):
            raise CentralOfflineError(
                "the central server has another certificate than the one that daemon.toml pins: "
                "nothing was sent to it; either it was replaced, or somebody stands in between "
                f"(its key is {found.hex()})"
            )


def _spki_sha256(certificate: bytes) -> bytes:
    try:
        key = load_der_x509_certificate(certificate).public_key()
    except ValueError:
        return b""
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).digest()
