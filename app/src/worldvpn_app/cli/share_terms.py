"""What guests may have, when, and who of them is there: the owner's terms for sharing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from worldvpn_app.cli.exits import Exit, UsageError
from worldvpn_app.cli.session import Session
from worldvpn_app.cli.terminal import Line, Role
from worldvpn_app.cli.wording import amount, moment, seconds, setting, span, switch, table

#: Each limit as it is typed, the setting it is, and what it means.
LIMITS: Final[Mapping[str, tuple[str, str]]] = {
    "rate": ("share_rate_mbps", "Mbit/s for all guests together, divided fairly; 0: no limit"),
    "guest-rate": ("share_guest_rate_mbps", "Mbit/s for each guest; 0: no limit of its own"),
    "guests": ("share_guests", "guests at once"),
    "connections": ("share_guest_flows", "connections of a guest at once"),
    "daily": ("share_daily_gb", "GB a day for all guests together"),
    "refuse": ("share_refused_classes", "traffic guests do not have: web mail remote p2p other"),
    "ports": ("share_refused_ports", "ports guests never reach, besides 25"),
    "metered": ("share_metered", "serve guests even on a metered network"),
}
_ALWAYS: Final = "always"
_NOBODY: Final = "Nobody is here."


def limits(session: Session) -> Exit:
    """Show what guests may have, or change one limit."""
    client, options = session.client(), session.options
    values = client.call("settings.get")["settings"]
    if options.name is not None:
        name, value = options.name, options.host
        if name not in LIMITS or value is None:
            raise UsageError(f"say which limit, and what it is: {', '.join(LIMITS)}")
        key = LIMITS[name][0]
        changes = {key: setting(value, values[key])}
        values = client.call("settings.set", changes=changes, confirm=False)["settings"]
    sharing = client.call("share.status")["sharing"]
    kept = {name: values[key] for name, (key, _) in LIMITS.items()}
    session.terminal.answer(
        {"limits": kept, "today": sharing["today"], "metered": sharing["metered"]},
        [*limit_lines(kept), today_line(sharing["today"], datetime.now().astimezone())],
    )
    return Exit.OK


def guests(session: Session) -> Exit:
    """List who is there, one by one, and who may not come back."""
    reply = session.client().call("share.guests")
    session.terminal.answer(reply, guest_lines(reply, datetime.now().astimezone()))
    return Exit.OK


def kick(session: Session) -> Exit:
    """Send a guest away."""
    options = session.options
    if options.name is None:
        raise UsageError("say whom: share kick ALIAS (see share guests)")
    lasting = {} if options.lasting is None else {"for_s": seconds(options.lasting)}
    alias, reason = options.name.lower(), options.reason or ""
    reply = session.client().call("share.kick", alias=alias, reason=reason, **lasting)
    said = Line(f"{options.name} was sent away.", Role.GOOD)
    session.terminal.answer(reply, [said, *guest_lines(reply, datetime.now().astimezone())])
    return Exit.OK


def let_back(session: Session) -> Exit:
    """Let a guest that was sent away come back."""
    name = session.options.name
    if name is None:
        raise UsageError("say whom: share let-back ALIAS (see share guests)")
    reply = session.client().call("share.let_back", alias=name.lower())
    said = Line(f"{name} may come back.", Role.GOOD)
    session.terminal.answer(reply, [said, *guest_lines(reply, datetime.now().astimezone())])
    return Exit.OK


def schedule(session: Session) -> Exit:
    """Show the hours in which guests are served, or set them."""
    client, options = session.client(), session.options
    changes: dict[str, object] = {}
    if options.name is not None:
        parts = () if options.name.lower() == _ALWAYS else options.name.split(";")
        changes["share_schedule"] = [part.strip() for part in parts]
    if options.zone is not None:
        changes["share_time_zone"] = None if options.zone.lower() == "none" else options.zone
    if changes:
        client.call("settings.set", changes=changes, confirm=False)
    sharing = client.call("share.status")["sharing"]
    hours = sharing["schedule"]
    session.terminal.answer({"schedule": hours}, schedule_lines(hours, datetime.now().astimezone()))
    return Exit.OK


def pause(session: Session) -> Exit:
    """Serve nobody for a while."""
    options = session.options
    duration_s = None if options.name is None else seconds(options.name)
    reply = session.client().call("share.pause", duration_s=duration_s, drain=options.drain)
    session.terminal.answer(reply, pause_lines(reply["sharing"], datetime.now().astimezone()))
    return Exit.OK


def resume(session: Session) -> Exit:
    """End a pause."""
    reply = session.client().call("share.resume")
    session.terminal.answer(reply, pause_lines(reply["sharing"], datetime.now().astimezone()))
    return Exit.OK


def limit_lines(kept: Mapping[str, Any]) -> list[Line]:
    """Return one line a limit. Pure."""
    rows = [(name, switch(value), LIMITS[name][1]) for name, value in kept.items()]
    return list(map(Line, table(rows)))


def today_line(today: Mapping[str, Any], now: datetime) -> Line:
    """Return what guests have had today. Pure."""
    carried, most = amount(today["carried_bytes"]), amount(today["cap_bytes"])
    is_spent = today["carried_bytes"] >= today["cap_bytes"]
    text = f"Today {carried} of {most}; the day ends {moment(today['ends_utc'], now)}."
    return Line(text, Role.WARNING if is_spent else Role.DIM)


def guest_lines(reply: Mapping[str, Any], now: datetime) -> list[Line]:
    """Return one line a guest, and one a ban. Pure."""
    rows = [
        (
            each["name"] or str(each["alias"] or "-")[:8],
            "own device" if each["kind"] == "device" else each["country"],
            amount(each["received_bytes"]),
            amount(each["sent_bytes"]),
            span(each["duration_s"]),
            each["class"] or "-",
            "-" if each["credits"] is None else str(each["credits"]),
        )
        for each in reply["guests"]
    ]
    lines = [Line(_NOBODY)]
    if rows:
        titles = ("Who", "From", "Sent", "Received", "For", "Mostly", "Credits")
        head, *rest = table([titles, *rows], right={2, 3, 6})
        lines = [Line(head, Role.DIM), *map(Line, rest)]
    for each in reply["banned"]:
        text = f"{each['alias'][:8]} may not come back until {moment(each['until_utc'], now)}"
        lines.append(Line(f"{text}: {each['detail']}.", Role.WARNING))
    return lines


def schedule_lines(hours: Mapping[str, Any], now: datetime) -> list[Line]:
    """Return the hours, and whether they are now. Pure."""
    if not hours["windows"]:
        return [Line("Guests are served at any time.")]
    word = "now" if hours["open"] else "not now"
    change = hours["changes_utc"]
    until = f", until {moment(change, now)}" if change else ""
    head = Line(
        f"Guests are served in these hours of {hours['zone']}; {word}{until}:",
        Role.GOOD if hours["open"] else Role.BUSY,
    )
    return [head, *(Line(f"  {each}") for each in hours["windows"])]


def pause_lines(sharing: Mapping[str, Any], now: datetime) -> list[Line]:
    """Return whether sharing is paused. Pure."""
    paused = sharing["pause"]
    if paused is None:
        return [Line("Sharing is not paused.", Role.GOOD)]
    until = paused["until_utc"]
    how = f"until {moment(until, now)}" if until else "until worldvpn share resume"
    ends = " Those inside have five minutes." if paused["drain"] and sharing["guests"] else ""
    return [Line(f"Sharing is paused {how}.{ends}", Role.BUSY)]
