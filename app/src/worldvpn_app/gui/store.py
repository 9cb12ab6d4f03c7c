"""What the app keeps of the daemon's answers besides the snapshot: nodes, profiles, last used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from worldvpn_app.gui.link import Link, LinkState, Refusal, Result
from worldvpn_app.gui.present.nodes import Node, node_of

_EVERY_MS: Final = 15_000
_A_PAGE: Final = 500
#: More than anybody looks through; the rest is found by asking for a place.
_MOST_NODES: Final = 10_000


def looked(result: Result) -> Mapping[str, Any]:
    """Return what the central server's text says, which the daemon hands on unread."""
    text = result.get("json")
    read = json.loads(text) if isinstance(text, str) else result
    return read if isinstance(read, dict) else {}


class Store(QObject):
    """Asks for nodes and profiles when the link opens, and now and then."""

    nodes_changed = pyqtSignal()
    profiles_changed = pyqtSignal()

    def __init__(self, link: Link, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link = link
        #: Best first.
        self.nodes: tuple[Node, ...] = ()
        self.nodes_by_id: Mapping[str, Node] = {}
        #: How old the directory is; None: there is none.
        self.age_s: float | None = None
        #: Why there are no nodes; None: there are.
        self.refusal: Refusal | None = None
        self.profiles: Mapping[str, str] = {}
        #: Whether the daemon has said which profiles there are.
        self.knows_profiles = False
        #: A profile's id, or "@" and a place.
        self.last_used: str | None = None
        #: The country that the owner said to be in, its code; "": none was said.
        self.country = ""
        self._found: list[Node] = []
        self._is_asking = self._is_wanted_again = False
        self._signed_in: bool | None = None
        link.state_changed.connect(self._turned)
        link.snapshot_changed.connect(self._seen)
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self.refresh_nodes)

    @property
    def is_signed_in(self) -> bool:
        """Whether the directory can be used."""
        return bool(self._signed_in)

    def refresh(self) -> None:
        """Ask for everything."""
        self.refresh_profiles()
        self.refresh_nodes()

    def refresh_nodes(self) -> None:
        """Ask for all nodes, page by page; one question at a time."""
        if self._is_asking:
            # What is on its way may be older than what made us ask.
            self._is_wanted_again = True
        elif self._link.state is LinkState.CONNECTED:
            self._is_asking, self._is_wanted_again, self._found = True, False, []
            self._ask(0)

    def refresh_profiles(self) -> None:
        """Ask which profiles there are, and what was used last."""
        self._link.call("profiles.list", done=self._listed)
        self._link.call("settings.get", done=self._set_country)

    def set_watched(self, *, is_watched: bool) -> None:
        """Ask again and again, or only when something has changed."""
        if is_watched:
            self._timer.start()
        else:
            self._timer.stop()

    def _turned(self) -> None:
        if self._link.state is LinkState.CONNECTED:
            self._is_asking = False
            self.refresh()

    def _seen(self) -> None:
        account = self._link.snapshot.get("account") if self._link.snapshot else None
        signed_in = account["signed_in"] if account else None
        if signed_in != self._signed_in:
            self._signed_in = signed_in
            self.refresh()

    def _ask(self, offset: int) -> None:
        params = {"offset": offset, "limit": _A_PAGE}
        self._link.call("directory.nodes", params, done=self._page, refused=self._refused)

    def _page(self, result: Result) -> None:
        answer = looked(result)
        rows = answer.get("nodes") or []
        self._found += [node_of(row) for row in rows if isinstance(row, dict) and "id" in row]
        following = answer.get("next")
        if rows and isinstance(following, int) and len(self._found) < _MOST_NODES:
            self._ask(following)
            return
        self._is_asking = False
        age = answer.get("age_s")
        self._set(tuple(self._found), float(age) if isinstance(age, int | float) else None, None)

    def _refused(self, refusal: Refusal) -> None:
        self._is_asking = False
        gone = refusal.code == "no_daemon"
        self._set(self.nodes if gone else (), self.age_s if gone else None, refusal)

    def _set(self, nodes: tuple[Node, ...], age_s: float | None, refusal: Refusal | None) -> None:
        is_changed = nodes != self.nodes or refusal != self.refusal
        self.nodes, self.age_s, self.refusal = nodes, age_s, refusal
        if is_changed:
            self.nodes_by_id = {node.id: node for node in nodes}
            self.nodes_changed.emit()
        if self._is_wanted_again:
            self._is_wanted_again = False
            self.refresh_nodes()

    def _set_country(self, result: Result) -> None:
        settings = result.get("settings")
        code = settings.get("share_country") if isinstance(settings, dict) else None
        if (str(code) if code else "") != self.country:
            self.country = str(code) if code else ""
            self.nodes_changed.emit()

    def _listed(self, result: Result) -> None:
        self.profiles = {str(each["id"]): str(each["name"]) for each in result["profiles"]}
        self.knows_profiles = True
        last = result.get("last_used")
        self.last_used = str(last) if last else None
        self.profiles_changed.emit()
