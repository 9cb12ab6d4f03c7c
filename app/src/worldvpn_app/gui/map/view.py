"""What the map shows, as a value."""

from __future__ import annotations

import attrs

from worldvpn_app.gui.map.clusters import Spot
from worldvpn_app.gui.present.view import Mark as StateMark
from worldvpn_app.gui.tokens import Tone


@attrs.frozen(kw_only=True)
class MapView:
    """What the map shows; made by the page, which decides."""

    spots: tuple[Spot, ...] = ()
    #: Nodes of the public kind, drawn as squares.
    public: frozenset[str] = frozenset()
    #: The node in use, the words at its mark, and its state.
    current: str | None = None
    current_label: str = ""
    current_mark: StateMark = StateMark.TICK
    current_tone: Tone = Tone.CONNECTED
    #: The node that was chosen to look at.
    selected: str | None = None
    #: The country that traffic comes out in; its land is tinted.
    country: str = ""
    #: Where the owner is, on the plane; None: not known.
    you: tuple[float, float] | None = None
    you_label: str = ""
    #: Sites see the owner's own place.
    is_visible: bool = False
    #: There is a tunnel from there to the current node, or there should be.
    has_way: bool = True
