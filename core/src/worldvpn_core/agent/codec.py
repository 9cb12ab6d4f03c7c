"""Packets of the pair and back: one JSON object each.

Both directions are read strictly, the agent's above all: whatever is not exactly one of
the values of ``messages``, within its limits, ends the conversation.
"""

from __future__ import annotations

import json
import re
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Any, Final, NoReturn, cast

import cattrs
from cattrs.strategies import configure_tagged_union

from worldvpn_core.agent.limits import refuse_beyond_limits
from worldvpn_core.agent.messages import AgentMessage, DaemonMessage
from worldvpn_core.agent.spec import SocketKind
from worldvpn_core.central.calls import Call, Subject
from worldvpn_core.central.fields import MOST_TICKET_BYTES
from worldvpn_core.central.news import News, Reach
from worldvpn_core.central.place import PlaceKind
from worldvpn_core.central.replies import Outcome, Reply
from worldvpn_core.central.statement import Purpose
from worldvpn_core.errors import AgentError, ConfigError
from worldvpn_core.profile_codec import profile_from_json, profile_to_json
from worldvpn_core.reach.values import MapAnswer, Protocol, Unmapped
from worldvpn_core.types import Carrier, IpAddress, IpNetwork, Profile

#: "fe80::1%" and an interface's name; a network is no longer.
_MOST_ADDRESS_CHARACTERS: Final = 64
#: Nothing longer than a ticket is said in bytes; one way to write each.
_HEX: Final = re.compile(f"(?:[0-9a-f]{{2}}){{0,{MOST_TICKET_BYTES}}}")


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


def _address4(value: object, kind: object) -> IPv4Address:
    address = _address(value, kind)
    if not isinstance(address, IPv4Address):
        raise TypeError("no IPv4 address")
    return address


def _exactly(value: object, kind: type) -> object:
    if type(value) is not kind:
        raise TypeError(f"no {kind.__name__}")
    return value


def _network(value: object, _kind: object) -> IpNetwork:
    if not isinstance(value, str) or len(value) > _MOST_ADDRESS_CHARACTERS:
        raise TypeError("no network")
    return ip_network(value)


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
    made.register_structure_hook(bool, _exactly)
    # Named, for cattrs would take them for the texts that they are, too.
    made.register_structure_hook(SocketKind, lambda value, _kind: SocketKind(value))
    made.register_structure_hook(Carrier, lambda value, _kind: Carrier(value))
    for kind in (Subject, Reach, PlaceKind, Outcome, Protocol, Unmapped):
        made.register_structure_hook(kind, lambda value, kind: kind(value))
    made.register_structure_hook_func(lambda kind: kind == IpAddress, _address)
    made.register_structure_hook(IPv4Address, _address4)
    made.register_structure_hook_func(lambda kind: kind == IpNetwork, _network)
    made.register_structure_hook(Profile, _profile)
    made.register_unstructure_hook(Profile, profile_to_json)
    for address in (IPv4Address, IPv6Address, IPv4Network, IPv6Network):
        made.register_unstructure_hook(address, str)
    for union in (Call, Reply, News, MapAnswer):
        configure_tagged_union(union, made, tag_name="is")
    for side in (DaemonMessage, AgentMessage):
        configure_tagged_union(side, made, tag_name="say")
    return made


_CONVERTER: Final = _converter()
