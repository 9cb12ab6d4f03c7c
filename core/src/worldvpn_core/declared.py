"""What each setting is for people: enough that a client can draw one it has never heard of."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final

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


#: Every setting that a client may change, in the order in which they are shown.
DECLARED: Final = (
    Declared(
        name="kill_switch",
        section=Section.PROTECTION,
        kind=Kind.SWITCH,
        label="Kill switch",
        help="Nothing leaves outside a tunnel that you asked for.",
        danger=Danger(
            value=False,
            consequence="without the kill switch your traffic leaves unprotected whenever the "
            "tunnel falls",
        ),
    ),
    Declared(
        name="lockdown",
        section=Section.PROTECTION,
        kind=Kind.SWITCH,
        label="Lockdown",
        help="Block the internet even while disconnected. Pausing is then refused.",
    ),
    Declared(
        name="allow_lan",
        section=Section.PROTECTION,
        kind=Kind.SWITCH,
        label="Local network",
        help="Printers and other devices at home stay reachable.",
    ),
    Declared(
        name="tunnel_inbound",
        section=Section.PROTECTION,
        kind=Kind.SWITCH,
        label="Connections from outside",
        help="Let new connections come in through the tunnel.",
    ),
    Declared(
        name="auto_connect",
        section=Section.CONNECTION,
        kind=Kind.DESTINATION,
        label="Connect by itself",
        help="When this computer starts, before you sign in.",
        choices=(Choice(value=None, label="Off"), Choice(value="@fastest", label="Fastest node")),
    ),
    Declared(
        name="dns_servers",
        section=Section.CONNECTION,
        kind=Kind.ADDRESSES,
        label="DNS servers",
        help="Asked through the tunnel instead of its own, from the next connection on.",
        most=4,
    ),
    Declared(
        name="favourite_nodes",
        section=Section.CONNECTION,
        kind=Kind.NODES,
        label="Favourite nodes",
        help="They come first where a place leaves a choice.",
        most=256,
    ),
    Declared(
        name="blocked_nodes",
        section=Section.CONNECTION,
        kind=Kind.NODES,
        label="Blocked nodes",
        help="They are never taken, whatever is asked for.",
        most=256,
    ),
    Declared(
        name="share_port",
        section=Section.SHARING,
        kind=Kind.WHOLE,
        label="Port for guests",
        help="Guests come by this UDP port.",
        least=1_024,
        most=65_535,
    ),
    Declared(
        name="share_router",
        section=Section.SHARING,
        kind=Kind.SWITCH,
        label="Ask the router",
        help="Have your router forward this port to this computer, for as long as you share.",
    ),
    Declared(
        name="share_endpoint",
        section=Section.SHARING,
        kind=Kind.TEXT,
        label="Public address",
        help="Where guests come to, as address:port, if you have set up your router yourself.",
        most=64,
    ),
    Declared(
        name="share_rate_mbps",
        section=Section.SHARING,
        kind=Kind.WHOLE,
        label="Rate for guests",
        help="What your guests may have together.",
        unit="Mbit/s",
        least=0,
        most=100_000,
        choices=(Choice(value=0, label="No limit"),),
    ),
    Declared(
        name="share_guest_rate_mbps",
        section=Section.SHARING,
        kind=Kind.WHOLE,
        label="Rate for each guest",
        help="What one guest may have.",
        unit="Mbit/s",
        least=0,
        most=100_000,
        choices=(Choice(value=0, label="No limit"),),
    ),
    Declared(
        name="share_guest_flows",
        section=Section.SHARING,
        kind=Kind.WHOLE,
        label="Connections of a guest",
        help="How many connections one guest may have at once.",
        least=64,
        most=16_384,
    ),
    Declared(
        name="share_guests",
        section=Section.SHARING,
        kind=Kind.WHOLE,
        label="Most guests",
        help="How many guests may be invited.",
        least=1,
        most=200,
    ),
    Declared(
        name="share_country",
        section=Section.SHARING,
        kind=Kind.COUNTRY,
        label="Listed in",
        help="The country that your node is found under.",
        choices=(Choice(value=None, label="Not listed"),),
    ),
    Declared(
        name="share_city",
        section=Section.SHARING,
        kind=Kind.TEXT,
        label="City",
        help="The city that your node is found under, if you like.",
        most=64,
    ),
    Declared(
        name="share_daily_gb",
        section=Section.SHARING,
        kind=Kind.WHOLE,
        label="Traffic a day",
        help="What your guests may have together in a day.",
        unit="GB",
        least=1,
        most=100_000,
    ),
    Declared(
        name="share_refused_ports",
        section=Section.SHARING,
        kind=Kind.PORTS,
        label="Refused ports",
        help="Ports that guests never reach, besides 25.",
        most=64,
    ),
    Declared(
        name="share_refused_classes",
        section=Section.SHARING,
        kind=Kind.CLASSES,
        label="Refused traffic",
        help="Kinds of traffic that guests do not have, told by port.",
        choices=(
            Choice(value="web", label="Web"),
            Choice(value="mail", label="Mail"),
            Choice(value="remote", label="Remote control"),
            Choice(value="p2p", label="File sharing"),
            Choice(value="other", label="Everything else"),
        ),
    ),
    Declared(
        name="share_schedule",
        section=Section.SHARING,
        kind=Kind.WINDOWS,
        label="Hours",
        help="When guests are served: mon-fri 08:00-22:00. None: always.",
        most=32,
    ),
    Declared(
        name="share_time_zone",
        section=Section.SHARING,
        kind=Kind.ZONE,
        label="Time zone",
        help="The time zone of the hours and of the day.",
        choices=(Choice(value=None, label="This computer's"),),
    ),
    Declared(
        name="share_metered",
        section=Section.SHARING,
        kind=Kind.SWITCH,
        label="Share on metered networks",
        help="Serve guests even where you pay by the byte.",
    ),
    Declared(
        name="share_while_blocked",
        section=Section.SHARING,
        kind=Kind.SWITCH,
        label="Share while blocked",
        help="Serve guests even while this computer is blocked or in lockdown.",
    ),
)


def as_json(declared: Declared) -> Mapping[str, object]:
    """Return ``declared`` as ``settings.get`` answers it; what is not set is left out."""
    return attrs.asdict(
        declared,
        filter=lambda field, value: value != field.default,
        value_serializer=lambda _self, _field, value: (
            value.value if isinstance(value, enum.Enum) else value
        ),
    )
