"""How guests get to this computer, or why they do not and what to do about it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs
from PyQt6.QtCore import QCoreApplication

from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_app.gui.present.advice import sentence
from worldvpn_app.gui.present.facts import NOT_KNOWN
from worldvpn_app.gui.present.view import clean

translate = QCoreApplication.translate
#: What the router said, or did not: guests may come all the same.
_OF_ROUTER: Final = frozenset(
    {
        "no-router",
        "router-silent",
        "router-refused",
        "router-senseless",
        "router-behind-another",
        "not-asked",
    }
)
_UNREACHED: Final = "the central server could not reach the port: open it in your router"
#: What is mended in the app's own settings.
_IN_SETTINGS: Final = frozenset({"not-asked", "address-refused"})
_PROTOCOLS: Final = {"pcp": "PCP", "nat-pmp": "NAT-PMP", "upnp": "UPnP"}


@attrs.frozen(kw_only=True)
class WayInView:
    """Whether guests can come, in a word with its look, and by what; what to do where not."""

    word: str
    look: str
    note: str
    why: str = ""
    then: str = ""
    #: It is mended in the settings.
    is_setting: bool = False


def way_in(snapshot: Snapshot) -> WayInView:
    """Return what is known of the way in. Total."""
    sharing = snapshot["sharing"]
    if sharing["state"] != "serving":
        note = translate("sharing", "Checked once you share")
        return WayInView(word=NOT_KNOWN, look="figure", note=note)
    raw = sharing.get("reach")
    known: Mapping[str, Any] = raw if isinstance(raw, Mapping) else {}
    reason = str(known.get("reason") or "")
    word, look, note = _word(snapshot, known, reason)
    server = sharing.get("server")
    if not reason or (server is not None and server["listed"]):
        return WayInView(word=word, look=look, note=note)
    why, then = _trouble(known, reason, sharing["port"])
    is_setting = reason in _IN_SETTINGS
    return WayInView(word=word, look=look, note=note, why=why, then=then, is_setting=is_setting)


def _word(snapshot: Snapshot, known: Mapping[str, Any], reason: str) -> tuple[str, str, str]:
    sharing = snapshot["sharing"]
    server, port = sharing.get("server"), _port(sharing["port"])
    how = _how(known, sharing["port"])
    if server is None:
        unchecked = translate("sharing", "{port}, not checked").format(port=port)
        return NOT_KNOWN, "figure", unchecked if reason else how or unchecked
    if server["listed"]:
        return translate("sharing", "Reachable"), "good figure", how or port
    if server["reason"]:
        said = server["reason"]
        is_shut = bool(reason) and (reason not in _OF_ROUTER or said == _UNREACHED)
        # Why that is stands beside what to do.
        return (
            translate("sharing", "Not reachable")
            if is_shut
            else translate("sharing", "Not listed"),
            "waiting figure",
            port if is_shut else sentence(said),
        )
    waiting = translate("sharing", "The server is trying it from outside")
    return translate("sharing", "Waiting"), "figure", waiting


def _how(known: Mapping[str, Any], port: int) -> str:
    """Return by what guests come; "" where that is not known."""
    public = known.get("public_port")
    at = _port(public if isinstance(public, int) else port)
    match known.get("way"):
        case "direct":
            return translate("sharing", "Directly, at {port}").format(port=at)
        case "mapped":
            by = str(known.get("by") or "")
            words = translate("sharing", "Your router forwards {port} ({protocol})")
            return words.format(port=at, protocol=_PROTOCOLS.get(by) or clean(by, 16))
        case "manual":
            return translate("sharing", "At the address that you gave, {port}").format(port=at)
        case "punched":
            return translate("sharing", "Your router lets in guests whom this computer has called")
        case _:
            return ""


def _trouble(known: Mapping[str, Any], reason: str, port: int) -> tuple[str, str]:
    """Return why guests cannot come, and what to do; settings go by the names they have here."""
    why, then = sentence(str(known.get("why") or "")), sentence(str(known.get("advice") or ""))
    if reason == "not-asked":
        why = translate("sharing", "Your router was not asked: “Ask the router” is off.")
        then = translate("sharing", "Switch it on, or forward {port} in your router by hand.")
        then = then.format(port=_port(port))
    elif reason == "address-refused":
        then = translate(
            "sharing", "Disconnect your own tunnel for a moment, or correct “Public address”."
        )
    return why, then


def _port(port: int) -> str:
    """Return ``port`` in words that no line breaks between."""
    return translate("sharing", "UDP {port}").format(port=port).replace(" ", "\u00a0")
