"""Where the owner is, as far as the owner has said so: nothing is looked up or guessed."""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import QCoreApplication

from worldvpn_app.gui.map.projection import plane
from worldvpn_app.gui.map.world import world
from worldvpn_app.gui.present import figures
from worldvpn_app.gui.present.view import HomeView, Mark

translate = QCoreApplication.translate
#: Sites see the address of this computer.
_FREE: Final = frozenset({Mark.STEM, Mark.BARS, Mark.PART})
_WAYS: Final = frozenset({Mark.TICK, Mark.PART, Mark.ARROWS, Mark.ARC, Mark.BAR, Mark.DOTS})


def place_of_owner(code: str) -> tuple[float, float] | None:
    """Return the middle of the country that the owner named; None: none was named."""
    country = world().countries.get(code)
    return None if country is None else plane(country.lon_deg, country.lat_deg)


def is_seen(view: HomeView | None) -> bool:
    """Say whether sites see the owner's own address."""
    return view is not None and view.mark in _FREE


def has_way(view: HomeView | None) -> bool:
    """Say whether a way to the node is drawn: there is none while disconnected."""
    return view is not None and view.mark in _WAYS


def owner_label(code: str, view: HomeView | None) -> str:
    """Return the words at the owner's place."""
    if not code:
        return ""
    if is_seen(view):
        return translate("map", "You, visible as {country}").format(country=figures.country(code))
    return translate("map", "You")
