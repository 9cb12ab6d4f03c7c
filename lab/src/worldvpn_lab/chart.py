"""The map of a standing lab, for programs (JSON) and for people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs

from worldvpn_lab import nodes
from worldvpn_lab.map import NAMES, NODES, PLACES, RESOLVERS, ROLES, Places, ends

Chart = dict[str, Any]


def chart(directory: Path) -> Chart:
    """Return who is where in the lab of ``directory``; every value is plain JSON.

    ``roles`` maps each role to ``addresses`` (all of it, without prefix length, in use from
    the start) and ``devices`` (each link's addresses with prefix length); ``profiles`` names
    the wg-quick files of the nodes; ``places`` and ``names`` are what tests aim at.
    """
    roles = {role: _role(role) for role in ROLES}
    for node in NODES:
        roles[node.role] |= {
            "endpoints": [f"{node.endpoint}:{node.port}", f"[{node.endpoint6}]:{node.port}"],
            "inner": [str(node.gateway), str(node.gateway6)],
            "exit": [str(node.endpoint), str(node.endpoint6)],
        }
    profiles = sorted((directory / nodes.PROFILES).glob("*.conf"))
    return {
        "directory": str(directory),
        "roles": roles,
        "profiles": {path.stem: str(path) for path in profiles},
        "places": {field: str(getattr(PLACES, field)) for field in sorted(_fields())},
        "names": {name: [str(address) for address in known] for name, known in NAMES.items()},
    }


def _fields() -> list[str]:
    return [attribute.name for attribute in attrs.fields(Places)]


def _role(role: str) -> Chart:
    here = ends(role)
    return {
        "addresses": [str(address.ip) for end in here if end.up for address in end.addresses],
        "devices": {end.name: [str(address) for address in end.addresses] for end in here},
        "resolvers": [str(resolver) for resolver in RESOLVERS.get(role, ())],
    }


def drawing(facts: Chart) -> str:
    """Return the map as text: a line a link, then the profiles and what to try."""
    lines = ["client ── lan ── isp ─┬─ node1", "                      ├─ node2"]
    lines += ["                      └─ internet", ""]
    for role, known in facts["roles"].items():
        for device, addresses in known["devices"].items():
            lines.append(f"{role:<9} {device:<9} {', '.join(addresses)}")
    lines += ["", *(f"profile   {name:<9} {path}" for name, path in facts["profiles"].items())]
    lines += ["", "worldvpn lab exec client -- curl http://www.example/", "worldvpn lab down", ""]
    return "\n".join(lines)
