"""A self-signed certificate over the TLS key: clients pin its public key, not a name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

import attrs
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from worldvpn_core.credit.manifest import Use
from worldvpn_server.clock import Clock
from worldvpn_server.keys import files
from worldvpn_server.keys.ring import KeyRing

_LIFE: Final = timedelta(days=397)  # what browsers take at most
_RENEW: Final = timedelta(days=30)
_SKEW: Final = timedelta(hours=1)
_NAME: Final = "worldvpn-server"


@attrs.frozen(kw_only=True)
class Certificate:
    """Files for a TLS server, and the SHA-256 of the key's SubjectPublicKeyInfo."""

    certificate: Path
    key: Path
    pin: bytes


def certificate(ring: KeyRing, folder: Path, hosts: Sequence[str], clock: Clock) -> Certificate:
    """Return a certificate of the current TLS key for ``hosts``, made anew only when it must be.

    Raises:
        OSError: ``folder`` cannot be written.
        StartError: others may look into ``folder``.
    """
    files.make_folder(folder)
    kept, secret = folder / "tls.crt", folder / "tls.pem"
    pin = ring.opened().of(Use.TLS).current
    with files.locked(folder):
        if not (kept.exists() and secret.exists() and _holds(kept, ring, hosts, clock.now())):
            pem = ring.tls().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            files.write(secret, pem)
            files.write(kept, _made(ring, hosts, clock.now()))
    return Certificate(certificate=kept, key=secret, pin=pin)


def _holds(path: Path, ring: KeyRing, hosts: Sequence[str], now: datetime) -> bool:
    try:
        found = x509.load_pem_x509_certificate(path.read_bytes())
        named = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    return (
        found.public_key() == ring.tls().public_key()
        and now < found.not_valid_after_utc - _RENEW
        and named == _names(hosts)
    )


def _made(ring: KeyRing, hosts: Sequence[str], now: datetime) -> bytes:
    key = ring.tls()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + _LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_names(hosts), critical=False)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM)


def _names(hosts: Sequence[str]) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([_general(host) for host in hosts or (_NAME,)])


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)
