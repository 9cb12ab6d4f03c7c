"""Home: am I protected, where and through what, and one control to change it."""

from __future__ import annotations

import time
from typing import Final

from PyQt6.QtCore import QCoreApplication, Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from worldvpn_app.gui import flags, icons
from worldvpn_app.gui.control import Control
from worldvpn_app.gui.link import LinkState
from worldvpn_app.gui.map.clusters import spots
from worldvpn_app.gui.map.owner import has_way, is_seen, owner_label, place_of_owner
from worldvpn_app.gui.map.paint import spot_of
from worldvpn_app.gui.map.view import MapView
from worldvpn_app.gui.map.widget import WorldMap
from worldvpn_app.gui.map.world import world
from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.present.places import Pick, picks
from worldvpn_app.gui.present.traffic import Rate, Sample, added, of_history, rate, rates
from worldvpn_app.gui.present.view import HomeView, Mark
from worldvpn_app.gui.tokens import SHAPE, SPACE, Colours
from worldvpn_app.gui.widgets.cards import card, row, sign
from worldvpn_app.gui.widgets.chart import RateChart
from worldvpn_app.gui.widgets.text import Elided, label
from worldvpn_app.gui.widgets.ways import at_end, set_margins

translate = QCoreApplication.translate
_FACTS: Final = 5
_PICKS: Final = 3
_CONTROL_PX: Final = 332
_CONTROL_SMALL_PX: Final = 300
_UP: Final = frozenset({Mark.TICK, Mark.PART, Mark.ARROWS})


class Home(QWidget):
    """Shows a HomeView."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("page")
        self._context, self._colours = context, context.colours
        self._samples: tuple[Sample, ...] = ()
        self._counted_s = 0.0
        self._looked_at: object = None
        self.control = Control(context)
        self.map = WorldMap(context.colours, is_quiet=True)
        self.facts_title = label("head")
        self._facts = [
            (sign("globe", ""), label("second"), label("pill"), Elided("strong"))
            for _ in range(_FACTS)
        ]
        self.picks_title = label("plate")
        self.picks = tuple(PickButton(context.colours) for _ in range(_PICKS))
        self.chart = RateChart(context.colours)
        self.down, self.up = label("semi"), label("semi")
        self._grid = QGridLayout(self)
        self._lay_out()
        for pick in self.picks:
            pick.clicked.connect(lambda _checked, pick=pick: self._go(pick))
        context.store.nodes_changed.connect(self._show_picks)
        context.store.profiles_changed.connect(self._show_picks)
        context.store.nodes_changed.connect(self._show_map)
        context.lists.changed.connect(self._show_picks)
        context.link.traffic_changed.connect(self._counted)
        context.link.state_changed.connect(self._turned)
        self._view: HomeView | None = None

    def show_view(self, view: HomeView) -> None:
        """Assign every word and shape of ``view``."""
        is_other_map = self._view is None or (
            (self._view.node_id, self._view.tone, self._view.node_label, self._view.country)
            != (view.node_id, view.tone, view.node_label, view.country)
        )
        self._view = view
        self.control.show_view(view)
        self.facts_title.setText(view.facts_title)
        for place, (icon, what, why, value) in enumerate(self._facts):
            is_there = place < len(view.facts)
            for widget in (icon, what, value):
                widget.setVisible(is_there)
            why.setVisible(is_there and bool(view.facts[place].why))
            if is_there:
                fact = view.facts[place]
                why.setText(fact.why)
                icon.setPixmap(icons.pixmap(fact.icon, self._colours.text3, 16, scale=2.0))
                what.setText(fact.label)
                value.setText(fact.value)
                colour = self._colours.state(view.tone) if fact.stands_out else self._colours.text
                value.setStyleSheet(f"color: {colour}")
        self.picks_title.setText(view.picks_title)
        self.carried.setText(view.carried)
        self._show_rates(view)
        if is_other_map:
            self._show_map()

    def sampled(self, received_bytes: int, sent_bytes: int, at_s: float) -> None:
        """Take note of what the tunnel has carried up to ``at_s`` of the monotonic clock."""
        new = Sample(at_s, received_bytes, sent_bytes)
        self._samples = added(self._samples, new)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        is_small = self._is_small()
        self.control.set_small(is_small=is_small)
        edge_px = SPACE.page_narrow_px if is_small else SPACE.page_px
        set_margins(self._grid, edge_px, 0, 0, edge_px)
        self._grid.setVerticalSpacing(SPACE.between_cards_px)
        self._left.setFixedWidth(_CONTROL_SMALL_PX if is_small else _CONTROL_PX)
        self._left_column.setContentsMargins(0, edge_px, 0, 0)
        set_margins(self._traffic_around, 0, 0, edge_px, 0)
        set_margins(self._over, 8, 0, edge_px, 0)
        self.picks[-1].setHidden(is_small or self.picks[-1].pick is None)
        self.carried.setHidden(is_small)
        self._looked_at = None
        self._show_map()

    def _is_small(self) -> bool:
        window = self.window()
        return window is not None and window.width() < SHAPE.narrow_below_px

    def _show_rates(self, view: HomeView) -> None:
        known = self._rates()
        is_up = view.mark in _UP and not view.no_rates
        is_blocked = view.mark is Mark.BAR
        shown = known if is_up or is_blocked else ()
        self.chart.show_rates(shown, time.monotonic(), view.no_rates, is_blocked=is_blocked)
        last = known[-1] if known and is_up else None
        for widget, value in (
            (self.down, last.down_mbps if last else None),
            (self.up, last.up_mbps if last else None),
        ):
            widget.setText(rate(0.0 if is_blocked else value))
        for each in self._figures:
            each.setVisible(is_up or is_blocked)

    def _rates(self) -> tuple[Rate, ...]:
        """Return what the daemon counts each second; to whom it does not tell, what was seen."""
        traffic = self._context.link.traffic
        if traffic is None:
            return rates(self._samples)
        return of_history(traffic["history"]["minute"], self._counted_s)

    def _counted(self) -> None:
        self._counted_s = time.monotonic()
        if self._view is not None and self.isVisible():
            self._show_rates(self._view)

    def _turned(self) -> None:
        if self._context.link.state is LinkState.CONNECTED:
            self._context.link.watch_traffic()

    def _show_map(self) -> None:
        view, nodes = self._view, self._context.store.nodes
        if view is None:
            return
        places = {node.id: node.country for node in nodes}
        every = tuple(spots(places, world().countries))
        has_label = view.node_id is not None and view.mark is not Mark.TRIANGLE
        self.map.show_view(
            MapView(
                spots=every,
                current=view.node_id if has_label else None,
                current_label=view.node_label,
                current_mark=view.mark,
                current_tone=view.tone,
                country=view.country,
                you=place_of_owner(self._context.store.country),
                you_label=owner_label(self._context.store.country, view),
                is_visible=is_seen(view),
                has_way=has_way(view),
            )
        )
        current = spot_of(every, view.node_id)
        wanted = [(current.x, current.y)] if current else [(one.x, one.y) for one in every]
        owner = place_of_owner(self._context.store.country)
        if current and owner and has_way(view):
            wanted.append(owner)
        key = (tuple(wanted), self.map.size())
        if key != self._looked_at:
            self._looked_at = key
            self.map.look_at(wanted)

    def _show_picks(self) -> None:
        store = self._context.store
        found = picks(
            store.nodes,
            store.profiles,
            store.last_used,
            lists=self._context.lists.all(),
            is_signed_in=store.is_signed_in,
        )
        for place, widget in enumerate(self.picks):
            widget.show_pick(found[place] if place < len(found) else None)
        self.picks_title.setVisible(bool(found))
        if self._is_small():
            self.picks[-1].hide()

    def _go(self, pressed: PickButton) -> None:
        if pressed.pick is not None:
            self._context.actions.connect_to(pressed.pick.target)

    def _lay_out(self) -> None:
        grid = self._grid
        grid.setHorizontalSpacing(SPACE.between_cards_px)
        self._left = QWidget()
        self._left_column = QVBoxLayout(self._left)
        self._left_column.addWidget(self.control)
        grid.addWidget(self._left, 0, 0)
        grid.addWidget(self.map, 0, 1)
        self._over = QVBoxLayout()
        self._over.addStretch(1)
        self._over.addWidget(self.picks_title, 0, Qt.AlignmentFlag.AlignLeft)
        self._over.addLayout(row(*self.picks, spacing_px=12))
        over = QWidget()
        over.setLayout(self._over)
        over.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        grid.addWidget(over, 0, 1)
        grid.addWidget(self._connection(), 1, 0)
        self._traffic_around = QVBoxLayout()
        self._traffic_around.addWidget(self._traffic())
        grid.addLayout(self._traffic_around, 1, 1)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(0, 1)

    def _connection(self) -> QFrame:
        made, column = card(spacing_px=10)
        column.addWidget(self.facts_title)
        for icon, what, why, value in self._facts:
            value.setAlignment(at_end())
            line = row(icon, what, why)
            line.addWidget(value, 1)
            column.addLayout(line)
        return made

    def _traffic(self) -> QFrame:
        made, column = card(spacing_px=4)
        down, up = sign("arrow-down", self._colours.accent), sign("arrow-up", self._colours.text2)
        self._figures = (down, self.down, up, self.up)
        head = label("head", translate("home", "Traffic"))
        self.carried = Elided("small")
        line = row(head, self.carried, down, self.down, 12, up, self.up)
        line.setStretch(1, 1)
        column.addLayout(line)
        column.addWidget(self.chart, 1)
        return made


class PickButton(QPushButton):
    """A quick way to somewhere: what it is above, where it goes below."""

    def __init__(self, colours: Colours) -> None:
        super().__init__()
        self._colours = colours
        self.pick: Pick | None = None
        self.setProperty("look", "pick")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._icon, self._flag = sign("zap", colours.text2, 14), flags.Flag(colours)
        self._title, self._words = Elided("small"), Elided("semi")
        inside = QVBoxLayout(self)
        inside.setContentsMargins(12, 8, 12, 8)
        inside.setSpacing(4)
        above, below = QHBoxLayout(), QHBoxLayout()
        above.setSpacing(6)
        above.addWidget(self._icon)
        above.addWidget(self._title, 1)
        below.setSpacing(8)
        below.addWidget(self._flag)
        below.addWidget(self._words, 1)
        inside.addLayout(above)
        inside.addLayout(below)
        self.hide()

    def show_pick(self, pick: Pick | None) -> None:
        """Show ``pick``; None hides the button."""
        self.pick = pick
        self.setVisible(pick is not None)
        if pick is None:
            return
        self._icon.setPixmap(icons.pixmap(pick.icon, self._colours.text2, 14, scale=2.0))
        self._title.setText(pick.title)
        self._flag.show_country(pick.place.country)
        self._words.setText(pick.words)
        self.setAccessibleName(f"{pick.title}: {pick.words}")
