"""How tunnel, firewall and server stand, what has changed, and a report of it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import attrs
from PyQt6.QtCore import QCoreApplication

from worldvpn_app.cli.present import Shield, shield_of
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_app.gui.present import figures
from worldvpn_app.gui.present.advice import sentence
from worldvpn_app.gui.present.facts import protocol_of
from worldvpn_app.gui.present.home import present
from worldvpn_app.gui.present.told import reach_word, state_word, told
from worldvpn_app.gui.present.view import clean

translate = QCoreApplication.translate
_MOST_CHANGES: Final = 200


@attrs.frozen(kw_only=True)
class Health:
    """One part of the product: how it stands, in a word and two lines."""

    title: str
    word: str
    #: good, waiting, bad, held or second.
    look: str
    icon: str
    line: str
    note: str = ""


@attrs.frozen(kw_only=True)
class Change:
    """Something that became so, seen by this window."""

    at: datetime
    subject: str
    words: str
    is_trouble: bool = False


def healths(snapshot: Snapshot) -> tuple[Health, Health, Health]:
    """Return how tunnel, firewall and server stand. Total."""
    return _tunnel(snapshot), _firewall(snapshot), _server(snapshot)


def changes(old: Snapshot | None, new: Snapshot, at: datetime) -> tuple[Change, ...]:
    """Return what differs between two snapshots, in words."""
    found = []
    if old is None or _key(old) != _key(new):
        view = present(new, at)
        trouble = new["tunnel"]["state"] == "blocked" or not new["tunnel"]["enforced"]
        found.append(
            Change(at=at, subject="tunnel", words=f"{view.title}. {view.line}", is_trouble=trouble)
        )
    if old is not None and old["sharing"]["state"] != new["sharing"]["state"]:
        state = state_word(new["sharing"]["state"])
        cause = new["sharing"]["cause"]
        why = f": {told(cause['detail'])}" if cause else ""
        words = translate("diagnostics", "Sharing is {state}").format(state=state)
        found.append(
            Change(at=at, subject="sharing", words=f"{words}{why}", is_trouble=cause is not None)
        )
    before, now = _reach(old), _reach(new)
    if now and before != now and old is not None:
        words = translate("diagnostics", "The server is {reach}").format(reach=reach_word(now))
        found.append(Change(at=at, subject="server", words=words, is_trouble=now != "online"))
    known = {notice["code"] for notice in old["notices"]} if old else set()
    found += [
        Change(at=at, subject="notice", words=told(notice["text"]), is_trouble=True)
        for notice in new["notices"]
        if notice["code"] not in known
    ]
    return tuple(found)


def kept(log: Sequence[Change], new: Iterable[Change]) -> tuple[Change, ...]:
    """Return ``log`` with ``new``, without what has grown too old."""
    return (*log, *new)[-_MOST_CHANGES:]


def packets(count: int) -> str:
    """Return how many packets a rule has seen."""
    words = translate("diagnostics", "{n} packets so far.", "", figures.form(count))
    return words.format(n=figures.whole(count))


def report(
    snapshot: Snapshot,
    counters: Iterable[Mapping[str, Any]],
    plugins: Iterable[Mapping[str, Any]],
    app_version: str,
    log: Sequence[Change] = (),
) -> str:
    """Return what helps to find a fault. Only what is named here is taken.

    No name, address, id, key or place is: a profile is only said to be there.
    """
    tunnel, sharing, account = snapshot["tunnel"], snapshot["sharing"], snapshot.get("account")
    cause = tunnel["cause"]
    told = {
        "app": app_version,
        "daemon": snapshot["daemon"]["version"],
        "agent_runs": snapshot["daemon"]["agent_pid"] is not None,
        "tunnel": {
            "state": tunnel["state"],
            "enforced": tunnel["enforced"],
            "transport": tunnel["transport"],
            "engine": tunnel["engine"],
            "partial": tunnel["partial"],
            "mtu_bytes": tunnel["mtu_bytes"],
            "endpoints": len(tunnel["endpoints"]),
            "cause": cause["code"] if cause else None,
            "by_directory": snapshot.get("session") is not None,
        },
        "protection": dict(snapshot["protection"]),
        "sharing": {
            "state": sharing["state"],
            "wanted": sharing["wanted"],
            "cause": sharing["cause"]["code"] if sharing["cause"] else None,
        },
        "server": {"reach": account["reach"], "signed_in": account["signed_in"]}
        if account
        else None,
        "notices": [notice["code"] for notice in snapshot["notices"]],
        "rules": [
            {key: each.get(key) for key in ("rule", "packets", "bytes")} for each in counters
        ],
        # The daemon leaves out of its lines what is anybody's before it tells them.
        "log": [f"{each.at:%H:%M:%S} {each.subject} {each.words}" for each in log[-_MOST_CHANGES:]],
        "plugins": [
            {key: each.get(key) for key in ("name", "version", "process")} for each in plugins
        ],
    }
    return json.dumps(told, indent=2)


def _key(snapshot: Snapshot) -> tuple[object, ...]:
    tunnel = snapshot["tunnel"]
    profile, cause = tunnel["profile"], tunnel["cause"]
    return (
        tunnel["state"],
        tunnel["enforced"],
        profile["id"] if profile else None,
        cause["code"] if cause else None,
    )


def _reach(snapshot: Snapshot | None) -> str:
    account = snapshot.get("account") if snapshot else None
    return account["reach"] if account and account["server"] else ""


def _tunnel(snapshot: Snapshot) -> Health:
    tunnel = snapshot["tunnel"]
    title = translate("diagnostics", "Tunnel")
    by = ", ".join(filter(None, (protocol_of(tunnel), clean(tunnel["engine"] or "", 64))))
    cause = sentence(told(tunnel["cause"]["detail"])) if tunnel["cause"] else ""
    match tunnel["state"]:
        case "connected" | "switching":
            mtu = tunnel["mtu_bytes"]
            note = translate("diagnostics", "MTU {n}").format(n=mtu) if mtu else ""
            return Health(
                title=title,
                word=translate("diagnostics", "Up"),
                look="good",
                icon="circle-check",
                line=by,
                note=note,
            )
        case "blocked":
            return Health(
                title=title,
                word=translate("diagnostics", "Down"),
                look="held",
                icon="ban",
                line=cause or translate("diagnostics", "There is no tunnel."),
            )
        case "connecting" | "disconnecting":
            return Health(
                title=title,
                word=translate("diagnostics", "Changing"),
                look="accent",
                icon="refresh-cw",
                line=by or translate("diagnostics", "Asking the node."),
            )
        case state:
            return Health(
                title=title,
                word=translate("diagnostics", "None"),
                look="second",
                icon="power",
                line=translate("diagnostics", "None was asked for.")
                if state == "disconnected"
                else clean(state, 40).capitalize(),
            )


def _firewall(snapshot: Snapshot) -> Health:
    protection, shield = snapshot["protection"], shield_of(snapshot)
    title = translate("diagnostics", "Firewall")
    backend = clean(protection["firewall"] or "", 40)
    frames = (
        translate("diagnostics", "Raw frames are filtered too")
        if protection["egress_hook"]
        else translate("diagnostics", "IP packets only, no raw frames")
    )
    if shield is Shield.ALARM:
        return Health(
            title=title,
            word=translate("diagnostics", "Failed"),
            look="bad",
            icon="triangle-alert",
            line=translate("diagnostics", "The rules are not in place."),
            note=backend,
        )
    words = {
        Shield.WHOLE: translate("diagnostics", "Everything goes through the tunnel"),
        Shield.PART: translate("diagnostics", "Some traffic may leave outside it"),
        Shield.HELD: translate("diagnostics", "Nothing leaves this computer"),
        Shield.OPEN: translate("diagnostics", "Traffic is free, as you chose"),
    }
    is_open = shield is Shield.OPEN
    return Health(
        title=title,
        word=translate("diagnostics", "Open") if is_open else translate("diagnostics", "In place"),
        look="second" if is_open else "good",
        icon="shield" if is_open else "circle-check",
        line=words[shield],
        note=" · ".join(filter(None, (backend, frames))),
    )


def _server(snapshot: Snapshot) -> Health:
    account = snapshot.get("account")
    title = translate("diagnostics", "Server")
    if account is None or account["server"] is None:
        return Health(
            title=title,
            word=translate("diagnostics", "None"),
            look="second",
            icon="server",
            line=translate("diagnostics", "This computer uses profiles of its own."),
        )
    if account["reach"] == "online":
        return Health(
            title=title,
            word=translate("diagnostics", "In reach"),
            look="good",
            icon="circle-check",
            line=translate("diagnostics", "Answers in time"),
        )
    return Health(
        title=title,
        word=reach_word(account["reach"]).capitalize(),
        look="waiting",
        icon="clock",
        line=sentence(told(account["detail"]))
        or translate("diagnostics", "It is asked again by itself."),
    )
