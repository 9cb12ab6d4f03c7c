"""What daemon and keyring say: each sentence once, word for word, with what changes in braces."""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import QT_TRANSLATE_NOOP

from worldvpn_app.gui.present.said_of_sharing import SHARING

_SETTINGS: Final = (
    QT_TRANSLATE_NOOP("daemon", "Kill switch"),
    QT_TRANSLATE_NOOP("daemon", "Nothing leaves outside a tunnel that you asked for."),
    QT_TRANSLATE_NOOP(
        "daemon",
        "without the kill switch your traffic leaves unprotected whenever the tunnel falls",
    ),
    QT_TRANSLATE_NOOP("daemon", "Lockdown"),
    QT_TRANSLATE_NOOP(
        "daemon", "Block the internet even while disconnected. Pausing is then refused."
    ),
    QT_TRANSLATE_NOOP("daemon", "Local network"),
    QT_TRANSLATE_NOOP("daemon", "Printers and other devices at home stay reachable."),
    QT_TRANSLATE_NOOP("daemon", "Connections from outside"),
    QT_TRANSLATE_NOOP("daemon", "Let new connections come in through the tunnel."),
    QT_TRANSLATE_NOOP("daemon", "Connect by itself"),
    QT_TRANSLATE_NOOP("daemon", "When this computer starts, before you sign in."),
    QT_TRANSLATE_NOOP("daemon", "Off"),
    QT_TRANSLATE_NOOP("daemon", "Fastest node"),
    QT_TRANSLATE_NOOP("daemon", "Protocol"),
    QT_TRANSLATE_NOOP("daemon", "How nodes are reached, from the next connection on."),
    QT_TRANSLATE_NOOP("daemon", "Automatic"),
    QT_TRANSLATE_NOOP("daemon", "{name} (not installed)"),
    QT_TRANSLATE_NOOP("daemon", "DNS servers"),
    QT_TRANSLATE_NOOP(
        "daemon", "Asked through the tunnel instead of its own, from the next connection on."
    ),
    QT_TRANSLATE_NOOP("daemon", "Favourite nodes"),
    QT_TRANSLATE_NOOP("daemon", "They come first where a place leaves a choice."),
    QT_TRANSLATE_NOOP("daemon", "Blocked nodes"),
    QT_TRANSLATE_NOOP("daemon", "They are never taken, whatever is asked for."),
    QT_TRANSLATE_NOOP("daemon", "Port for guests"),
    QT_TRANSLATE_NOOP("daemon", "Guests come by this UDP port."),
    QT_TRANSLATE_NOOP("daemon", "Ask the router"),
    QT_TRANSLATE_NOOP(
        "daemon", "Have your router forward this port to this computer, for as long as you share."
    ),
    QT_TRANSLATE_NOOP("daemon", "Public address"),
    QT_TRANSLATE_NOOP(
        "daemon",
        "Where guests come to, as address:port, if you have set up your router yourself.",
    ),
    QT_TRANSLATE_NOOP("daemon", "Web"),
    QT_TRANSLATE_NOOP(
        "daemon", "your router uses another port for each guest: open the port in your router"
    ),
    QT_TRANSLATE_NOOP("daemon", "Rate for guests"),
    QT_TRANSLATE_NOOP("daemon", "What your guests may have together."),
    QT_TRANSLATE_NOOP("daemon", "Mbit/s"),
    QT_TRANSLATE_NOOP("daemon", "No limit"),
    QT_TRANSLATE_NOOP("daemon", "Most guests"),
    QT_TRANSLATE_NOOP("daemon", "How many guests may be invited."),
    QT_TRANSLATE_NOOP("daemon", "Listed in"),
    QT_TRANSLATE_NOOP("daemon", "The country that your node is found under."),
    QT_TRANSLATE_NOOP("daemon", "Not listed"),
    QT_TRANSLATE_NOOP("daemon", "City"),
    QT_TRANSLATE_NOOP("daemon", "The city that your node is found under, if you like."),
    QT_TRANSLATE_NOOP("daemon", "Traffic a day"),
    QT_TRANSLATE_NOOP("daemon", "What your guests may have together in a day."),
    QT_TRANSLATE_NOOP("daemon", "GB"),
    QT_TRANSLATE_NOOP("daemon", "Refused ports"),
    QT_TRANSLATE_NOOP("daemon", "Ports that guests never reach, besides 25."),
    QT_TRANSLATE_NOOP("daemon", "Share while blocked"),
    QT_TRANSLATE_NOOP("daemon", "Serve guests even while this computer is blocked or in lockdown."),
    QT_TRANSLATE_NOOP("daemon", "Rate for each guest"),
    QT_TRANSLATE_NOOP("daemon", "What one guest may have."),
    QT_TRANSLATE_NOOP("daemon", "Connections of a guest"),
    QT_TRANSLATE_NOOP("daemon", "How many connections one guest may have at once."),
    QT_TRANSLATE_NOOP("daemon", "Refused traffic"),
    QT_TRANSLATE_NOOP("daemon", "Kinds of traffic that guests do not have, told by port."),
    QT_TRANSLATE_NOOP("daemon", "Web"),
    QT_TRANSLATE_NOOP("daemon", "Mail"),
    QT_TRANSLATE_NOOP("daemon", "Remote control"),
    QT_TRANSLATE_NOOP("daemon", "File sharing"),
    QT_TRANSLATE_NOOP("daemon", "Everything else"),
    QT_TRANSLATE_NOOP("daemon", "Hours"),
    QT_TRANSLATE_NOOP("daemon", "When guests are served: mon-fri 08:00-22:00. None: always."),
    QT_TRANSLATE_NOOP("daemon", "Time zone"),
    QT_TRANSLATE_NOOP("daemon", "The time zone of the hours and of the day."),
    QT_TRANSLATE_NOOP("daemon", "This computer's"),
    QT_TRANSLATE_NOOP("daemon", "Share on metered networks"),
    QT_TRANSLATE_NOOP("daemon", "Serve guests even where you pay by the byte."),
)
_CAUSES: Final = (
    QT_TRANSLATE_NOOP("daemon", "{address} no longer answers: {n} probes went unanswered"),
    QT_TRANSLATE_NOOP(
        "daemon", "the daemon was started again while a tunnel was wanted; connecting"
    ),
    QT_TRANSLATE_NOOP("daemon", "the daemon was stopped while a tunnel is wanted; the block stays"),
    QT_TRANSLATE_NOOP("daemon", "the pause is over; connecting again"),
    QT_TRANSLATE_NOOP(
        "daemon", "this computer is blocked, and nobody is served until it is connected again"
    ),
    QT_TRANSLATE_NOOP("daemon", "in lockdown nobody is served until this computer is connected"),
    QT_TRANSLATE_NOOP("daemon", "the rules of this computer could not be set, so nobody is served"),
    QT_TRANSLATE_NOOP("daemon", "You signed out: connect by a profile, or sign in again."),
    QT_TRANSLATE_NOOP(
        "daemon",
        "Your credit is used up. Share your bandwidth to earn more (worldvpn share on), "
        "disconnect (worldvpn disconnect), or try again (worldvpn connect).",
    ),
    QT_TRANSLATE_NOOP("daemon", "the node ended the session ({reason}): taking another one"),
    QT_TRANSLATE_NOOP("daemon", "the central server ended the session: {reason}"),
    QT_TRANSLATE_NOOP("daemon", "the session's ticket has ended, and there is no new one: {why}"),
    QT_TRANSLATE_NOOP("daemon", "a plugin failed unexpectedly ({name}); the log says more"),
    QT_TRANSLATE_NOOP("daemon", "transport {name} did not open in {n} s"),
    QT_TRANSLATE_NOOP(
        "daemon",
        "no handshake from {address} in {n} s: the server is down, this network does not let its "
        "packets through, or it does not know this client's key",
    ),
    QT_TRANSLATE_NOOP("daemon", "no handshake from {address} in {n} s: {why}"),
)
_NOTICES: Final = (
    QT_TRANSLATE_NOOP(
        "daemon",
        "worldvpn-agent is being started again: until then no profile is read and no name "
        "resolved.",
    ),
    QT_TRANSLATE_NOOP(
        "daemon",
        "The kill switch is off: whenever the tunnel falls, your traffic leaves unprotected.",
    ),
    QT_TRANSLATE_NOOP("daemon", "Nothing was changed: {why}"),
    QT_TRANSLATE_NOOP("daemon", "This host is open, but not all of it is as it was: {why}"),
    QT_TRANSLATE_NOOP(
        "daemon", "The vault was damaged: what it held before its last change is used."
    ),
    QT_TRANSLATE_NOOP("daemon", "The vault stays locked: {why}"),
    QT_TRANSLATE_NOOP("daemon", "Still connected as before, switching failed: {why}"),
    QT_TRANSLATE_NOOP(
        "daemon",
        "You have no credit left. Share your bandwidth to earn some, disconnect, "
        "or try again once what is held has been settled.",
    ),
    QT_TRANSLATE_NOOP(
        "daemon",
        "Less than {part} % of your credit is left ({n} credits): "
        "share your bandwidth to earn more.",
    ),
    QT_TRANSLATE_NOOP(
        "daemon",
        "Node {id} no longer has the key known since {time}: it was set up anew, "
        "or somebody is posing as it. Block it if you do not expect that.",
    ),
)
_REFUSALS: Final = (
    QT_TRANSLATE_NOOP("daemon", "nobody is signed in on this computer"),
    QT_TRANSLATE_NOOP("daemon", "somebody is signing in on this computer right now"),
    QT_TRANSLATE_NOOP("daemon", "{name} is signed in on this computer: sign out first"),
    QT_TRANSLATE_NOOP(
        "daemon",
        "the vault is locked, and the account's keys have no other place: unlock it first",
    ),
    QT_TRANSLATE_NOOP("daemon", "the vault is locked: unlock it first"),
    QT_TRANSLATE_NOOP("daemon", "the {kind} does not open this vault"),
    QT_TRANSLATE_NOOP("daemon", "profile {name} is in use: disconnect first"),
    QT_TRANSLATE_NOOP("daemon", "no node is known at {place}: try its country"),
    QT_TRANSLATE_NOOP("daemon", "no other node is to be had at {place} than those to be avoided"),
    QT_TRANSLATE_NOOP(
        "daemon",
        "lockdown needs the kill switch: switch lockdown off first, or leave kill_switch on",
    ),
    QT_TRANSLATE_NOOP("daemon", "setting {name} cannot be {value}: it is {words}"),
    QT_TRANSLATE_NOOP(
        "daemon",
        "protocol cannot be {name}, which no plugin here offers: choose none (automatic)",
    ),
    QT_TRANSLATE_NOOP(
        "daemon",
        "protocol cannot be {name}, which no plugin here offers: "
        "choose none (automatic) or {names}",
    ),
    QT_TRANSLATE_NOOP(
        "daemon",
        "the chosen protocol {name} is not installed: install its plugin, "
        "or choose another protocol in the settings",
    ),
    QT_TRANSLATE_NOOP(
        "daemon", "no plugin here goes through the directory's nodes: connect by a profile"
    ),
)
_WHY: Final = (
    QT_TRANSLATE_NOOP("daemon", "{packet} may leave: the kill switch is open."),
    QT_TRANSLATE_NOOP("daemon", "{packet} may leave: {why} ({rule})."),
    QT_TRANSLATE_NOOP("daemon", "{packet} is refused: {why} ({rule})."),
    QT_TRANSLATE_NOOP("daemon", "no rule speaks of it"),
    QT_TRANSLATE_NOOP("daemon", "it stays on this host"),
    QT_TRANSLATE_NOOP("daemon", "it is carried by the tunnel"),
    QT_TRANSLATE_NOOP("daemon", "it goes to a container on this host"),
    QT_TRANSLATE_NOOP("daemon", "it asks the tunnel's own resolver, inside the tunnel"),
    QT_TRANSLATE_NOOP("daemon", "the tunnel does not carry this address"),
    QT_TRANSLATE_NOOP("daemon", "the lease of this network's address is kept by it"),
    QT_TRANSLATE_NOOP("daemon", "neighbours and routers of this link are found by it"),
    QT_TRANSLATE_NOOP(
        "daemon", "it is the tunnel's own outer traffic, from our socket to its server"
    ),
    QT_TRANSLATE_NOOP("daemon", "it is the traffic of a guest you serve"),
    QT_TRANSLATE_NOOP(
        "daemon", "names are asked only of the tunnel's own resolvers, inside the tunnel"
    ),
    QT_TRANSLATE_NOOP("daemon", "you allowed the local network"),
    QT_TRANSLATE_NOOP("daemon", "the kill switch lets nothing leave outside the tunnel"),
    QT_TRANSLATE_NOOP(
        "daemon", "this address is protected, and may be reached through the tunnel only"
    ),
    QT_TRANSLATE_NOOP("daemon", "the partial tunnel does not protect it"),
)
_KEYRING: Final = (
    QT_TRANSLATE_NOOP("daemon", "no keyring answers in this session"),
    QT_TRANSLATE_NOOP(
        "daemon", "the keyring stayed locked: its prompt was dismissed, or could not be shown here"
    ),
    QT_TRANSLATE_NOOP(
        "daemon",
        "the keyring here is {backend}, which is not trusted with a key: only Secret Service,"
        " KWallet, Windows and macOS are",
    ),
    QT_TRANSLATE_NOOP("daemon", "the keyring failed ({backend})"),
    QT_TRANSLATE_NOOP(
        "daemon", "the keyring did not answer in {limit_s} s; its prompt may still be open"
    ),
    QT_TRANSLATE_NOOP(
        "daemon",
        "the keyring holds no key of this vault: it may be another user's, or was reset",
    ),
    QT_TRANSLATE_NOOP("daemon", "the keyring did not keep the key it was given"),
    QT_TRANSLATE_NOOP(
        "daemon", "the keyring was not waited for any longer; its prompt may still be open"
    ),
)
SENTENCES: Final = (
    *(*_SETTINGS, *_CAUSES, *_NOTICES, *SHARING),
    *(*_REFUSALS, *_WHY, *_KEYRING),
)
