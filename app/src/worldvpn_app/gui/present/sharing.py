"""Sharing as it is shown: whether it is on, whether guests can come, and how many. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import attrs
from PyQt6.QtCore import QCoreApplication

from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_app.gui.present import figures
from worldvpn_app.gui.present.advice import sentence
from worldvpn_app.gui.present.carried import CarriedView, carried
from worldvpn_app.gui.present.facts import NOT_KNOWN
from worldvpn_app.gui.present.guests import GuestRow, Limit, guests, limits
from worldvpn_app.gui.present.sent_away import SentAwayRow, sent_away
from worldvpn_app.gui.present.told import told
from worldvpn_app.gui.present.view import clean
from worldvpn_app.gui.present.wallet import Day, Entry, by_day, earned
from worldvpn_app.gui.present.way_in import WayInView, way_in

translate = QCoreApplication.translate
DAYS: Final = 30
_MOST_CONSENT: Final = 2_000


@attrs.frozen(kw_only=True)
class SharingView:
    """All that the page says besides the invited devices."""

    title: str
    line: str
    #: What the button does: "on", "off", or "" while neither can be asked.
    button: str
    is_on: bool
    guests: str
    guests_note: str
    way_in: WayInView
    vesting: str
    vesting_note: str
    port: str
    needs_consent: bool
    today: str
    month: str
    month_note: str
    days: tuple[Day, ...]
    #: None where the service does not tell.
    carried: CarriedView | None
    rows: tuple[GuestRow, ...]
    #: Why there is no row.
    no_rows: str
    limits: tuple[Limit, ...]
    sent_away: tuple[SentAwayRow, ...] = ()
    #: What the second button does: "pause", "resume", or "" while there is nothing to pause.
    pause: str = ""
    #: What is agreed to, and which version of it; None: the daemon does not say.
    consent: str = ""
    consent_version: int | None = None
    #: What keeps it from being found, and where that is changed.
    advice: str = ""
    #: Why nobody new is let in just now.
    news: str = ""


def present(
    snapshot: Snapshot, settings: Mapping[str, Any], entries: Sequence[Entry], now: datetime
) -> SharingView:
    """Return what to show of ``snapshot``, of the settings about sharing, and of the statement.

    Total.
    """
    sharing = snapshot["sharing"]
    title, line, button = _state(snapshot, now)
    agreed_to, version, needs_consent = _consent(snapshot)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    rows = guests(snapshot, now)
    server = sharing.get("server")
    is_on = sharing["state"] == "serving"
    balance = _balance(snapshot)
    return SharingView(
        title=title,
        line=line,
        button=button,
        is_on=is_on,
        guests=figures.whole(server["guests"]) if server and is_on else NOT_KNOWN,
        guests_note=translate("sharing", "sent by the directory")
        if server
        else translate("sharing", "This computer belongs to no central server"),
        today=_credits(earned(entries, midnight), balance[0]),
        month=_credits(earned(entries, now - timedelta(days=DAYS)), balance[0]),
        month_note=balance[1]
        if balance[0] == NOT_KNOWN
        else translate("sharing", "{n} still vesting").format(n=balance[0]),
        days=by_day(entries, now, DAYS),
        rows=rows,
        no_rows=""
        if rows
        else _nobody(snapshot)
        if is_on
        else translate("sharing", "Guests are listed here while you share."),
        limits=limits(snapshot, settings, _here(snapshot, rows) if is_on else None),
        sent_away=sent_away(snapshot, now),
        pause=_pause(snapshot),
        consent=agreed_to,
        consent_version=version,
        news=sentence(str(sharing.get("why_not") or "")) if is_on else "",
        way_in=way_in(snapshot),
        vesting=balance[0],
        vesting_note=balance[1],
        port=translate("sharing", "UDP {port}").format(port=sharing["port"]),
        needs_consent=needs_consent,
        carried=carried(snapshot, settings, now) if is_on else None,
        advice=_advice(snapshot, settings),
    )


def _here(snapshot: Snapshot, rows: Sequence[GuestRow]) -> int:
    """Return how many are here: those that are listed, else as many as are counted."""
    sharing = snapshot["sharing"]
    server = sharing.get("server")
    if "people" in sharing:
        return len(rows)
    return server["guests"] if server else sharing["guests"]


def _nobody(snapshot: Snapshot) -> str:
    if "people" not in snapshot["sharing"]:
        return translate("sharing", "This service counts guests, but does not list them.")
    return translate("sharing", "Nobody is here now.")


def _credits(ticks: int, balance: str) -> str:
    """Return what was earned; a dash where nobody is signed in."""
    return NOT_KNOWN if balance == NOT_KNOWN else figures.whole_credit(ticks, signed=True)


def _consent(snapshot: Snapshot) -> tuple[str, int | None, bool]:
    """Return what is to be agreed to, which version it is, and whether that is to be asked."""
    sharing = snapshot["sharing"]
    never = sharing["agreed_utc"] is None
    consent = sharing.get("consent")
    if not isinstance(consent, Mapping) or not isinstance(consent.get("version"), int):
        text = translate(
            "sharing",
            "Guests will reach the internet through this computer, under its address: what they do"
            " there, you seem to do. They reach neither this computer nor your network. You can"
            " stop at any time; nobody is let in while you do not share.",
        )
        return text, None, never
    text = told(str(consent.get("text") or ""), most=_MOST_CONSENT)
    version = int(consent["version"])
    return text, version, never or consent.get("agreed_version") != version


def _pause(snapshot: Snapshot) -> str:
    sharing = snapshot["sharing"]
    if sharing.get("pause"):
        return "resume"
    # A daemon that tells of no pause knows of none.
    return "pause" if "pause" in sharing and sharing["state"] == "serving" else ""


def _interrupted(snapshot: Snapshot, now: datetime) -> tuple[str, str]:
    """Return why what is wanted is not so, and until when."""
    sharing = snapshot["sharing"]
    cause = sharing["cause"]
    why = sentence(cause["detail"]) if cause else ""
    pause = sharing.get("pause")
    if isinstance(pause, Mapping):
        until = _time(pause.get("until_utc"), now)
        then = translate("sharing", "Nobody is let in until {time}.").format(time=until)
        open_end = translate("sharing", "Nobody is let in until you resume.")
        return translate("sharing", "Sharing is paused"), then if until else open_end
    match cause["code"] if cause else "":
        case "share.schedule":
            known = sharing.get("schedule")
            until = _time(known.get("changes_utc"), now) if isinstance(known, Mapping) else ""
            then = translate("sharing", "Guests can come again at {time}.").format(time=until)
            return translate("sharing", "Outside your hours"), then if until else why
        case "share.daily":
            today = sharing.get("today")
            until = _time(today.get("ends_utc"), now) if isinstance(today, Mapping) else ""
            then = translate("sharing", "Guests can come again at {time}.").format(time=until)
            return translate("sharing", "Today's traffic is used up"), then if until else why
        case "share.metered":
            allow = translate(
                "sharing", "To share here too, switch on “Share on metered networks” in Settings."
            )
            return translate("sharing", "Waiting for another network"), f"{why} {allow}"
        case "share.disk":
            return translate("sharing", "The disk cannot be written to"), why
        case _:
            return translate("sharing", "Sharing is interrupted"), why


def _time(iso: object, now: datetime) -> str:
    try:
        at = datetime.fromisoformat(str(iso)).astimezone(now.tzinfo)
    except (ValueError, OverflowError):
        return ""
    return figures.soon(at, now)


def _state(snapshot: Snapshot, now: datetime) -> tuple[str, str, str]:
    sharing = snapshot["sharing"]
    cause = sharing["cause"]
    why = sentence(cause["detail"]) if cause else ""
    safe = translate(
        "sharing", "Guests reach the internet only, never this computer or your network."
    )
    match sharing["state"]:
        case "serving":
            return translate("sharing", "You are sharing"), safe, "off"
        case "opening":
            text = translate("sharing", "Guests can come once it is ready.")
            return translate("sharing", "Sharing is starting"), text, "off"
        case "draining":
            text = translate("sharing", "Those present may finish.")
            return translate("sharing", "Sharing is stopping"), f"{text} {why}".strip(), "off"
        case "off" if sharing["wanted"] and (why or sharing.get("pause")):
            return *_interrupted(snapshot, now), "off"
        case "off":
            text = translate("sharing", "Share this connection, and earn credits for it.")
            return translate("sharing", "You are not sharing"), why or text, "on"
        case other:
            older = translate("sharing", "This app is older than the service.")
            return clean(other, 40), older, ""


def _balance(snapshot: Snapshot) -> tuple[str, str]:
    account = snapshot.get("account")
    balance = account["balance"] if account else None
    if balance is None:
        return NOT_KNOWN, translate("sharing", "Sign in to earn credits")
    return figures.whole_credit(balance["vesting_ticks"]), translate(
        "sharing", "Earned; yours to use once it is confirmed"
    )


def _advice(snapshot: Snapshot, settings: Mapping[str, Any]) -> str:
    sharing = snapshot["sharing"]
    account = snapshot.get("account")
    if sharing["state"] != "serving" or account is None or account["server"] is None:
        return ""
    if not account["signed_in"]:
        return translate("sharing", "Sign in, and the directory can send you guests.")
    if settings and settings.get("share_country") is None:
        return translate(
            "sharing", "Choose the country you are listed under, and guests can find you."
        )
    return ""
