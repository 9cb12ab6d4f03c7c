"""How large a profile may be: what comes from the agent must fit, whoever wrote it."""

from __future__ import annotations

import re
from typing import Final

from worldvpn_core.errors import ConfigError
from worldvpn_core.types import IpAddress, IpInterface, IpNetwork, Profile

MOST_SERVERS: Final = 16
MOST_ADDRESSES: Final = 16
MOST_NETWORKS: Final = 1_024
MOST_DNS: Final = 16
MOST_OPTIONS: Final = 128
MOST_NOTES: Final = 64
MOST_TEXT_CHARACTERS: Final = 4_096
MOST_NAME_CHARACTERS: Final = 253
#: As a plan takes them: less than IPv6 needs (RFC 8200 §5) is no tunnel, more is no network.
MTU_BYTES: Final = range(1_280, 9_001)

_TRANSPORT: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
#: An address or a name, in any script; nothing that could be taken for anything else.
_HOST: Final = re.compile(r"[\w.:-]+")


def refuse_beyond_limits(profile: Profile) -> None:
    """Let ``profile`` pass, or say which part of it is too much, never with its value.

    Raises:
        ConfigError: a list is too long, a text too long or unprintable, a number out of
            range, an address with a scope.
    """
    for part, length, most in (
        ("servers", len(profile.servers), MOST_SERVERS),
        ("addresses", len(profile.addresses), MOST_ADDRESSES),
        ("allowed networks", len(profile.allowed), MOST_NETWORKS),
        ("DNS servers", len(profile.dns_servers), MOST_DNS),
        ("search domains", len(profile.dns_search), MOST_DNS),
        ("options", len(profile.options), MOST_OPTIONS),
        ("known hosts", len(profile.known_hosts), MOST_SERVERS),
        ("notes", len(profile.notes), MOST_NOTES),
        *(
            ("addresses of a host", len(each), MOST_ADDRESSES * 2)
            for _, each in profile.known_hosts
        ),
    ):
        if length > most:
            raise ConfigError(f"the profile has {length} {part}: at most {most} are taken")
    if profile.mtu_bytes is not None and profile.mtu_bytes not in MTU_BYTES:
        raise ConfigError(
            f"the MTU of {profile.mtu_bytes} bytes is not between "
            f"{MTU_BYTES.start} and {MTU_BYTES.stop - 1}"
        )
    if not _TRANSPORT.fullmatch(profile.transport):
        raise ConfigError("the profile's transport has no valid name")
    _refuse_texts(profile)
    if any(_scope(address) for address in _addresses(profile)):
        raise ConfigError("an address of the profile names an interface (%): leave that out")


def _refuse_texts(profile: Profile) -> None:
    names = (
        *(server.host for server in profile.servers),
        *profile.dns_search,
        *(host for host, _ in profile.known_hosts),
    )
    if not all(_HOST.fullmatch(name) and len(name) <= MOST_NAME_CHARACTERS for name in names):
        raise ConfigError("a server or search domain of the profile is no name and no address")
    texts = (profile.name, *profile.notes, *(text for pair in profile.options for text in pair))
    if not all(text.isprintable() and len(text) <= MOST_TEXT_CHARACTERS for text in texts):
        raise ConfigError(
            f"a text in the profile is unprintable or over {MOST_TEXT_CHARACTERS} characters"
        )


def _addresses(profile: Profile) -> tuple[IpAddress | IpInterface | IpNetwork, ...]:
    known = (address for _, addresses in profile.known_hosts for address in addresses)
    return (*profile.addresses, *profile.allowed, *profile.dns_servers, *known)


def _scope(address: IpAddress | IpInterface | IpNetwork) -> bool:
    return "%" in str(address)
