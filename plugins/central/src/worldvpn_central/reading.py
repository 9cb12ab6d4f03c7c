"""Reading what the server said, strictly: a field is of its type, or the answer is refused."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Any, Final, Self
from urllib.parse import urlsplit

from worldvpn_core.errors import CentralOfflineError
from worldvpn_core.types import Carrier, Endpoint, IpAddress, IpNetwork

_MOST_TOKEN: Final = 2_048


def senseless(name: str) -> CentralOfflineError:
    """Return the error for an answer that cannot be read; nothing of it is quoted."""
    return CentralOfflineError(f"the central server's answer makes no sense: {name}")


class Fields:
    """A JSON object, read by name. Every method raises CentralOfflineError on another type."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._raw: Final = raw

    @classmethod
    def parse(cls, body: bytes | str) -> Self:
        """Read an object."""
        try:
            raw = json.loads(body)
        except (ValueError, RecursionError):
            raise senseless("it is no JSON") from None
        if not isinstance(raw, dict):
            raise senseless("it is no object")
        return cls(raw)

    def text(self, name: str) -> str:
        value = self._raw.get(name)
        if not isinstance(value, str):
            raise senseless(name)
        return value

    def token(self, name: str) -> str:
        """Return what may stand in a header."""
        value = self.text(name)
        if not (value.isascii() and value.isprintable() and 0 < len(value) <= _MOST_TOKEN):
            raise senseless(name)
        return value

    def maybe(self, name: str) -> str | None:
        return None if self._raw.get(name) is None else self.text(name)

    def number(self, name: str) -> int:
        value = self._raw.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise senseless(name)
        return value

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        value = self._raw.get(name, default)
        if not isinstance(value, bool):
            raise senseless(name)
        return value

    def inner(self, name: str) -> Fields | None:
        value = self._raw.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise senseless(name)
        return Fields(value)

    def places(self, name: str) -> tuple[Endpoint, ...]:
        """Return those of a list of endpoints that are reached by UDP."""
        value = self._raw.get(name)
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise senseless(name)
        found = [Fields(each) for each in value]
        try:
            return tuple(
                Endpoint(host=each.address("host"), port=each.number("port"))
                for each in found
                if each.text("carrier") == Carrier.UDP.value
            )
        except ValueError:
            raise senseless(name) from None

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._raw.get(name)
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise senseless(name)
        return tuple(value)

    def objects(self, name: str) -> tuple[Fields, ...]:
        value = self._raw.get(name)
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise senseless(name)
        return tuple(map(Fields, value))

    def items(self) -> tuple[tuple[str, str], ...]:
        """Return the whole object, all of text."""
        return tuple((name, self.text(name)) for name in self._raw)

    def key(self, name: str) -> bytes:
        """Return a key in Base64."""
        return _base64(name, self.text(name))

    def keys(self, name: str) -> tuple[bytes, ...]:
        """Return keys in Base64."""
        return tuple(_base64(name, text) for text in self.texts(name))

    def numbers(self, name: str) -> tuple[int, ...]:
        value = self._raw.get(name)
        if not isinstance(value, list) or not all(type(each) is int for each in value):
            raise senseless(name)
        return tuple(value)

    def ticket(self, name: str) -> bytes:
        """Return a ticket in base64url without padding."""
        text = self.text(name)
        standard = text.replace("-", "+").replace("_", "/")
        return _base64(name, standard + "=" * (-len(standard) % 4))

    def time_s(self, name: str) -> int:
        """Return a time with its zone (RFC 3339), in Unix seconds."""
        try:
            found = datetime.fromisoformat(self.text(name))
            if found.tzinfo is None:
                raise senseless(name)
            return max(0, int(found.timestamp()))
        except (ValueError, OverflowError):
            raise senseless(name) from None

    def address(self, name: str) -> IpAddress:
        try:
            return ip_address(self.text(name))
        except ValueError:
            raise senseless(name) from None

    def addresses(self, name: str) -> tuple[IpAddress, ...]:
        try:
            return tuple(map(ip_address, self.texts(name)))
        except ValueError:
            raise senseless(name) from None

    def networks(self, name: str) -> tuple[IpNetwork, ...]:
        try:
            return tuple(map(ip_network, self.texts(name)))
        except ValueError:
            raise senseless(name) from None

    def network(self, name: str) -> IpNetwork:
        try:
            return ip_network(self.text(name))
        except ValueError:
            raise senseless(name) from None

    def endpoint(self, name: str) -> Endpoint:
        """Return ADDRESS:PORT, an IPv6 address in brackets."""
        try:
            parts = urlsplit(f"//{self.text(name)}")
            if parts.port is None:
                raise senseless(name)
            return Endpoint(host=ip_address(parts.hostname or ""), port=parts.port)
        except ValueError:
            raise senseless(name) from None


def _base64(name: str, text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise senseless(name) from None
