"""The rows beside Home's control, and the line about the account. Pure but for translation."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from PyQt6.QtCore import QCoreApplication

from worldvpn_app.cli.snapshot import Snapshot, Tunnel
from worldvpn_app.gui.present import figures
from worldvpn_app.gui.present.nodes import latency
from worldvpn_app.gui.present.places import Place
from worldvpn_app.gui.present.told import reach_word
from worldvpn_app.gui.present.view import Fact, Mark, clean
from worldvpn_app.gui.tokens import Tone

translate = QCoreApplication.translate
#: A dash, never 0.
NOT_KNOWN: Final = "\u2013"
_MEBI: Final = 1_024**2
_UP: Final = frozenset({"connected", "switching"})


def facts(snapshot: Snapshot, tone: Tone, now: datetime, place: Place) -> tuple[Fact, ...]:
    """Return five rows: of the tunnel where there is one, else of how things are without."""
    tunnel = snapshot["tunnel"]
    if tone is Tone.UNPROTECTED:
        return _unprotected(snapshot, now)
    if tunnel["state"] in {"disconnected", "paused"} or tone is Tone.UNKNOWN:
        return _open(snapshot)
    if is_out_of_credit(snapshot):
        return _credit(snapshot)
    if tunnel["state"] == "blocked":
        return _blocked(snapshot, now)
    return _tunnel(snapshot, now, place)


def is_out_of_credit(snapshot: Snapshot) -> bool:
    """Say whether the tunnel is blocked because there is no credit for it."""
    tunnel = snapshot["tunnel"]
    is_it = tunnel["cause"] is not None and tunnel["cause"]["code"] == "out-of-credit"
    return tunnel["state"] == "blocked" and is_it


def facts_title(snapshot: Snapshot, tone: Tone) -> str:
    """Return what heads the rows."""
    is_apart = snapshot["tunnel"]["state"] in {"disconnected", "paused"}
    if is_apart or tone in {Tone.UNPROTECTED, Tone.UNKNOWN}:
        return translate("home", "Right now")
    if is_out_of_credit(snapshot):
        return translate("home", "Your credit")
    return translate("home", "Connection")


def no_rates(tone: Tone, mark: Mark) -> str:
    """Return why there is no rate to draw; "" while there is."""
    match tone:
        case Tone.CONNECTED | Tone.SWITCHING:
            return ""
        case Tone.PAUSED if mark is Mark.PART:
            return ""
        case Tone.UNPROTECTED:
            return translate("home", "Traffic outside the tunnel is not measured here.")
        case Tone.BLOCKED:
            return translate("home", "Blocked: nothing leaves")
        case _:
            return translate("home", "No tunnel, so there is nothing to measure here.")


def carried(snapshot: Snapshot) -> str:
    """Return what went each way through the tunnel; without one, what the chart is of."""
    tunnel = snapshot["tunnel"]
    if tunnel["state"] not in _UP:
        return translate("home", "last 60\u00a0s")
    received, sent = (figures.amount(tunnel[key]) for key in ("received_bytes", "sent_bytes"))
    down, up = figures.isolated(f"{received}\u00a0↓"), figures.isolated(f"{sent}\u00a0↑")
    return f"{down}  {up}"


def account_line(snapshot: Snapshot) -> str:
    """Return the credit, or why it is not known; "" without a central server."""
    account = snapshot.get("account")
    if account is None or account["server"] is None:
        return ""
    if account["signed_in"] is None:
        return translate("home", "Vault locked")
    if not account["signed_in"]:
        return translate("home", "Not signed in")
    balance = account["balance"]
    if balance is None:
        return clean(account["username"] or "", 32)
    count = balance["credits"]
    words = translate("home", "{n} credits", "", figures.form(count))
    return words.format(n=figures.whole(count))


def protocol(transport: str | None) -> str:
    """Return a transport's name as people write it; "" where there is none."""
    names = {
        "wireguard": "WireGuard",
        "shadowsocks": "Shadowsocks",
        "obfs": translate("home", "Obfuscated"),
    }
    return names.get(transport or "", clean(transport or "", 32))


def protocol_of(tunnel: Tunnel) -> str:
    """Return what carries ``tunnel`` as people write it; "" where nothing does."""
    return clean(tunnel.get("transport_label") or "", 32) or protocol(tunnel["transport"])


def _tunnel(snapshot: Snapshot, now: datetime, place: Place) -> tuple[Fact, ...]:
    tunnel = snapshot["tunnel"]
    is_up = tunnel["state"] in _UP
    rows = [
        _endpoint(snapshot),
        Fact(
            icon="clock",
            label=translate("home", "Time"),
            value=_since(snapshot, now, is_known=is_up),
        ),
        Fact(
            icon="zap",
            label=translate("home", "Protocol"),
            value=protocol_of(tunnel) or NOT_KNOWN,
            why=_why_protocol(snapshot),
        ),
        Fact(
            icon="gauge",
            label=translate("home", "Latency"),
            value=latency(place.node) if place.node is not None else NOT_KNOWN,
        ),
    ]
    through = translate("home", "Through the tunnel") if is_up and tunnel["dns"] else NOT_KNOWN
    dns = translate("home", "Refused until connected") if not is_up else through
    rows.append(Fact(icon="server", label=translate("home", "DNS"), value=dns))
    return tuple(rows)


def _why_protocol(snapshot: Snapshot) -> str:
    if not snapshot["tunnel"]["transport"]:
        return ""
    if snapshot.get("session") is None:
        return translate("home", "by profile")
    if snapshot["tunnel"].get("transport_chosen", False):
        return translate("home", "by your choice")
    return translate("home", "automatic")


def _endpoint(snapshot: Snapshot) -> Fact:
    first = ", ".join(snapshot["tunnel"]["endpoints"][:1]).partition("/")[0]
    return Fact(icon="globe", label=translate("home", "Node address"), value=first or NOT_KNOWN)


def _since(snapshot: Snapshot, now: datetime, *, is_known: bool) -> str:
    since = snapshot["tunnel"]["since_utc"]
    if not since or not is_known:
        return NOT_KNOWN
    return figures.span((now - datetime.fromisoformat(since)).total_seconds())


def _blocked(snapshot: Snapshot, now: datetime) -> tuple[Fact, ...]:
    holds = snapshot["protection"]["kill_switch"]
    refused = translate("home", "Refused")
    return (
        Fact(
            icon="globe",
            label=translate("home", "Exit address"),
            value=translate("home", "None while blocked") if holds else NOT_KNOWN,
        ),
        Fact(
            icon="clock",
            label=translate("home", "Blocked for") if holds else translate("home", "Since"),
            value=_since(snapshot, now, is_known=True),
        ),
        Fact(
            icon="shield",
            label=translate("home", "Rules"),
            value=translate("home", "In place") if holds else translate("home", "Off, your choice"),
        ),
        Fact(
            icon="ban",
            label=translate("home", "Traffic"),
            value=refused if holds else translate("home", "Leaves unprotected"),
            stands_out=not holds,
        ),
        Fact(
            icon="server",
            label=translate("home", "DNS"),
            value=refused if holds else translate("home", "Your provider sees names"),
        ),
    )


def _credit(snapshot: Snapshot) -> tuple[Fact, ...]:
    """Return where credit lies, and what can bring more of it."""
    account, sharing = snapshot.get("account"), snapshot["sharing"]
    balance = account["balance"] if account else None
    is_sharing = sharing["state"] == "serving"

    def shown(ticks: int | None) -> str:
        return NOT_KNOWN if ticks is None else figures.credit(ticks)

    return (
        Fact(
            icon="wallet",
            label=translate("home", "To spend"),
            value=shown(balance["available_ticks"] + balance["promo_ticks"] if balance else None),
        ),
        Fact(
            icon="lock",
            label=translate("home", "Held for sessions"),
            value=shown(balance["held_ticks"] if balance else None),
        ),
        Fact(
            icon="hourglass",
            label=translate("home", "Earned, not yet yours"),
            value=shown(balance["vesting_ticks"] if balance else None),
        ),
        Fact(
            icon="share-2",
            label=translate("home", "Sharing"),
            value=translate("home", "On")
            if is_sharing
            else translate("home", "Off, earns nothing"),
        ),
        Fact(icon="ban", label=translate("home", "Traffic"), value=translate("home", "Refused")),
    )


def _unprotected(snapshot: Snapshot, now: datetime) -> tuple[Fact, ...]:
    return (
        Fact(
            icon="globe",
            label=translate("home", "Your address"),
            value=translate("home", "May be visible"),
            stands_out=True,
        ),
        Fact(
            icon="clock",
            label=translate("home", "Since"),
            value=_since(snapshot, now, is_known=True),
        ),
        Fact(
            icon="ban",
            label=translate("home", "Rules"),
            value=translate("home", "Not in place"),
            stands_out=True,
        ),
    )


def _open(snapshot: Snapshot) -> tuple[Fact, ...]:
    is_held = snapshot["protection"]["lockdown"] and snapshot["tunnel"]["state"] != "paused"
    account, sharing = snapshot.get("account"), snapshot["sharing"]
    balance = account["balance"] if account else None
    lasts = translate("home", "about {amount}").format(
        amount=figures.amount(balance["credits"] * _MEBI) if balance else ""
    )
    names = translate("home", "Your provider sees names")
    return (
        Fact(
            icon="globe",
            label=translate("home", "Your address"),
            value=translate("home", "Hidden: nothing leaves")
            if is_held
            else translate("home", "Visible to sites"),
        ),
        Fact(
            icon="server",
            label=translate("home", "DNS"),
            value=translate("home", "Refused") if is_held else names,
        ),
        Fact(
            icon="wallet",
            label=translate("home", "Balance lasts"),
            value=lasts if balance else NOT_KNOWN,
        ),
        Fact(
            icon="share-2",
            label=translate("home", "Sharing"),
            value=translate("home", "On")
            if sharing["state"] == "serving"
            else translate("home", "Off"),
        ),
        Fact(icon="radio", label=translate("home", "Server"), value=_server(snapshot)),
    )


def _server(snapshot: Snapshot) -> str:
    account = snapshot.get("account")
    if account is None or account["server"] is None:
        return translate("home", "None, own profiles only")
    if account["reach"] == "online":
        return translate("home", "In reach")
    return reach_word(account["reach"]).capitalize()
