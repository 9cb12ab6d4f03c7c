"""JSON values to typed ones, taking nothing for what it is not: "5" is no number, 1 no boolean.

The one way in which settings, profiles, requests and the agent's packets are read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_address,
    ip_interface,
    ip_network,
)
from typing import Any, Final

import cattrs
from cattrs.errors import ForbiddenExtraKeysError

from worldvpn_core.types import Carrier, IpAddress, IpInterface, IpNetwork

#: Longer than any address, interface or network is written, with a scope.
_MOST_ADDRESS_CHARACTERS: Final = 128

#: What reading a file raises that is not what it should be, down to values' own checks.
MALFORMED: Final = (
    *(AttributeError, LookupError, RecursionError, TypeError, ValueError),
    *(cattrs.BaseValidationError, ForbiddenExtraKeysError),
)

_Hook = Callable[[object, object], Any]


def converter(*, detailed: bool) -> cattrs.Converter:
    """Return a converter that is strict in what it reads: exact types, no unknown keys.

    ``detailed`` gathers every fault of a value instead of stopping at the first.
    Its errors name fields and what must be there, never the value found.
    """
    made = cattrs.Converter(forbid_extra_keys=True, detailed_validation=detailed)
    for kind, words in ((int, "a whole number"), (bool, "true or false"), (str, "a text")):
        made.register_structure_hook(kind, exactly(kind, words))
    # Named, for a dispatch on classes would take it for the text that it is, too.
    made.register_structure_hook(Carrier, lambda value, _kind: Carrier(value))
    _by_equality(made, Mapping[str, object], exactly(dict, "an object"))
    _by_equality(made, IpAddress, _parsed(ip_address, "an IPv4 or IPv6 address"))
    _by_equality(made, IpInterface, _parsed(ip_interface, "an address with its prefix length"))
    _by_equality(made, IpNetwork, _parsed(ip_network, "a network without host bits"))
    for address in (
        IPv4Address,
        IPv6Address,
        IPv4Interface,
        IPv6Interface,
        IPv4Network,
        IPv6Network,
    ):
        made.register_unstructure_hook(address, str)
    return made


def exactly(kind: type, words: str) -> _Hook:
    """Return a hook that takes values of ``kind`` alone; ``words`` say what must be there."""

    # Not isinstance: Python's booleans are integers, JSON's are not.
    def check(value: object, _type: object) -> object:
        if type(value) is not kind:
            raise ValueError(f"must be {words}")
        return value

    return check


def _by_equality(made: cattrs.Converter, shape: object, hook: _Hook) -> None:
    # A union and a generic alias are no classes to dispatch on.
    made.register_structure_hook_func(lambda kind: kind == shape, hook)


def _parsed(parse: Callable[[str], object], words: str) -> _Hook:
    def check(value: object, _type: object) -> object:
        # These parsers take integers and bytes too; JSON has addresses as text only.
        if not isinstance(value, str) or len(value) > _MOST_ADDRESS_CHARACTERS:
            raise ValueError(f"must be {words}")
        try:
            return parse(value)
        except ValueError:
            raise ValueError(f"must be {words}") from None

    return check
