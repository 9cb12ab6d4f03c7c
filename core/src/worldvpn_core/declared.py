"""What each setting is for people."""

from __future__ import annotations

from typing import Final

from worldvpn_core.declaration import Choice, Danger, Declared, Kind, Section
from worldvpn_core.share.declared import SHARING

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
        name="protocol",
        section=Section.CONNECTION,
        kind=Kind.CHOICE,
        label="Protocol",
        help="How nodes are reached, from the next connection on.",
        choices=(Choice(value=None, label="Automatic"),),
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
    *SHARING,
)
