"""Which central server this host belongs to: the table ``[central]`` of daemon.toml.

All of it is root's word. Nothing is looked up by name, so that the server can be reached
while names cannot be asked for, and a name's owner cannot move it elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import attrs
from attrs import validators

from worldvpn_core.types import Carrier, Endpoint

KEY_BYTES: Final = 32
DNS_PORTS: Final = (53, 853)
#: More are no help: the first that answers is taken.
MOST_ADDRESSES: Final = 16
_KEYS: Final = frozenset({"url", "addresses", "root_key", "spki_sha256", "ca_file"})
_HEX: Final = re.compile(f"[0-9a-f]{{{2 * KEY_BYTES}}}")
#: A host's name or address, and perhaps a port.
_AUTHORITY: Final = re.compile(
    r"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?"
)
_ADDRESS: Final = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<four>[0-9.]+)):(?P<port>[0-9]{1,5})"
)


def _is_https(_: object, attribute: attrs.Attribute[str], value: str) -> None:
    parts = urlsplit(value)
    plain = f"https://{parts.netloc}"
    if (
        not _AUTHORITY.fullmatch(parts.netloc)
        or value not in {plain, f"{plain}/"}
        or parts.port == 0
    ):
        raise ValueError(
            f"{attribute.name} must be https://HOST or https://HOST:PORT, not {value!r}"
        )


def _is_carried_by_tcp(
    _: object, attribute: attrs.Attribute[tuple[Endpoint, ...]], value: tuple[Endpoint, ...]
) -> None:
    for each in value:
        host = each.host
        if each.carrier is not Carrier.TCP:
            raise ValueError(f"{attribute.name}: {each} is not TCP")
        # The firewall lets nothing to them out of the tunnel, in any state (docs/security.md).
        if each.port in DNS_PORTS:
            raise ValueError(f"{attribute.name}: port {each.port} is for DNS alone")
        if host.is_multicast or host.is_unspecified or getattr(host, "scope_id", None):
            raise ValueError(f"{attribute.name}: nobody can be reached at {host}")


@attrs.frozen(kw_only=True)
class CentralServer:
    """A central server, where it is, and by what it is known."""

    url: str = attrs.field(validator=_is_https)
    addresses: tuple[Endpoint, ...] = attrs.field(
        validator=[
            validators.min_len(1),
            validators.max_len(MOST_ADDRESSES),
            _is_carried_by_tcp,
        ]
    )
    #: Ed25519, offline: signs the manifest of all other keys.
    root_key: bytes = attrs.field(
        validator=[validators.min_len(KEY_BYTES), validators.max_len(KEY_BYTES)]
    )
    #: SHA-256 of the certificate's SubjectPublicKeyInfo; None: ``ca_file`` decides.
    spki_sha256: bytes | None = attrs.field(
        default=None,
        validator=validators.optional(
            [validators.min_len(KEY_BYTES), validators.max_len(KEY_BYTES)]
        ),
    )
    #: The authorities that may have signed the certificate.
    ca_file: Path | None = None

    def __attrs_post_init__(self) -> None:
        if (self.spki_sha256 is None) == (self.ca_file is None):
            raise ValueError("give either spki_sha256 or ca_file")
        if self.ca_file is not None and not self.ca_file.is_absolute():
            raise ValueError(f"ca_file must be absolute, not {str(self.ca_file)!r}")

    @property
    def server_name(self) -> str:
        """What the certificate is asked for by (RFC 6066 section 3)."""
        return urlsplit(self.url).hostname or ""

    def table(self) -> dict[str, object]:
        """Return the table that ``central_server`` reads."""
        known: dict[str, object] = {
            "url": self.url,
            "addresses": [str(each).removesuffix(f"/{each.carrier}") for each in self.addresses],
            "root_key": self.root_key.hex(),
        }
        if self.ca_file is not None:
            return {**known, "ca_file": str(self.ca_file)}
        return {**known, "spki_sha256": (self.spki_sha256 or b"").hex()}


def central_server(table: Mapping[str, object]) -> CentralServer:
    """Return what ``table`` says. Pure.

    Raises:
        ValueError, TypeError, KeyError: a key is unknown or missing, or has a wrong value.
    """
    if unknown := sorted(set(table) - _KEYS):
        known = ", ".join(sorted(_KEYS))
        raise ValueError(f"unknown keys in [central]: {', '.join(unknown)}; known: {known}")
    addresses = table["addresses"]
    if not isinstance(addresses, list):
        raise TypeError("addresses is not a list")
    pin, ca_file = table.get("spki_sha256"), table.get("ca_file")
    return CentralServer(
        url=_text("url", table["url"]),
        addresses=tuple(map(_endpoint, addresses)),
        root_key=_key("root_key", table["root_key"]),
        spki_sha256=None if pin is None else _key("spki_sha256", pin),
        ca_file=None if ca_file is None else Path(_text("ca_file", ca_file)),
    )


def _endpoint(value: object) -> Endpoint:
    found = _ADDRESS.fullmatch(_text("addresses", value))
    if found is None:
        raise ValueError(f"addresses: {value!r} is not ADDRESS:PORT or [ADDRESS]:PORT")
    host = ip_address(found["six"] or found["four"])
    if isinstance(host, IPv6Address) is not bool(found["six"]):
        raise ValueError(f"addresses: brackets are for IPv6, {value!r}")
    return Endpoint(host=host, port=int(found["port"]), carrier=Carrier.TCP)


def _key(name: str, value: object) -> bytes:
    text = _text(name, value)
    if not _HEX.fullmatch(text):
        raise ValueError(f"{name} must be {2 * KEY_BYTES} hexadecimal digits in lower case")
    return bytes.fromhex(text)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name}: {value!r} is not text")
    return value
