"""Requests about sharing. The keys of a device are in the answer to its invitation alone."""

from __future__ import annotations

import re
from typing import Final

import attrs
from attrs import validators

from worldvpn_core.ipc.checks import between, must, name

_MOST_HOST_CHARACTERS: Final = 253

_MOST_SENTENCE_CHARACTERS: Final = 200
#: A pause is a minute to a week; an alias lasts two days.
_PAUSE_S: Final = between(60, 604_800)
_BAN_S: Final = between(60, 172_800)

_alias: Final = must(
    lambda value: re.fullmatch(r"[0-9a-f]{4,32}", value) is not None,
    "4 to 32 of 0-9 and a-f",
)
_sentence: Final = must(
    lambda value: len(value) <= _MOST_SENTENCE_CHARACTERS and (not value or value.isprintable()),
    f"at most {_MOST_SENTENCE_CHARACTERS} printable characters",
)
_host: Final = must(
    lambda value: (
        1 <= len(value) <= _MOST_HOST_CHARACTERS and value.isascii() and value.isprintable()
    ),
    f"1 to {_MOST_HOST_CHARACTERS} printable characters",
)


@attrs.frozen(kw_only=True)
class ShareOn:
    """Let guests use this host's connection. ``agree``: the owner was asked, once, and agreed.

    ``version``: to which words; the newest, where it is not said.
    """

    agree: bool = False
    version: int | None = None


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


@attrs.frozen(kw_only=True)
class ShareGuests:
    """Ask who is there, one by one, and who may not come back."""


@attrs.frozen(kw_only=True)
class ShareKick:
    """Send a guest away, by its alias or the beginning of it; ``reason`` is the owner's own."""

    alias: str = attrs.field(validator=_alias)
    reason: str = attrs.field(default="", validator=_sentence)
    for_s: int = attrs.field(default=86_400, validator=_BAN_S)


@attrs.frozen(kw_only=True)
class ShareLetBack:
    """Let a guest that was sent away come back, by its alias or the beginning of it."""

    alias: str = attrs.field(validator=_alias)


@attrs.frozen(kw_only=True)
class SharePause:
    """Serve nobody for so long (None: until resumed). ``drain``: those inside have some time."""

    duration_s: int | None = attrs.field(default=None, validator=validators.optional(_PAUSE_S))
    drain: bool = False


@attrs.frozen(kw_only=True)
class ShareResume:
    """End a pause of sharing."""


ShareRequest = (
    ShareOn
    | ShareOff
    | ShareStatus
    | ShareInvite
    | ShareRevoke
    | ShareGuests
    | ShareKick
    | ShareLetBack
    | SharePause
    | ShareResume
)
