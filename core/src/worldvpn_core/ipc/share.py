"""Requests about sharing. The keys of a device are in the answer to its invitation alone."""

from __future__ import annotations

from typing import Final

import attrs

from worldvpn_core.ipc.checks import must, name

_MOST_HOST_CHARACTERS: Final = 253

_host: Final = must(
    lambda value: (
        1 <= len(value) <= _MOST_HOST_CHARACTERS and value.isascii() and value.isprintable()
    ),
    f"1 to {_MOST_HOST_CHARACTERS} printable characters",
)


@attrs.frozen(kw_only=True)
class ShareOn:
    """Let guests use this host's connection. ``agree``: the owner was asked, once, and agreed."""

    agree: bool = False


@attrs.frozen(kw_only=True)
class ShareOff:
    """Let nobody use it any more; answered once nobody does."""


@attrs.frozen(kw_only=True)
class ShareStatus:
    """Ask how sharing stands, and which devices are invited."""


@attrs.frozen(kw_only=True)
class ShareInvite:
    """Let a device of the owner's in. The answer holds its keys, and is given once."""

    name: str = attrs.field(validator=name)
    host: str = attrs.field(validator=_host)


@attrs.frozen(kw_only=True)
class ShareRevoke:
    """Let a device in no more."""

    name: str = attrs.field(validator=name)


ShareRequest = ShareOn | ShareOff | ShareStatus | ShareInvite | ShareRevoke
