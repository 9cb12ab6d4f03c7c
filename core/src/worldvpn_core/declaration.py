"""What each setting is for people: enough that a client can draw one it has never heard of."""

from __future__ import annotations

import enum
from collections.abc import Mapping

import attrs


class Kind(enum.StrEnum):
    """What a setting may be."""

    SWITCH = "switch"
    WHOLE = "whole"
    PORTS = "ports"
    #: IP addresses, as text.
    ADDRESSES = "addresses"
    TEXT = "text"
    #: A country's two capital letters, or null.
    COUNTRY = "country"
    #: Some of the kinds of traffic of ``share.classes``.
    CLASSES = "classes"
    #: Windows of the week, as ``share.schedule`` writes them.
    WINDOWS = "windows"
    #: A time zone by its IANA name, or null.
    ZONE = "zone"
    #: The ids of nodes of the directory.
    NODES = "nodes"
    #: One of its choices.
    CHOICE = "choice"
    #: The id of one of the profiles, "@" and a place of the directory, or null.
    DESTINATION = "destination"


class Section(enum.StrEnum):
    """Where a setting stands among the others."""

    PROTECTION = "protection"
    CONNECTION = "connection"
    SHARING = "sharing"


@attrs.frozen(kw_only=True)
class Choice:
    """A value with words of its own."""

    value: bool | int | str | None
    label: str


@attrs.frozen(kw_only=True)
class Danger:
    """A value that is taken only with ``confirm``, and what it gives up."""

    value: bool
    consequence: str


@attrs.frozen(kw_only=True)
class Declared:
    """A setting as a client shows it."""

    name: str
    section: Section
    kind: Kind
    label: str
    #: One line of what it means, for people.
    help: str
    #: What follows a number.
    unit: str = ""
    least: int | None = None
    most: int | None = None
    choices: tuple[Choice, ...] = ()
    danger: Danger | None = None


def as_json(declared: Declared) -> Mapping[str, object]:
    """Return ``declared`` as ``settings.get`` answers it; what is not set is left out."""
    return attrs.asdict(
        declared,
        filter=lambda field, value: value != field.default,
        value_serializer=lambda _self, _field, value: (
            value.value if isinstance(value, enum.Enum) else value
        ),
    )
