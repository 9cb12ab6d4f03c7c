"""Where a tunnel goes, in words: a profile of one's own, or a place of the directory. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import attrs
from PyQt6.QtCore import QCoreApplication

from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_app.cli.target import Target
from worldvpn_app.gui.present import figures
from worldvpn_app.gui.present.lists import Lists, best_of
from worldvpn_app.gui.present.nodes import Node, fastest, latency
from worldvpn_app.gui.present.view import clean

translate = QCoreApplication.translate
PREFIX: Final = "@"
FASTEST: Final = Target(place="fastest")
_LONGEST_NAME: Final = 64
_CODE_LENGTH: Final = 2


@attrs.frozen(kw_only=True)
class Place:
    """A destination as it is shown."""

    words: str
    #: Whose flag stands beside it; "" for none.
    country: str = ""
    #: The node behind it, where one is known.
    node: Node | None = None


@attrs.frozen(kw_only=True)
class Pick:
    """A quick way to somewhere: what it is, where it goes."""

    icon: str
    title: str
    place: Place
    target: Target

    @property
    def words(self) -> str:
        """Where it goes, and how far that is where it is known."""
        node = self.place.node
        words = (node.city if node else "") or self.place.words
        if node is None or node.latency_ms is None:
            return words
        return f"{words} · {latency(node)}"


def target_of(destination: str) -> Target:
    """Return what a profile's id, or "@" and a place, asks for."""
    if destination.startswith(PREFIX):
        return Target(place=destination.removeprefix(PREFIX))
    return Target(profile_id=destination)


def place_of(target: Target, profiles: Mapping[str, str], nodes: Mapping[str, Node]) -> Place:
    """Return ``target`` in words."""
    if target.place is None:
        profile_id = target.profile_id or ""
        return Place(words=clean(profiles.get(profile_id, profile_id), _LONGEST_NAME))
    node = nodes.get(target.place)
    if node is not None:
        return Place(words=node.where, country=node.country, node=node)
    if target.place == FASTEST.place:
        return Place(words=translate("home", "Fastest node"))
    code, _, city = target.place.partition("/")
    if len(code) != _CODE_LENGTH:
        return Place(words=translate("home", "Node {id}").format(id=target.place[:8]))
    return Place(words=", ".join(filter(None, (city, figures.country(code)))), country=code)


def place_shown(snapshot: Snapshot, nodes: Mapping[str, Node]) -> Place:
    """Return where the tunnel of ``snapshot`` goes, or would."""
    profile, session = snapshot["tunnel"]["profile"], snapshot.get("session")
    if session is not None:
        node = nodes.get(session["node_id"])
        code = session["country"] or (node.country if node else "")
        words = node.where if node else figures.country(code) if code else ""
        if words:
            return Place(words=clean(words, _LONGEST_NAME), country=code, node=node)
    if profile is None:
        return Place(words="")
    return place_of(target_of(profile["id"]), {profile["id"]: profile["name"]}, nodes)


def picks(
    nodes: Sequence[Node],
    profiles: Mapping[str, str],
    last: str | None,
    *,
    is_signed_in: bool,
    lists: Lists | None = None,
) -> tuple[Pick, ...]:
    """Return the quickest ways on: fastest, last used, own lists, favourites, own profiles."""
    known = {node.id: node for node in nodes}
    found: list[Pick] = []

    def add(icon: str, title: str, target: Target, place: Place | None = None) -> None:
        if target not in [pick.target for pick in found]:
            shown = place or place_of(target, profiles, known)
            found.append(Pick(icon=icon, title=title, place=shown, target=target))

    best = fastest(nodes)
    if is_signed_in and best is not None:
        place = Place(words=best.where, country=best.country, node=best)
        add("zap", translate("home", "Fastest"), FASTEST, place)
    if last is not None and (is_signed_in or not last.startswith(PREFIX)):
        add("history", translate("home", "Last used"), target_of(last))
    for name, ids in (lists or {}).items() if is_signed_in else ():
        quickest = best_of(nodes, ids)
        if quickest is not None:
            add("list", name, Target(place=quickest.id))
    for node in nodes if is_signed_in else ():
        if node.is_favourite:
            add("star", translate("home", "Favourite"), Target(place=node.id))
    for profile_id in profiles:
        add("file-key", translate("home", "Own profile"), Target(profile_id=profile_id))
    return tuple(found)
