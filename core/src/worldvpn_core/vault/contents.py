"""What lies in the vault, and the JSON it takes under the seal."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

import attrs
import cattrs
from attrs import validators
from cattrs.gen import make_dict_unstructure_fn

from worldvpn_core import exact
from worldvpn_core.errors import VaultDamagedError

VERSION: Final = 1
#: Raw length of X25519 and Ed25519 private keys (RFC 7748, RFC 8032).
KEY_BYTES: Final = 32
#: Tickets fetched for when the server is away; the server gives a device two.
MOST_AHEAD: Final = 4
MOST_CHARACTERS: Final = 4_096


def _line(_instance: object, attribute: attrs.Attribute[str], value: str) -> None:
    """Refuse what would break out of the one line that a header or a file gives it."""
    if not 1 <= len(value) <= MOST_CHARACTERS or not value.isprintable():
        raise ValueError(f"{attribute.name} must be one line of 1 to {MOST_CHARACTERS} characters")


def _key(_instance: object, attribute: attrs.Attribute[bytes], value: bytes) -> None:
    if len(value) != KEY_BYTES:
        raise ValueError(f"{attribute.name} must have {KEY_BYTES} bytes")


def _lines(instance: object, attribute: attrs.Attribute[Any], value: tuple[str, ...]) -> None:
    if len(value) > MOST_AHEAD:
        raise ValueError(f"{attribute.name} must be {MOST_AHEAD} at most")
    for each in value:
        _line(instance, attribute, each)


def _utc(_instance: object, attribute: attrs.Attribute[datetime], value: datetime) -> None:
    if value.utcoffset() != timedelta(0):
        raise ValueError(f"{attribute.name} must be in UTC")


@attrs.frozen(kw_only=True, repr=False)
class NextKeys:
    """Keys that replace the device's own as soon as the server says that it has them."""

    x25519_private: bytes = attrs.field(validator=_key)
    ed25519_private: bytes = attrs.field(validator=_key)

    def __repr__(self) -> str:
        return "NextKeys()"


@attrs.frozen(kw_only=True, repr=False)
class Secrets:
    """One signed-in account on this device. Shown nowhere: even its ``repr`` is empty."""

    #: The central server's address, such as "https://vpn.example:8443".
    server: str = attrs.field(validator=_line)
    user_id: str = attrs.field(validator=_line)
    username: str = attrs.field(validator=_line)
    device_id: str = attrs.field(validator=_line)
    x25519_private: bytes = attrs.field(validator=_key)
    ed25519_private: bytes = attrs.field(validator=_key)
    refresh_token: str = attrs.field(validator=_line)
    device_keys_made_utc: datetime = attrs.field(validator=_utc)
    #: Sessions held for when the server is away, each with its keys (``central.leases``).
    ahead: tuple[str, ...] = attrs.field(default=(), validator=_lines)
    #: Offered to the server, which may have taken them already. None: there are none.
    next_keys: NextKeys | None = None
    #: What receipts are sealed with on disk; None until there are any.
    receipts_key: bytes | None = attrs.field(default=None, validator=validators.optional(_key))

    def __repr__(self) -> str:
        return "Secrets()"


def to_bytes(secrets: Secrets | None) -> bytes:
    """Return ``secrets``, or the emptiness of a vault nobody has signed in to, as JSON."""
    account = None if secrets is None else _CONVERTER.unstructure(secrets)
    return json.dumps({"version": VERSION, "account": account}).encode()


def from_bytes(raw: bytes) -> Secrets | None:
    """Return what ``to_bytes`` was given.

    Raises:
        VaultDamagedError: it is of another version, or malformed; its values are not named.
    """
    try:
        members: object = json.loads(raw)
        if not isinstance(members, dict) or members.keys() != {"version", "account"}:
            raise VaultDamagedError("the vault's contents are malformed")
        version, account = members["version"], members["account"]
        if version != VERSION:
            raise VaultDamagedError(
                f"the vault is of version {version!r} and this daemon knows {VERSION}: update it"
            )
        return None if account is None else _CONVERTER.structure(account, Secrets)
    except (ValueError, TypeError, RecursionError, cattrs.BaseValidationError) as error:
        kind = type(error).__name__
        raise VaultDamagedError(f"the vault's contents are malformed ({kind})") from None


def _bytes_from(value: object, _kind: object) -> bytes:
    if not isinstance(value, str):
        raise TypeError("must be base64")
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        raise ValueError("must be base64") from None


def _moment_from(value: object, _kind: object) -> datetime:
    if not isinstance(value, str):
        raise TypeError("must be a time")
    return datetime.fromisoformat(value).astimezone(UTC)


def _converter() -> cattrs.Converter:
    made = exact.converter(detailed=False)
    made.register_unstructure_hook(bytes, lambda value: base64.b64encode(value).decode())
    made.register_unstructure_hook(datetime, lambda value: cast("datetime", value).isoformat())
    hooks: dict[Any, Any] = {bytes: _bytes_from, datetime: _moment_from}
    for kind, hook in hooks.items():
        made.register_structure_hook(kind, hook)
    # What is not there is not written, so that a daemon of before reads it, too.
    whole = make_dict_unstructure_fn(Secrets, made, _cattrs_omit_if_default=True)
    made.register_unstructure_hook(Secrets, whole)
    return made


_CONVERTER: Final = _converter()
