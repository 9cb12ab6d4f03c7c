"""All of a role's network state that a VPN may touch, in a form that can be compared."""

from __future__ import annotations

from typing import Final

from worldvpn_lab.world import World

Facts = dict[str, tuple[str, ...]]

_QUESTIONS: Final = {
    "rules4": "ip -4 rule",
    "rules6": "ip -6 rule",
    "routes4": "ip -4 route show table all",
    "routes6": "ip -6 route show table all",
    "addresses": "ip -o address",
    "links": "ip -o link",
    "firewall": "nft list ruleset",
    "sysctls": "grep -rs . /proc/sys/net/ipv4/conf /proc/sys/net/ipv6/conf",
    "resolver": "stat -c %F /etc/resolv.conf; readlink /etc/resolv.conf; cat /etc/resolv.conf",
    "engines": "ls /run/wireguard",
    "namespaces": "ls /run/netns",
    "forwarding": "cat /proc/sys/net/ipv4/ip_forward",
}


def facts_of(world: World, role: str = "client") -> Facts:
    """Ask the kernel, with tools that are not ours, how ``role`` is set up."""
    script = "".join(f"echo '=== {name}'; {ask} 2>&1\n" for name, ask in _QUESTIONS.items())
    answer = world.run(role, ["sh", "-c", script]).stdout
    found: dict[str, list[str]] = {}
    name = ""
    for line in answer.splitlines():
        if line.startswith("=== "):
            name = line.removeprefix("=== ")
            found[name] = []
        else:
            found[name].append(line.strip())
    return {name: tuple(sorted(lines)) for name, lines in found.items()}


def differences(before: Facts, after: Facts) -> dict[str, tuple[list[str], list[str]]]:
    """Return, for each fact that changed, the lines that have gone and those that came."""
    return {
        name: (
            [line for line in before[name] if line not in after[name]],
            [line for line in after[name] if line not in before[name]],
        )
        for name in before
        if before[name] != after[name]
    }
