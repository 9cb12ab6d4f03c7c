"""What daemon and agent say to each other: frozen values, one JSON object each.

Both directions are read strictly, the agent's above all: whatever is not exactly one of
these values, within its limits, ends the conversation.
"""

from __future__ import annotations

import json
import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Final, NoReturn, cast

import attrs
import cattrs
from attrs import validators
from cattrs.strategies import configure_tagged_union

from worldvpn_core.agent.limits import refuse_beyond_limits
from worldvpn_core.agent.spec import MOST_ADDRESSES, SocketKind, SocketWanted
from worldvpn_core.central.statement import SIGNATURE_BYTES, Purpose, Statement
from worldvpn_core.config import BootstrapResolver
from worldvpn_core.errors import AgentError, ConfigError
from worldvpn_core.profile_codec import profile_from_json, profile_to_json
from worldvpn_core.types import Carrier, IpAddress, Profile

MOST_READERS: Final = 32
MOST_SENTENCE_CHARACTERS: Final = 1_000
#: "fe80::1%" and an interface's name.
_MOST_ADDRESS_CHARACTERS: Final = 64
#: Nothing longer than a signature is said in bytes; one way to write each.
_HEX: Final = re.compile(f"(?:[0-9a-f]{{2}}){{0,{SIGNATURE_BYTES}}}")


def _printable(_instance: object, attribute: attrs.Attribute[str], value: str) -> None:
    # It is shown on terminals and written to logs: no control characters.
    if not value.isprintable() or len(value) > MOST_SENTENCE_CHARACTERS:
        raise ValueError(f"{attribute.name} is too long or not printable")


def _public(_instance: object, _attribute: attrs.Attribute[Any], value: IpAddress) -> None:
    if value.is_multicast or value.is_unspecified or getattr(value, "scope_id", None):
        raise ValueError("an address nobody can be reached at")


@attrs.frozen(kw_only=True)
class ReadProfile:
    """Daemon: read the text in the packet's descriptor as a profile called ``name``."""

    id: int
    name: str


@attrs.frozen(kw_only=True)
class Resolve:
    """Daemon: find the addresses of ``name``.

    Without ``resolvers`` the packet's descriptor is resolv.conf(5), and those are asked.
    """

    id: int
    name: str
    resolvers: tuple[BootstrapResolver, ...] = ()


@attrs.frozen(kw_only=True)
class SocketGiven:
    """Daemon: the socket asked for under ``id`` is the packet's descriptor, connected."""

    id: int


@attrs.frozen(kw_only=True)
class SocketRefused:
    """Daemon: there is no such socket."""

    id: int
    reason: str


@attrs.frozen(kw_only=True)
class SignatureGiven:
    """Daemon: the signature over the statement asked for under ``id``."""

    id: int
    signature: bytes = attrs.field(
        validator=[validators.min_len(SIGNATURE_BYTES), validators.max_len(SIGNATURE_BYTES)]
    )


@attrs.frozen(kw_only=True)
class SignatureRefused:
    """Daemon: that is not signed."""

    id: int
    reason: str


@attrs.frozen(kw_only=True)
class Ready:
    """Agent: confined, and reading from now on."""

    readers: tuple[str, ...] = attrs.field(
        validator=[validators.max_len(MOST_READERS), validators.deep_iterable(_printable)]
    )


@attrs.frozen(kw_only=True)
class ProfileRead:
    """Agent: the answer to ``ReadProfile``."""

    id: int
    profile: Profile


@attrs.frozen(kw_only=True)
class Resolved:
    """Agent: the answer to ``Resolve``; at least one address."""

    id: int
    addresses: tuple[IpAddress, ...] = attrs.field(
        validator=[
            validators.min_len(1),
            validators.max_len(2 * MOST_ADDRESSES),
            validators.deep_iterable(_public),
        ]
    )


@attrs.frozen(kw_only=True)
class Failed:
    """Agent: the request could not be fulfilled; ``code`` is one of ``errors``."""

    id: int
    code: str = attrs.field(validator=_printable)
    message: str = attrs.field(validator=_printable)


@attrs.frozen(kw_only=True)
class SocketAsked:
    """Agent: open a socket for ``request``, and answer under ``id``."""

    id: int
    request: int
    wanted: SocketWanted


@attrs.frozen(kw_only=True)
class SignatureAsked:
    """Agent: sign ``statement`` for ``request`` with the device's key, and answer under ``id``."""

    id: int
    request: int
    statement: Statement


DaemonMessage = (
    ReadProfile | Resolve | SocketGiven | SocketRefused | SignatureGiven | SignatureRefused
)
AgentMessage = Ready | ProfileRead | Resolved | Failed | SocketAsked | SignatureAsked


def packed(message: DaemonMessage | AgentMessage) -> bytes:
    """Return the packet that says ``message``."""
    side = DaemonMessage if isinstance(message, DaemonMessage) else AgentMessage
    raw = _CONVERTER.unstructure(message, unstructure_as=side)
    return json.dumps(raw, separators=(",", ":")).encode()


def from_daemon(data: bytes) -> DaemonMessage:
    """Return what the daemon said. Raises AgentError."""
    return cast(DaemonMessage, _read(data, DaemonMessage))


def from_agent(data: bytes) -> AgentMessage:
    """Return what the agent said: nothing of it is believed before.

    Raises:
        AgentError: it is no message of the agent's; no value of it is quoted.
    """
    return cast(AgentMessage, _read(data, AgentMessage))


def _read(data: bytes, side: object) -> object:
    try:
        raw = json.loads(data, parse_constant=_no_number)
        return _CONVERTER.structure(raw, cast(Any, side))
    except (ConfigError, ArithmeticError, AttributeError, LookupError, TypeError) as error:
        found: Exception = error
    except (ValueError, RecursionError, cattrs.errors.ForbiddenExtraKeysError) as error:
        found = error
    raise AgentError(f"a packet is malformed ({type(found).__name__})")


def _no_number(_text: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON (RFC 8259 §6)")


def _address(value: object, _kind: object) -> IpAddress:
    if not isinstance(value, str) or len(value) > _MOST_ADDRESS_CHARACTERS:
        raise TypeError("no address")
    return ip_address(value)


def _exactly(value: object, kind: type) -> object:
    if type(value) is not kind:
        raise TypeError(f"no {kind.__name__}")
    return value


def _bytes(value: object, _kind: object) -> bytes:
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise TypeError("no bytes")
    return bytes.fromhex(value)


def _purpose(value: object, _kind: object) -> Purpose:
    return Purpose(cast(int, _exactly(value, int)))


def _profile(value: object, _kind: object) -> Profile:
    profile = profile_from_json(value)
    refuse_beyond_limits(profile)
    return profile


def _converter() -> cattrs.Converter:
    made = cattrs.Converter(forbid_extra_keys=True, detailed_validation=False)
    made.register_structure_hook(str, _exactly)
    made.register_structure_hook(int, _exactly)
    made.register_structure_hook(bytes, _bytes)
    made.register_unstructure_hook(bytes, bytes.hex)
    made.register_structure_hook(Purpose, _purpose)
    # Named, for cattrs would take them for the texts that they are, too.
    made.register_structure_hook(SocketKind, lambda value, _kind: SocketKind(value))
    made.register_structure_hook(Carrier, lambda value, _kind: Carrier(value))
    made.register_structure_hook_func(lambda kind: kind == IpAddress, _address)
    made.register_structure_hook(Profile, _profile)
    made.register_unstructure_hook(Profile, profile_to_json)
    for kind in (IPv4Address, IPv6Address):
        made.register_unstructure_hook(kind, str)
    for side in (DaemonMessage, AgentMessage):
        configure_tagged_union(side, made, tag_name="say")
    return made


_CONVERTER: Final = _converter()
