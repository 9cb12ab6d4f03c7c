"""Sharing as it is shown: whether it is on, whether guests can come, and how many. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
from PyQt6.QtCore import QCoreApplication

from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_app.gui.present import figures
from worldvpn_app.gui.present.advice import sentence
from worldvpn_app.gui.present.facts import NOT_KNOWN
from worldvpn_app.gui.present.view import clean

translate = QCoreApplication.translate


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
    reach: str
    #: The look of ``reach``.
    reach_look: str
    reach_note: str
    vesting: str
    vesting_note: str
    port: str
    needs_consent: bool
    #: What keeps it from being found, and where that is changed.
    advice: str = ""


def present(snapshot: Snapshot, settings: Mapping[str, Any]) -> SharingView:
    """Return what to show of ``snapshot`` and of the settings about sharing. Total."""
    sharing = snapshot["sharing"]
    title, line, button = _state(snapshot)
    reach, look, note = _reach(snapshot)
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
        reach=reach,
        reach_look=look,
        reach_note=note,
        vesting=balance[0],
        vesting_note=balance[1],
        port=translate("sharing", "UDP {port}").format(port=sharing["port"]),
        needs_consent=sharing["agreed_utc"] is None,
        advice=_advice(snapshot, settings),
    )


def _state(snapshot: Snapshot) -> tuple[str, str, str]:
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
            return translate("sharing", "Sharing is being switched on"), text, "off"
        case "draining":
            text = translate("sharing", "Those present may finish.")
            return translate("sharing", "Sharing ends"), f"{text} {why}".strip(), "off"
        case "off" if sharing["wanted"] and why:
            return translate("sharing", "Sharing is interrupted"), why, "off"
        case "off":
            text = translate("sharing", "Share this connection, and earn credits for it.")
            return translate("sharing", "You are not sharing"), why or text, "on"
        case other:
            older = translate("sharing", "This app is older than the service.")
            return clean(other, 40), older, ""


def _reach(snapshot: Snapshot) -> tuple[str, str, str]:
    sharing = snapshot["sharing"]
    server = sharing.get("server")
    port = translate("sharing", "UDP {port}").format(port=sharing["port"])
    if sharing["state"] != "serving":
        return NOT_KNOWN, "figure", translate("sharing", "Checked once you share")
    if server is None:
        return NOT_KNOWN, "figure", translate("sharing", "{port}, not checked").format(port=port)
    if server["listed"]:
        return translate("sharing", "Reachable"), "good figure", port
    if server["reason"]:
        return (
            translate("sharing", "Not listed"),
            "waiting figure",
            sentence(server["reason"]),
        )
    waiting = translate("sharing", "The server tries it from outside")
    return translate("sharing", "Waiting"), "figure", waiting


def _balance(snapshot: Snapshot) -> tuple[str, str]:
    account = snapshot.get("account")
    balance = account["balance"] if account else None
    if balance is None:
        return NOT_KNOWN, translate("sharing", "Sign in to earn credits")
    return figures.whole_credit(balance["vesting_ticks"]), translate(
        "sharing", "Earned; yours to use once it is past doubt"
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
