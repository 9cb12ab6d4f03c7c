"""Profiles, settings, plugins and firewall answers as lines. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from worldvpn_app.cli.terminal import Line, Role
from worldvpn_app.cli.wording import switch

#: Values of up to so many characters stand in a column.
_WIDE: Final = 20

#: What each setting means, in one line; one that is not here is shown by its name alone.
MEANINGS: Final[Mapping[str, str]] = {
    "kill_switch": "nothing leaves outside the tunnel while one is wanted",
    "lockdown": "nothing leaves even when disconnected",
    "allow_lan": "the local network can be reached outside the tunnel",
    "tunnel_inbound": "new connections may come in through the tunnel",
    "auto_connect": "the profile, or @ and the place, to connect when the daemon starts",
    "protocol": "what tunnels through the directory speak",
    "dns_servers": "resolvers to ask through the tunnel instead of its own",
    "favourite_nodes": "nodes that come first where a place leaves a choice",
    "blocked_nodes": "nodes that are never taken",
    "share_port": "the UDP port by which guests come",
    "share_router": "ask the router to forward that port to this computer",
    "share_endpoint": "where guests come to, address:port, if you set the router up yourself",
    "share_rate_mbps": "what guests have together, Mbit/s; 0: no limit",
    "share_guest_rate_mbps": "what each guest has, Mbit/s; 0: no limit of its own",
    "share_guest_flows": "how many connections a guest has at once",
    "share_guests": "how many guests there may be",
    "share_country": "the country the node is listed under",
    "share_city": "the city the node is listed under",
    "share_daily_gb": "what guests may have in a day, GB",
    "share_refused_ports": "ports that guests never reach, besides 25",
    "share_refused_classes": "kinds of traffic guests do not have: web mail remote p2p other",
    "share_schedule": "the hours in which guests are served; none: always",
    "share_time_zone": "the time zone of those hours and of the day; none: this computer's",
    "share_metered": "serve guests even on a metered network",
    "share_while_blocked": "serve guests even while this computer is blocked",
}


def profile_lines(profiles: Iterable[Mapping[str, Any]], last_used: str | None) -> list[Line]:
    """Return one line a profile, and its notes below."""
    lines = []
    for profile in profiles:
        mark = "*" if profile["id"] == last_used else " "
        servers = ", ".join(profile["servers"])
        lines.append(
            Line(f"{mark} {profile['id']}  {profile['name']}  ({profile['transport']}, {servers})"),
        )
        lines += [Line(f"    {note}", Role.WARNING) for note in profile.get("notes", ())]
    return lines or [Line("There are no profiles. Bring one: worldvpn import FILE")]


def setting_lines(answer: Mapping[str, Any]) -> list[Line]:
    """Return one line a setting of the daemon's ``answer``: name, value, meaning."""
    words = {name: setting_words(answer, name) for name in answer["settings"]}
    width = max(map(len, words), default=0)
    # A list of ids does not push all meanings aside.
    wide = max((len(each) for each in words.values() if len(each) <= _WIDE), default=0)
    return [
        Line(f"{name:<{width}}  {value:<{wide}}  {MEANINGS.get(name, '')}".rstrip())
        for name, value in words.items()
    ]


def setting_words(answer: Mapping[str, Any], name: str) -> str:
    """Return the value of one setting as a person reads and writes it."""
    value = answer["settings"][name]
    words = [each["label"] for each in setting_choices(answer, name) if each["value"] == value]
    return str(words[0]) if words else switch(value)


def setting_choices(answer: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    """Return what one setting can be, each with its words; none where it is no choice of few."""
    for declared in answer.get("declared", ()):
        if declared["name"] == name and declared["kind"] == "choice":
            choices: Sequence[Mapping[str, Any]] = declared["choices"]
            return choices
    return ()


def plugin_lines(plugins: Iterable[Mapping[str, Any]]) -> list[Line]:
    """Return one line a plugin: name, version, the process it runs in."""
    return [
        Line(f"{plugin['name']}  {plugin.get('version') or '?'}  in {plugin['process']}")
        for plugin in plugins
    ] or [Line("No plugins are loaded.")]


def why_lines(explanation: Mapping[str, Any]) -> list[Line]:
    """Return what becomes of a packet, and which rule says so."""
    verdict = (
        Line("May leave.", Role.OPEN)
        if explanation["allowed"]
        else Line("May not leave.", Role.HELD)
    )
    rule = f"  rule {explanation['rule']}, {explanation['packets']} packets so far"
    return [verdict, Line(f"  {explanation['sentence']}"), Line(rule, Role.DIM)]
