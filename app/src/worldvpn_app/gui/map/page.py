"""The map: every node of the directory, found by looking, by searching, or in a list."""

from __future__ import annotations

import statistics
from typing import Final

from PyQt6.QtCore import QCoreApplication, QEvent, QObject, QPoint, Qt
from PyQt6.QtGui import QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from worldvpn_app.cli.target import Target
from worldvpn_app.gui.link import Refusal, Result
from worldvpn_app.gui.map.callout import Callout
from worldvpn_app.gui.map.clusters import spots
from worldvpn_app.gui.map.drawer import Drawer
from worldvpn_app.gui.map.filters import FilterBar
from worldvpn_app.gui.map.legend import Legend
from worldvpn_app.gui.map.owner import has_way, is_seen, owner_label, place_of_owner
from worldvpn_app.gui.map.paint import spot_of
from worldvpn_app.gui.map.panel import FAVOURITES, LISTS, Panel
from worldvpn_app.gui.map.view import MapView
from worldvpn_app.gui.map.widget import WorldMap
from worldvpn_app.gui.map.world import world
from worldvpn_app.gui.map.zooms import Zooms
from worldvpn_app.gui.pages import Context
from worldvpn_app.gui.present.advice import advice
from worldvpn_app.gui.present.home import present
from worldvpn_app.gui.present.lists import by_list
from worldvpn_app.gui.present.nodes import (
    Filters,
    Land,
    Node,
    by_country,
    counted,
    latency,
    matching,
)
from worldvpn_app.gui.present.view import HomeView, Mark
from worldvpn_app.gui.tokens import SHAPE, Tone
from worldvpn_app.gui.widgets.cards import row
from worldvpn_app.gui.widgets.ways import is_turned, set_margins

translate = QCoreApplication.translate
_AROUND_PX: Final = 12
#: How much of the plane is seen at first: a continent or two.
_FIRST_VIEW: Final = 1.7
_UP: Final = frozenset({Mark.TICK, Mark.PART, Mark.ARROWS, Mark.ARC, Mark.BAR})


class MapPage(QWidget):
    """Shows the store's nodes."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("page")
        self._context, self._colours = context, context.colours
        self._selected: str | None = None
        self._has_looked = False
        self._seen: object = None
        self.map = WorldMap(context.colours)
        self.map.setAccessibleName(translate("map", "World map"))
        self.map.chosen.connect(self.select)
        self.map.pointed.connect(self._point)
        self.panel = Panel(context)
        self.panel.chosen.connect(self.select)
        self.panel.searched.connect(self._show)
        self.panel.cleared.connect(self._clear)
        self.panel.turned.connect(self._show)
        self.bar = FilterBar(context.colours)
        self.bar.changed.connect(self._show)
        self.bar.installEventFilter(self)
        self.chips = self.bar.chips
        self.legend = Legend(context.colours)
        self.callout = Callout(
            context.colours,
            connect=lambda node: context.actions.connect_to(Target(place=node.id)),
            favour=self._favour,
            lists=context.lists,
            close=lambda: self.select(None),
        )
        self._lay_out()
        context.store.nodes_changed.connect(self._show)
        context.lists.changed.connect(self._show)
        context.link.snapshot_changed.connect(self._moved)
        context.actions.asked.connect(self.panel.hush)
        context.actions.refused.connect(self._refused)

    def search(self) -> None:
        """Let the next key be typed into the search."""
        self.drawer.open()
        self.panel.finder.setFocus()
        self.panel.finder.selectAll()

    def select(self, node_id: str | None) -> None:
        """Look at one node."""
        self._selected = node_id
        self._show()

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._context.store.refresh_nodes()
        self._show()

    def hideEvent(self, event: QHideEvent | None) -> None:
        super().hideEvent(event)
        self.select(None)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        window = self.window()
        is_small = window is not None and window.width() < SHAPE.narrow_below_px
        self.drawer.fold(is_small=is_small)
        self.legend.setHidden(is_small)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None and event.type() in {QEvent.Type.Move, QEvent.Type.Resize}:
            self.map.cover(self.bar.geometry().bottom())
        return super().eventFilter(watched, event)

    def event(self, event: QEvent | None) -> bool:
        if event is not None and event.type() is QEvent.Type.LayoutRequest:
            self._place_callout()
        return super().event(event)

    def filters(self) -> Filters:
        """Return what is filtered for."""
        return self.bar.filters(self.panel.finder.text())

    def _view(self) -> HomeView | None:
        snapshot = self._context.link.snapshot
        if snapshot is None:
            return None
        nodes = self._context.store.nodes_by_id
        return present(snapshot, self._context.now(), nodes=nodes)

    def _moved(self) -> None:
        view = self._view()
        key = None if view is None else (view.mark, view.tone, view.node_id)
        if key != self._seen and self.isVisible():
            self._seen = key
            self._show()

    def _show(self) -> None:
        store, view = self._context.store, self._view()
        self.bar.show_protocols(each for node in store.nodes for each in node.protocols)
        fitting = matching(store.nodes, self.filters())
        is_up = view is not None and view.mark in _UP
        current = view.node_id if view else None
        lands, shown = self._lands(fitting)
        self.panel.show_lands(lands, current, self._selected, is_up=is_up)
        self.drawer.show_count(len({node.id for node in shown}), len(store.nodes))
        self._show_map(shown, view)
        self.callout.show_node(
            store.nodes_by_id.get(self._selected or ""),
            is_current=self._selected is not None and self._selected == current,
            is_connected=is_up,
        )
        self._place_callout()

    def _lands(self, fitting: tuple[Node, ...]) -> tuple[tuple[Land, ...], tuple[Node, ...]]:
        """Return the rows of the tab that is chosen, and the nodes that are in them."""
        if self.panel.tab == LISTS:
            lands = by_list(fitting, self._context.lists.all())
            held = {node.id for land in lands for node in land.nodes}
            return lands, tuple(node for node in fitting if node.id in held)
        if self.panel.tab == FAVOURITES:
            fitting = tuple(node for node in fitting if node.is_favourite)
        return by_country(fitting), fitting

    def _show_map(self, fitting: tuple[Node, ...], view: HomeView | None) -> None:
        by_id = self._context.store.nodes_by_id
        shown = {node.id: node.country for node in fitting}
        current = by_id.get(view.node_id or "") if view is not None else None
        if current is not None:
            shown[current.id] = current.country
        every = tuple(spots(shown, world().countries))
        self.map.show_view(
            MapView(
                spots=every,
                public=frozenset(node.id for node in fitting if node.is_public),
                current=view.node_id if view else None,
                current_label=view.node_label if view else "",
                current_mark=view.mark if view else Mark.DASHED,
                current_tone=view.tone if view else Tone.UNKNOWN,
                country=view.country if view else "",
                selected=self._selected,
                you=place_of_owner(self._context.store.country),
                you_label=owner_label(self._context.store.country, view),
                is_visible=is_seen(view),
                has_way=has_way(view),
            )
        )
        if every and not self._has_looked and self.map.width() > self.panel.width():
            self._has_looked = True
            spot = spot_of(every, current.id if current is not None else None)
            points = [spot] if spot is not None else list(every)
            middle = (
                statistics.median(one.x for one in points),
                statistics.median(one.y for one in points),
            )
            self.map.look_at([middle], _FIRST_VIEW)

    def _place_callout(self) -> None:
        spot = spot_of(self.map.view.spots, self._selected)
        if spot is None or not self.callout.isVisible():
            return
        at = self.map.place(spot.x, spot.y).toPoint()
        room = self.map.size()
        covered_px = self.drawer.covered_px
        start, end = (covered_px, 0) if is_turned() else (0, covered_px)
        below = at.y() + 24 + self.callout.height() < room.height()
        y = at.y() + 24 if below else max(64, at.y() - 24 - self.callout.height())
        most = room.width() - end - self.callout.width() - _AROUND_PX
        x = min(max(start + _AROUND_PX, at.x() - self.callout.width() // 2), most)
        self.callout.move(QPoint(x, y))
        self.callout.raise_()

    def _point(self, nodes: tuple[str, ...]) -> None:
        """Let a screen reader say what the keyboard is at: it hears when the name changes."""
        by_id = self._context.store.nodes_by_id
        known = [by_id[each] for each in nodes if each in by_id]
        if known:
            more = counted(len(known), len(known)) if len(known) > 1 else latency(known[0])
            self.map.setAccessibleName(f"{known[0].where}, {more}")

    def _favour(self, node: Node) -> None:
        """Make ``node`` a favourite, or no more: a setting, which the daemon keeps."""

        def change(result: Result) -> None:
            kept = [str(each) for each in result["settings"].get("favourite_nodes", ())]
            changed = [each for each in kept if each != node.id]
            if not node.is_favourite:
                changed.append(node.id)
            self._context.link.call(
                "settings.set",
                {"changes": {"favourite_nodes": changed}},
                done=lambda _: self._context.store.refresh_nodes(),
                refused=self._refused,
            )

        self._context.link.call("settings.get", done=change, refused=self._refused)

    def _refused(self, refusal: Refusal) -> None:
        told = advice(refusal.code, refusal.message)
        self.drawer.open()
        self.panel.say(f"{told.sentence} {told.then}".strip())

    def _clear(self) -> None:
        self.panel.finder.clear()
        self.bar.clear()
        self._show()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        node = self._context.store.nodes_by_id.get(self._selected or "")
        match event.key():
            case Qt.Key.Key_F if node is not None:
                self._favour(node)
            case Qt.Key.Key_Escape if self._selected is not None:
                self.select(None)
            case Qt.Key.Key_Escape if self.drawer.close():
                pass
            case Qt.Key.Key_L:
                self.drawer.turn()
            case Qt.Key.Key_Slash:
                self.search()
            case _:
                super().keyPressEvent(event)

    def _lay_out(self) -> None:
        beside = QHBoxLayout(self)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(0)
        beside.addWidget(self.map, 1)
        self.panel.setParent(self)
        self.drawer = Drawer(self, beside, self.panel, self._colours)
        over = self._over = QVBoxLayout(self.map)
        head = row(self.bar, None, self.drawer.button)
        head.setAlignment(self.drawer.button, Qt.AlignmentFlag.AlignTop)
        over.addLayout(head)
        over.addStretch(1)
        below = row(Zooms(self.map, self._colours), self.legend, None)
        below.setAlignment(self.legend, Qt.AlignmentFlag.AlignBottom)
        over.addLayout(below)
        self.callout.setParent(self.map)
        self.drawer.moved.connect(self._make_room)
        self._make_room()

    def _make_room(self) -> None:
        """Keep what lies over the map out from under the drawer."""
        end_px = _AROUND_PX + self.drawer.covered_px
        set_margins(self._over, _AROUND_PX, 14, end_px, _AROUND_PX)
        self._place_callout()
