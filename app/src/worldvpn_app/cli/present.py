"""A snapshot in words: what is protected, by what, and what to do about it. Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from worldvpn_app.cli.advice import ways_on
from worldvpn_app.cli.countries import name_of
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_app.cli.terminal import Line, Role
from worldvpn_app.cli.wording import amount, moment, span

_OFF_NOTICE: Final = "kill-switch.off"
_OFF_WARNING: Final = (
    "Warning: the kill switch is off. Whenever the tunnel falls, your traffic leaves"
    " unprotected. Switch it on: worldvpn settings kill_switch on"
)

_TITLES: Final[Mapping[str, str]] = {
    "alarm": "UNPROTECTED: {cause}. Your traffic may be leaving outside the tunnel.",
    "connected": "Connected: {name}.",
    "in part": "Connected in part: {name}. Protects only {ranges}.",
    "switching": "Switching to {next}. You stay protected.",
    "connecting": "Connecting to {name}. {meanwhile}",
    "disconnecting": "Disconnecting. {meanwhile}",
    "blocked": "Blocked: {cause}. {meanwhile}",
    "not connected": "Not connected: {cause}. {meanwhile}",
    "paused": "Paused{until}. Your traffic is not protected.",
    "free": "Disconnected. Your traffic is not protected.",
    "lockdown": "Disconnected, in lockdown: nothing leaves this computer.",
}
_BUSY: Final = frozenset({"connecting", "switching", "disconnecting"})


class Shield(enum.StrEnum):
    """How this computer stands, in one word."""

    #: All traffic takes the tunnel and nothing else may leave.
    WHOLE = "whole"
    #: A tunnel is up, but some traffic may leave beside it.
    PART = "part"
    #: No tunnel, and nothing leaves.
    HELD = "held"
    #: Traffic leaves unprotected, as chosen.
    OPEN = "open"
    #: Traffic may leave unprotected although it must not.
    ALARM = "alarm"


_ROLES: Final[Mapping[Shield, Role]] = {
    Shield.WHOLE: Role.GOOD,
    Shield.PART: Role.OPEN,
    Shield.HELD: Role.HELD,
    Shield.OPEN: Role.OPEN,
    Shield.ALARM: Role.ALARM,
}


def shield_of(snapshot: Snapshot) -> Shield:
    """Return how the computer stands. Total: an unknown state is taken as open."""
    tunnel, protection = snapshot["tunnel"], snapshot["protection"]
    if not tunnel["enforced"]:
        return Shield.ALARM
    match tunnel["state"]:
        case "connected" | "switching":
            is_whole = protection["kill_switch"] and not tunnel["partial"]
            return Shield.WHOLE if is_whole else Shield.PART
        case "connecting" | "disconnecting" | "blocked":
            if not protection["kill_switch"]:
                return Shield.OPEN
            return Shield.PART if tunnel["partial"] else Shield.HELD
        case _:
            return Shield.HELD if protection["lockdown"] else Shield.OPEN


def headline(snapshot: Snapshot, now: datetime) -> Line:
    """Return the state in one line; ``now`` is aware and in the reader's zone."""
    shield, tunnel = shield_of(snapshot), snapshot["tunnel"]
    name, until = _name(snapshot), tunnel["paused_until_utc"]
    text = _TITLES[_title_of(tunnel["state"], shield, is_partial=tunnel["partial"])].format(
        name=name,
        next=tunnel["next"] or name,
        cause=_cause(snapshot),
        ranges=_ranges(snapshot),
        meanwhile=_meanwhile(snapshot),
        until=f" until {moment(until, now)}" if until else "",
    )
    is_busy = shield is not Shield.ALARM and tunnel["state"] in _BUSY
    return Line(text, Role.BUSY if is_busy else _ROLES[shield])


def _title_of(state: str, shield: Shield, *, is_partial: bool) -> str:
    """Return which of ``_TITLES`` fits: the state, unless something matters more."""
    if shield is Shield.ALARM:
        return "alarm"
    if state == "connected" and is_partial:
        return "in part"
    if state == "blocked" and shield is Shield.OPEN:
        return "not connected"
    if state in _TITLES:
        return state
    return "lockdown" if shield is Shield.HELD else "free"


def status_lines(snapshot: Snapshot, now: datetime) -> list[Line]:
    """Return all of ``snapshot`` for a person: the state, facts, warnings, what to do."""
    facts = [(label, text) for label, text in _facts(snapshot, now) if text]
    return [
        headline(snapshot, now),
        *(Line(f"  {label:<12}{text}") for label, text in facts),
        *warnings(snapshot),
        *(Line(text, Role.DIM) for text in _advice(snapshot)),
    ]


def warnings(snapshot: Snapshot) -> list[Line]:
    """Return what must not be overlooked whatever was asked."""
    # Ours says what to type, too.
    others = [notice for notice in snapshot["notices"] if notice["code"] != _OFF_NOTICE]
    lines = [Line(f"Note: {notice['text']}", Role.WARNING) for notice in others]
    if not snapshot["protection"]["kill_switch"]:
        lines.append(Line(_OFF_WARNING, Role.WARNING))
    return lines


def _facts(snapshot: Snapshot, now: datetime) -> Iterator[tuple[str, str]]:
    tunnel, protection = snapshot["tunnel"], snapshot["protection"]
    if tunnel["state"] not in {"disconnected", "paused"}:
        yield "Through", ", ".join(tunnel["endpoints"])
        yield "Protocol", ", ".join(filter(None, (tunnel["transport"], tunnel["engine"])))
    if tunnel["state"] in {"connected", "switching"}:
        mtu = f"MTU {tunnel['mtu_bytes']}" if tunnel["mtu_bytes"] else None
        inner = ", ".join(tunnel["addresses"])
        yield "Interface", "  ".join(filter(None, (tunnel["interface"], inner, mtu)))
        yield "DNS", ", ".join(tunnel["dns"])
        if tunnel["since_utc"] is not None:
            since_s = (now - datetime.fromisoformat(tunnel["since_utc"])).total_seconds()
            yield "Since", f"{moment(tunnel['since_utc'], now)} ({span(since_s)})"
        received, sent = amount(tunnel["received_bytes"]), amount(tunnel["sent_bytes"])
        yield "Traffic", f"{received} received, {sent} sent"
        yield "Session", _passage(snapshot)
    yield "Account", _account(snapshot)
    yield "Kill switch", _kill_switch(snapshot)
    yield "Sharing", _sharing(snapshot)
    yield "Network", "local network reachable" if protection["allow_lan"] else "local network off"


def _kill_switch(snapshot: Snapshot) -> str:
    protection = snapshot["protection"]
    if not protection["kill_switch"]:
        return "off"
    backend = f" ({protection['firewall']})" if protection["firewall"] else ""
    match shield_of(snapshot):
        case Shield.ALARM:
            return f"failed{backend}"
        case Shield.OPEN:
            return f"waits for a tunnel{backend}"
        case Shield.HELD:
            return f"holding{backend}"
        case _:
            return f"on{backend}"


def _passage(snapshot: Snapshot) -> str:
    session = snapshot.get("session")
    if session is None:
        return ""
    country = session["country"]
    where = f"{country} {name_of(country)}, " if country else ""
    return f"{where}node {session['node_id']}, paid for {amount(session['cap_bytes'])}"


def _account(snapshot: Snapshot) -> str:
    account = snapshot.get("account")
    if account is None or account["server"] is None:
        return ""
    if account["signed_in"] is None:
        return "the vault is locked: worldvpn vault unlock"
    if not account["signed_in"]:
        return "nobody is signed in: worldvpn login"
    balance = account["balance"]
    credit = f", {balance['credits']:,} credits" if balance else ""
    away = "" if account["reach"] == "online" else f", {account['reach']}"
    why = f" ({account['detail'].rstrip('.')})" if away and account["detail"] else ""
    return f"{account['username']}{credit}{away}{why}"


def _sharing(snapshot: Snapshot) -> str:
    sharing = snapshot["sharing"]
    if sharing["state"] == "off" and not sharing["wanted"]:
        return ""
    cause = sharing["cause"]
    why = f": {cause['detail'].rstrip('.')}" if cause else ""
    return f"{sharing['state']}{why}, {sharing['guests']} invited, UDP port {sharing['port']}"


def _advice(snapshot: Snapshot) -> Iterator[str]:
    tunnel = snapshot["tunnel"]
    match shield_of(snapshot), tunnel["state"]:
        case Shield.ALARM, _:
            yield "Leave the network until this is fixed. Try again: worldvpn connect"
            yield "Undo all that WorldVPN changed here: sudo worldvpn reset"
        case _, "disconnected":
            yield "Connect: worldvpn connect"
        case _, "paused":
            yield "Connect now: worldvpn resume"
        case _, "blocked":
            retry_s = tunnel["retry_in_s"]
            if retry_s is not None:
                yield "Trying again now." if retry_s < 1 else f"Next try in {span(retry_s)}."
            way = ways_on(tunnel["cause"]["code"]) if tunnel["cause"] else ""
            if way:
                yield way
            yield "Try now: worldvpn connect. Open this computer: worldvpn disconnect"
        case _:
            pass


def _meanwhile(snapshot: Snapshot) -> str:
    match shield_of(snapshot):
        case Shield.OPEN:
            return "Your traffic is not protected."
        case Shield.PART:
            return f"Nothing reaches {_ranges(snapshot)} meanwhile; the rest is not protected."
        case _:
            return "Nothing leaves this computer."


def _name(snapshot: Snapshot) -> str:
    profile = snapshot["tunnel"]["profile"]
    return profile["name"] if profile else "a profile"


def _cause(snapshot: Snapshot) -> str:
    cause = snapshot["tunnel"]["cause"]
    return cause["detail"].rstrip(".") if cause and cause["detail"] else "there is no tunnel"


def _ranges(snapshot: Snapshot) -> str:
    return ", ".join(snapshot["tunnel"]["protects"]) or "what the profile names"
