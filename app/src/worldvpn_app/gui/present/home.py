"""Home from a snapshot: state, words, buttons and facts. Pure but for translation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from PyQt6.QtCore import QCoreApplication

from worldvpn_app.cli.present import Shield, shield_of
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_app.cli.wording import amount, span
from worldvpn_app.gui.present.view import Button, Do, Fact, HomeView, Mark, clean
from worldvpn_app.gui.tokens import Tone

translate = QCoreApplication.translate
_LONGEST_NAME: Final = 64
#: A dash, never 0.
_NOT_KNOWN: Final = "\u2013"


def present(snapshot: Snapshot, now: datetime, *, age_s: float = 0.0) -> HomeView:
    """Return what to show of ``snapshot``, received ``age_s`` ago. Total: any state has a view."""
    tunnel = snapshot["tunnel"]
    shield = shield_of(snapshot)
    tone, mark = _look(snapshot, shield)
    line, small = _lines(snapshot, tone, now, age_s)
    main, second = _buttons(tone, tunnel["state"])
    return HomeView(
        tone=tone,
        mark=mark,
        title=_title(tone, mark, tunnel["state"]),
        line=line,
        small=small,
        main=main,
        second=second,
        kill_switch=_kill_switch(snapshot, shield),
        holds=snapshot["protection"]["kill_switch"] and shield is not Shield.ALARM,
        local_network=translate("home", "Local network on")
        if snapshot["protection"]["allow_lan"]
        else translate("home", "Local network off"),
        facts=tuple(_facts(snapshot, tone, now)),
        alarm=_cause(snapshot) if shield is Shield.ALARM else "",
        notices=tuple(clean(notice["text"]) for notice in snapshot["notices"]),
    )


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


def _lines(snapshot: Snapshot, tone: Tone, now: datetime, age_s: float) -> tuple[str, str]:
    tunnel = snapshot["tunnel"]
    profile = tunnel["profile"]
    name = clean(profile["name"], _LONGEST_NAME) if profile else translate("home", "a profile")
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
            trying = translate("home", "Trying {protocol}.").format(
                protocol=tunnel["transport"] or translate("home", "to reach it")
            )
            then = f"{free}." if is_free else translate("home", "Nothing leaves yet.")
            return name, f"{trying} {then}"
        case _, "switching":
            new = clean(tunnel["next"] or name, _LONGEST_NAME)
            both = translate("home", "Both paths are protected.")
            return translate("home", "{old} to {new}").format(old=name, new=new), both
        case _, "paused":
            return _paused(tunnel["paused_until_utc"], now), translate(
                "home", "Connects again by itself"
            )
        case _, "blocked":
            retry = ""
            if tunnel["retry_in_s"] is not None:
                left_s = max(0, round(tunnel["retry_in_s"] - age_s))
                retry = " " + translate("home", "Next try in {n}\u00a0s.").format(n=left_s)
            return _cause(snapshot), (
                f"{free}." if is_free else translate("home", "Nothing leaves.")
            ) + retry
        case _, "disconnecting":
            until = (
                f"{free}." if is_free else translate("home", "Nothing leaves until it is closed.")
            )
            return translate("home", "Closing the tunnel"), until
        case _ if tunnel["partial"]:
            ranges = ", ".join(tunnel["protects"]) or translate("home", "what the profile names")
            return name, translate("home", "Protects only {ranges}").format(ranges=ranges)
        case _:
            through = ", ".join(tunnel["endpoints"][:1])
            return name, translate("home", "through {node}").format(node=through)


def _paused(until_utc: str | None, now: datetime) -> str:
    if until_utc is None:
        return translate("home", "Your traffic is not protected")
    left_s = max(0, int((datetime.fromisoformat(until_utc) - now).total_seconds()))
    clock = f"{left_s // 60}:{left_s % 60:02}"
    return translate("home", "Not protected for {time}").format(time=clock)


def _cause(snapshot: Snapshot) -> str:
    cause = snapshot["tunnel"]["cause"]
    detail = clean(cause["detail"]).rstrip(".") if cause else ""
    if not detail and not snapshot["tunnel"]["enforced"]:
        return translate("home", "The firewall rules are not in place")
    return detail[:1].upper() + detail[1:] or translate("home", "There is no tunnel")


def _buttons(tone: Tone, state: str) -> tuple[Button | None, tuple[Button, ...]]:
    close = Button(text=translate("home", "Disconnect"), do=Do.DISCONNECT)
    choose = Button(text=translate("home", "Switch node"), do=Do.CHOOSE)

    def gain(text: str, do: Do = Do.CONNECT) -> Button:
        return Button(text=text, do=do, is_primary=True)

    match tone, state:
        case Tone.UNPROTECTED, _:
            return gain(translate("home", "Protect now")), (close,)
        case _, "disconnected":
            other = Button(text=translate("home", "Choose node"), do=Do.CHOOSE)
            return gain(translate("home", "Connect")), (other,)
        case _, "connecting":
            return Button(text=translate("home", "Cancel"), do=Do.DISCONNECT), ()
        case _, "switching":
            # Cancelling a change keeps the tunnel that is up, by asking for it again.
            return Button(text=translate("home", "Cancel"), do=Do.CONNECT), ()
        case _, "connected":
            return close, (Button(text=translate("home", "Pause"), do=Do.PAUSE), choose)
        case _, "paused":
            return gain(translate("home", "Resume now"), Do.RESUME), (
                Button(text=translate("home", "Pause longer"), do=Do.PAUSE),
                close,
            )
        case _, "blocked":
            return gain(translate("home", "Try now")), (choose, close)
        case _, "disconnecting":
            return Button(text=translate("home", "Connect again"), do=Do.CONNECT), ()
        case _:
            return close, ()


def _kill_switch(snapshot: Snapshot, shield: Shield) -> str:
    if not snapshot["protection"]["kill_switch"]:
        return translate("home", "Kill switch off")
    match shield:
        case Shield.ALARM:
            return translate("home", "Kill switch failed")
        case Shield.OPEN:
            return translate("home", "Kill switch waits for a tunnel")
        case Shield.HELD:
            return translate("home", "Kill switch holding")
        case _:
            return translate("home", "Kill switch on")


def _facts(snapshot: Snapshot, tone: Tone, now: datetime) -> Iterator[Fact]:
    tunnel = snapshot["tunnel"]
    is_up = tone is not Tone.UNPROTECTED and tunnel["state"] in {"connected", "switching"}
    since = tunnel["since_utc"] if is_up else None
    lasted = span((now - datetime.fromisoformat(since)).total_seconds()) if since else _NOT_KNOWN
    protocol = " · ".join(filter(None, (tunnel["transport"], tunnel["engine"])))
    yield Fact(
        icon="globe",
        label=translate("home", "Node"),
        value=", ".join(tunnel["endpoints"][:1]) or _NOT_KNOWN,
    )
    yield Fact(icon="clock", label=translate("home", "Time"), value=lasted)
    yield Fact(icon="zap", label=translate("home", "Protocol"), value=protocol or _NOT_KNOWN)
    yield Fact(
        icon="arrow-down",
        label=translate("home", "Received"),
        value=amount(tunnel["received_bytes"]) if is_up else _NOT_KNOWN,
    )
    yield Fact(
        icon="arrow-up",
        label=translate("home", "Sent"),
        value=amount(tunnel["sent_bytes"]) if is_up else _NOT_KNOWN,
    )
    yield Fact(
        icon="server",
        label=translate("home", "DNS"),
        value=", ".join(tunnel["dns"]) if is_up and tunnel["dns"] else _NOT_KNOWN,
    )
