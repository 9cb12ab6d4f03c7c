"""The verb for sharing: letting devices of one's own use this computer's connection."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from worldvpn_app.cli import share_terms
from worldvpn_app.cli.exits import CommandError, Exit, UsageError
from worldvpn_app.cli.session import Session
from worldvpn_app.cli.terminal import Line, Role

_OPEN_LIMIT_S: Final = 20.0

_TITLES: Final[Mapping[str, tuple[str, Role]]] = {
    "serving": ("Sharing: {devices}, UDP port {port}.", Role.GOOD),
    "opening": ("Sharing is starting.", Role.BUSY),
    "draining": ("Sharing is stopping: those present may finish.{why}", Role.BUSY),
    "off": ("Not sharing.{why}", Role.PLAIN),
}


def share(session: Session) -> Exit:
    """Switch sharing on or off, show it, say who may come and what they may have."""
    act = {
        "on": _on,
        "off": _off,
        "status": _status,
        "invite": _invite,
        "revoke": _revoke,
        "limits": share_terms.limits,
        "guests": share_terms.guests,
        "kick": share_terms.kick,
        "schedule": share_terms.schedule,
        "pause": share_terms.pause,
        "resume": share_terms.resume,
    }[session.options.what]
    return act(session)


def lines(reply: Mapping[str, Any]) -> list[Line]:
    """Return how sharing stands, and who is invited. Pure."""
    sharing, devices = reply["sharing"], reply["devices"]
    cause = sharing["cause"]
    why = f" Why: {cause['detail'].rstrip('.')}." if cause else ""
    text, role = _TITLES.get(sharing["state"], _TITLES["off"])
    title = text.format(why=why, port=sharing["port"], devices=_counted(devices))
    names = [Line(f"  {one['name']}  {', '.join(one['addresses'])}", Role.DIM) for one in devices]
    return [
        Line(title, role),
        *_of_server(sharing),
        *_of_way_in(sharing),
        *names,
        *_advice(sharing, devices),
    ]


def _of_server(sharing: Mapping[str, Any]) -> Iterable[Line]:
    """Say whether the central server sends guests, and if not, why."""
    server = sharing.get("server")
    if not server or sharing["state"] != "serving":
        return
    if sharing.get("why_not"):
        yield Line(f"  No new guests: {sharing['why_not']}.", Role.BUSY)
    elif server["listed"]:
        guests = "1 guest" if server["guests"] == 1 else f"{server['guests']} guests"
        yield Line(f"  Listed: {guests} of the directory.", Role.GOOD)
    elif server["reason"]:
        yield Line(f"  Not listed: {server['reason']}.", Role.PLAIN)


_WAYS: Final[Mapping[str, str]] = {
    "direct": "no router stands between",
    "mapped": "your router leads port {public_port} on ({by})",
    "punched": "through your router, which lets in guests whom this computer has called",
    "manual": "by the address that you gave (share_endpoint)",
}


def _of_way_in(sharing: Mapping[str, Any]) -> Iterable[Line]:
    """Say how guests get past the router, or why they do not and what to do."""
    reach = sharing.get("reach")
    if not reach or sharing["state"] != "serving":
        return
    if reach["way"] in _WAYS:
        yield Line(f"  Way in: {_WAYS[reach['way']].format(**reach)}.", Role.DIM)
    if reach["reason"]:
        yield Line(f"  Not reached: {reach['why']}. To do: {reach['advice']}.", Role.PLAIN)


def _on(session: Session) -> Exit:
    client, terminal = session.client(), session.terminal
    consent = client.call("share.status")["sharing"]["consent"]
    if consent["agreed_version"] != consent["version"]:
        terminal.confirm(f"{consent['text']} Share?", agreed=session.options.yes)
    reply = client.call("share.on", agree=True, version=consent["version"])
    deadline_s = time.monotonic() + _OPEN_LIMIT_S
    client.call("subscribe")
    while reply["sharing"]["state"] != "serving" and time.monotonic() < deadline_s:
        snapshot = client.next_snapshot(deadline_s - time.monotonic())
        if snapshot is None:
            break
        reply = {**reply, "sharing": snapshot["sharing"]}
        if reply["sharing"]["state"] == "off" and reply["sharing"]["cause"]:
            break
    terminal.answer(reply, lines(reply))
    return Exit.OK if reply["sharing"]["state"] == "serving" else Exit.FAILED


def _off(session: Session) -> Exit:
    reply = session.client().call("share.off")
    session.terminal.answer(reply, lines(reply))
    return Exit.OK


def _status(session: Session) -> Exit:
    reply = session.client().call("share.status")
    session.terminal.answer(reply, lines(reply))
    return Exit.OK


def _invite(session: Session) -> Exit:
    """Print the device's profile, or write it where only its reader can read it."""
    options = session.options
    name, host = _named(options.name, "invite NAME HOST"), options.host
    if host is None:
        raise UsageError(
            "say under which name or address the device reaches this computer: share invite"
            f" {name} HOST"
        )
    reply = session.client().call("share.invite", name=name, host=host)
    if options.output is None:
        session.terminal.answer(reply, map(Line, str(reply["profile"]).splitlines()))
        return Exit.OK
    _write(options.output, str(reply["profile"]))
    done = Line(f"{options.output} has the profile of {name}. It is given once.", Role.GOOD)
    session.terminal.answer({"name": name, "file": options.output}, [done])
    return Exit.OK


def _revoke(session: Session) -> Exit:
    name = _named(session.options.name, "revoke NAME")
    reply = session.client().call("share.revoke", name=name)
    session.terminal.answer(reply, [Line(f"{name} can connect no more."), *lines(reply)])
    return Exit.OK


def _named(name: str | None, usage: str) -> str:
    if name is None:
        raise UsageError(f"say which device: share {usage}")
    return name


def _write(file: str, text: str) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(Path(file), flags, 0o600), "w", encoding="utf-8") as opened:
            opened.write(text)
    except OSError as error:
        text = f"cannot write {file} ({error.strerror}): revoke the device and invite it anew"
        raise CommandError("config", text) from error


def _counted(devices: list[Any]) -> str:
    return f"{len(devices)} device" + ("" if len(devices) == 1 else "s")


def _advice(sharing: Mapping[str, Any], devices: list[Any]) -> Iterable[Line]:
    if sharing["state"] == "serving" and not devices:
        yield Line("Invite a device: worldvpn share invite NAME HOST", Role.DIM)
    if sharing["state"] == "off" and not sharing["wanted"]:
        yield Line("Share: worldvpn share on", Role.DIM)
