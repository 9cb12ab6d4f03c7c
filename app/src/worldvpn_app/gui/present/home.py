"""Home from a snapshot: state, words, buttons and facts. Pure but for translation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from PyQt6.QtCore import QCoreApplication

from worldvpn_app.cli.present import Shield, shield_of
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_app.gui.present import figures
from worldvpn_app.gui.present.advice import cause_of
from worldvpn_app.gui.present.buttons import buttons, needs_sign_in
from worldvpn_app.gui.present.facts import (
    account_line,
    carried,
    facts,
    facts_title,
    no_rates,
    protocol_of,
)
from worldvpn_app.gui.present.nodes import Node, latency
from worldvpn_app.gui.present.places import Place, place_of, place_shown, target_of
from worldvpn_app.gui.present.told import told
from worldvpn_app.gui.present.view import HomeView, Mark, clean
from worldvpn_app.gui.tokens import Tone

translate = QCoreApplication.translate
_LONGEST_NAME: Final = 64


def present(
    snapshot: Snapshot,
    now: datetime,
    *,
    age_s: float = 0.0,
    nodes: Mapping[str, Node] | None = None,
    has_profiles: bool = True,
) -> HomeView:
    """Return what to show of ``snapshot``, received ``age_s`` ago. Total: any state has a view."""
    tunnel = snapshot["tunnel"]
    shield = shield_of(snapshot)
    tone, mark = _look(snapshot, shield)
    place = place_shown(snapshot, nodes or {})
    line, small = _lines(snapshot, tone, now, age_s, place)
    main, second = buttons(
        snapshot, tone, needs_sign_in=needs_sign_in(snapshot, has_profiles=has_profiles)
    )
    shows_place = tone not in {Tone.UNPROTECTED, Tone.BLOCKED, Tone.UNKNOWN} and line == place.words
    session = snapshot.get("session")
    sharing = snapshot["sharing"]
    server = sharing.get("server")
    return HomeView(
        tone=tone,
        mark=mark,
        title=_title(tone, mark, tunnel["state"]),
        line=line,
        small=small,
        main=main,
        second=second,
        kill_switch=_kill_switch(snapshot, shield, now),
        holds=snapshot["protection"]["kill_switch"] and shield not in {Shield.ALARM, Shield.OPEN},
        local_network=_local_network(snapshot, shield),
        facts=facts(snapshot, tone, now, place),
        country=place.country if shows_place else "",
        brief=_brief(tone, mark, line),
        facts_title=facts_title(snapshot, tone),
        carried=carried(snapshot),
        no_rates=no_rates(tone, mark),
        picks_title=translate("home", "Connect to")
        if tone in {Tone.DISCONNECTED, Tone.UNPROTECTED}
        else translate("home", "Switch to"),
        node_id=session["node_id"] if session else None,
        node_label=_node_label(tone, place),
        account=account_line(snapshot),
        guests=server["guests"] if server else 0,
        alarm=_cause(snapshot) if shield is Shield.ALARM else "",
        notices=tuple(told(notice["text"]) for notice in snapshot["notices"]),
    )


def _brief(tone: Tone, mark: Mark, line: str) -> str:
    match tone, mark:
        case Tone.UNPROTECTED, _:
            return translate("home", "Traffic may leak")
        case _, Mark.STEM:
            return translate("home", "Address visible")
        case _, Mark.LOCK | Mark.BAR | Mark.DOTS:
            return translate("home", "Nothing leaves")
        case Tone.UNKNOWN, _:
            return translate("home", "App is older")
        case _:
            return line


def _local_network(snapshot: Snapshot, shield: Shield) -> str:
    if snapshot["protection"]["allow_lan"]:
        return translate("home", "Local network on")
    is_up = shield in {Shield.WHOLE, Shield.PART}
    return translate("home", "Local network off") if is_up else ""


def _node_label(tone: Tone, place: Place) -> str:
    if tone is Tone.BLOCKED:
        return translate("home", "{place}  no answer").format(place=place.words)
    if place.node is not None and place.node.latency_ms is not None:
        return f"{place.words}  {latency(place.node)}"
    return place.words


def _look(snapshot: Snapshot, shield: Shield) -> tuple[Tone, Mark]:
    tunnel = snapshot["tunnel"]
    if shield is Shield.ALARM:
        return Tone.UNPROTECTED, Mark.TRIANGLE
    match tunnel["state"]:
        case "disconnected":
            held = shield is Shield.HELD
            return Tone.DISCONNECTED, Mark.LOCK if held else Mark.STEM
        case "connected" if tunnel["partial"]:
            return Tone.PAUSED, Mark.PART
        case "blocked" if shield is not Shield.HELD:
            # Some traffic is free: a closed ring would say more than is so.
            return Tone.DISCONNECTED, Mark.STEM
        case "connecting" | "connected" | "switching" | "paused" | "blocked" as state:
            marks = {
                "connecting": Mark.ARC,
                "connected": Mark.TICK,
                "switching": Mark.ARROWS,
                "paused": Mark.BARS,
                "blocked": Mark.BAR,
            }
            return Tone(state), marks[state]
        case "disconnecting":
            return Tone.DISCONNECTED, Mark.DOTS
        case _:
            return Tone.UNKNOWN, Mark.DASHED


def _title(tone: Tone, mark: Mark, state: str) -> str:
    if mark is Mark.PART:
        return translate("home", "Connected in part")
    if mark is Mark.DOTS:
        return translate("home", "Disconnecting")
    titles = {
        Tone.DISCONNECTED: translate("home", "Disconnected"),
        Tone.CONNECTING: translate("home", "Connecting"),
        Tone.CONNECTED: translate("home", "Connected"),
        Tone.SWITCHING: translate("home", "Switching"),
        Tone.PAUSED: translate("home", "Paused"),
        Tone.BLOCKED: translate("home", "Blocked"),
        Tone.UNPROTECTED: translate("home", "Unprotected"),
    }
    if state == "blocked" and tone is Tone.DISCONNECTED:
        return translate("home", "Not connected")
    return titles.get(tone, clean(state, _LONGEST_NAME))


def _lines(
    snapshot: Snapshot, tone: Tone, now: datetime, age_s: float, place: Place
) -> tuple[str, str]:
    tunnel = snapshot["tunnel"]
    name = place.words or translate("home", "a profile")
    is_free = shield_of(snapshot) in {Shield.OPEN, Shield.PART}
    free = translate("home", "Your traffic is not protected")
    match tone, tunnel["state"]:
        case Tone.UNPROTECTED, _:
            return _cause(snapshot), translate("home", "Your traffic can leave freely.")
        case Tone.UNKNOWN, _:
            return translate("home", "This app is older than the service."), ""
        case _, "disconnected" if not is_free:
            return (
                translate("home", "Lockdown: nothing leaves"),
                translate("home", "Connect to use the internet"),
            )
        case _, "disconnected":
            return free, translate("home", "Sites see your own address")
        case _, "connecting":
            by = protocol_of(tunnel)
            trying = (
                translate("home", "Trying {protocol}.").format(protocol=by)
                if by
                else translate("home", "Trying to reach it.")
            )
            then = f"{free}." if is_free else translate("home", "Nothing leaves yet.")
            return name, f"{trying} {then}"
        case _, "switching":
            new = _next(snapshot)
            both = translate("home", "Both paths are protected.")
            return translate("home", "{old} to {new}").format(old=name, new=new), both
        case _, "paused":
            return _paused(tunnel["paused_until_utc"], now), translate(
                "home", "Connects again by itself"
            )
        case _, "blocked":
            return _cause(snapshot), _blocked(snapshot, age_s, free if is_free else "")
        case _, "disconnecting":
            until = (
                f"{free}." if is_free else translate("home", "Nothing leaves until it is closed.")
            )
            return translate("home", "Closing the tunnel"), until
        case _ if tunnel["partial"]:
            ranges = ", ".join(tunnel["protects"]) or translate("home", "what the profile names")
            return name, translate("home", "Protects only {ranges}").format(ranges=ranges)
        case _:
            return name, _through(snapshot, place)


def _through(snapshot: Snapshot, place: Place) -> str:
    session = snapshot.get("session")
    if session is None:
        endpoint = ", ".join(snapshot["tunnel"]["endpoints"][:1]).partition("/")[0]
        return translate("home", "through {node} · own profile").format(node=endpoint)
    is_public = place.node is not None and place.node.is_public
    kind = translate("home", "public node") if is_public else translate("home", "community node")
    through = translate("home", "through node {node}").format(node=session["node_id"][:8])
    return f"{through} · {kind}"


def _next(snapshot: Snapshot) -> str:
    coming = snapshot["tunnel"]["next"]
    if coming is None:
        return translate("home", "another node")
    return place_of(target_of(clean(coming, _LONGEST_NAME)), {}, {}).words


def _blocked(snapshot: Snapshot, age_s: float, free: str) -> str:
    tunnel = snapshot["tunnel"]
    cause, retry_s = tunnel["cause"], tunnel["retry_in_s"]
    held = f"{free}." if free else translate("home", "Nothing leaves.")
    if cause is not None and cause["code"] == "no-credit-proof":
        return f"{held} {translate('home', 'It goes on by itself.')}"
    if retry_s is None:
        return held if free else translate("home", "Nothing leaves this computer.")
    left_s = max(0, round(retry_s - age_s))
    if left_s == 0:
        return f"{held} {translate('home', 'Trying again now.')}"
    return f"{held} " + translate("home", "Next try in {n}\u00a0s.").format(n=left_s)


def _paused(until_utc: str | None, now: datetime) -> str:
    if until_utc is None:
        return translate("home", "Your traffic is not protected")
    left_s = max(0, int((datetime.fromisoformat(until_utc) - now).total_seconds()))
    clock = f"{left_s // 60}:{left_s % 60:02}"
    return translate("home", "Not protected for {time}").format(time=clock)


def _cause(snapshot: Snapshot) -> str:
    cause = snapshot["tunnel"]["cause"]
    words = cause_of(cause["code"], cause["detail"]) if cause else ""
    if not words and not snapshot["tunnel"]["enforced"]:
        return translate("home", "The firewall rules are not in place")
    return words or translate("home", "There is no tunnel")


def _kill_switch(snapshot: Snapshot, shield: Shield, now: datetime) -> str:
    if not snapshot["protection"]["kill_switch"]:
        return translate("home", "Kill switch off")
    tunnel = snapshot["tunnel"]
    match shield:
        case Shield.ALARM:
            return translate("home", "Kill switch failed")
        case Shield.OPEN:
            return translate("home", "Kill switch waits for a tunnel")
        case Shield.HELD if tunnel["state"] == "blocked" and tunnel["since_utc"]:
            since = datetime.fromisoformat(tunnel["since_utc"]).astimezone(now.tzinfo)
            return translate("home", "Kill switch holding since {time}").format(
                time=figures.clock(since)
            )
        case Shield.HELD:
            return translate("home", "Kill switch holding")
        case _:
            return translate("home", "Kill switch on")
