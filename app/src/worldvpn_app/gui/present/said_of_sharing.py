"""What the daemon says of sharing, and of how guests get in: as ``said`` has the rest."""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import QT_TRANSLATE_NOOP

SHARING: Final = (
    QT_TRANSLATE_NOOP(
        "daemon",
        "Guests will reach the internet through this computer, under its address: what they do "
        "there, you seem to do. They reach neither this computer nor your network. You may set "
        "limits, send a guest away, and stop at any time.",
    ),
    QT_TRANSLATE_NOOP("daemon", "guests can come"),
    QT_TRANSLATE_NOOP("daemon", "you have paused sharing"),
    QT_TRANSLATE_NOOP("daemon", "you sent it away"),
    QT_TRANSLATE_NOOP("daemon", "this network is metered: you would pay for guests' traffic"),
    QT_TRANSLATE_NOOP("daemon", "what guests carry cannot be written to the disk: it may be full"),
    QT_TRANSLATE_NOOP("daemon", "guests have used all you give in a day"),
    QT_TRANSLATE_NOOP("daemon", "it is outside the hours you share in"),
    QT_TRANSLATE_NOOP(
        "daemon", "guests have used nearly all you give in a day: those here may finish"
    ),
    QT_TRANSLATE_NOOP("daemon", "sharing is about to pause: those here may finish"),
    QT_TRANSLATE_NOOP("daemon", "the hours you share in end soon: those here may finish"),
    QT_TRANSLATE_NOOP("daemon", "no new guests are taken now"),
    QT_TRANSLATE_NOOP(
        "daemon",
        "the central server has no time to check this computer now: it is asked again soon",
    ),
    QT_TRANSLATE_NOOP(
        "daemon",
        "your own tunnel hides this computer's address from the central server: disconnect for a "
        "moment, and guests find it from then on",
    ),
    QT_TRANSLATE_NOOP("daemon", "the handshake worked, but nothing came back through the tunnel"),
    QT_TRANSLATE_NOOP(
        "daemon", "the central server could not reach the port: open it in your router"
    ),
    QT_TRANSLATE_NOOP("daemon", "this computer did not answer the central server in time"),
    QT_TRANSLATE_NOOP("daemon", "the central server does not see this computer at that address"),
    QT_TRANSLATE_NOOP("daemon", "the protocol that guests would use could not be checked"),
    QT_TRANSLATE_NOOP("daemon", "the central server knows no address of this computer"),
    QT_TRANSLATE_NOOP("daemon", "nobody is signed in: guests cannot be sent"),
    QT_TRANSLATE_NOOP("daemon", "the node opens anew under the server's networks"),
    QT_TRANSLATE_NOOP(
        "daemon", "say which country this computer is in: worldvpn settings share_country CC"
    ),
    QT_TRANSLATE_NOOP("daemon", "no plugin here lets guests out: enable one in daemon.toml"),
    QT_TRANSLATE_NOOP("daemon", "nobody is served now: share first (worldvpn share on)"),
    QT_TRANSLATE_NOOP("daemon", "{n} devices are invited already: revoke one first"),
    QT_TRANSLATE_NOOP("daemon", "'{name}' is invited already: revoke it first"),
    QT_TRANSLATE_NOOP("daemon", "this computer has no way to the internet over IPv4"),
    QT_TRANSLATE_NOOP("daemon", "connect it to a network"),
    QT_TRANSLATE_NOOP("daemon", "your router does not answer when it is asked to forward the port"),
    QT_TRANSLATE_NOOP(
        "daemon",
        "switch UPnP or NAT-PMP on in your router, or forward UDP port {port} there by hand",
    ),
    QT_TRANSLATE_NOOP("daemon", "your router refuses to forward the port"),
    QT_TRANSLATE_NOOP(
        "daemon",
        "allow UPnP for this computer in your router, or forward UDP port {port} there by hand",
    ),
    QT_TRANSLATE_NOOP("daemon", "your router's answer makes no sense"),
    QT_TRANSLATE_NOOP("daemon", "forward UDP port {port} in your router by hand"),
    QT_TRANSLATE_NOOP(
        "daemon",
        "your router has no public address of its own: there is another router in front of it",
    ),
    QT_TRANSLATE_NOOP(
        "daemon", "ask your provider for a public address, or forward UDP port {port} in both"
    ),
    QT_TRANSLATE_NOOP("daemon", "your router was not asked: share_router is off"),
    QT_TRANSLATE_NOOP("daemon", "switch it on, or forward UDP port {port} in your router by hand"),
    QT_TRANSLATE_NOOP("daemon", "the central server could not reach the port"),
    QT_TRANSLATE_NOOP("daemon", "open UDP port {port} in your router and firewall"),
    QT_TRANSLATE_NOOP(
        "daemon",
        "your router uses another port for each destination, so guests cannot be told which one",
    ),
    QT_TRANSLATE_NOOP(
        "daemon", "switch UPnP on in your router, or forward UDP port {port} there by hand"
    ),
    QT_TRANSLATE_NOOP(
        "daemon", "see whether another firewall on this computer drops forwarded packets"
    ),
    QT_TRANSLATE_NOOP("daemon", "wait: the server tries again by itself"),
    QT_TRANSLATE_NOOP(
        "daemon", "disconnect your own tunnel for a moment, or correct share_endpoint"
    ),
    QT_TRANSLATE_NOOP("daemon", "enable the wireguard plugin"),
    QT_TRANSLATE_NOOP("daemon", "wait: the server is told again by itself"),
)
