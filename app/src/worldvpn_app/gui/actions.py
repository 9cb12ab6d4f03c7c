"""What can be asked of the tunnel from anywhere in the app, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt6.QtCore import QCoreApplication, QObject, pyqtSignal

from worldvpn_app.cli.target import Target
from worldvpn_app.gui.link import Link, Refusal
from worldvpn_app.gui.present.places import FASTEST, target_of
from worldvpn_app.gui.present.view import Do
from worldvpn_app.gui.store import Store


class Actions(QObject):
    """Asks the daemon; says what was asked, and what was refused."""

    #: A page's name, for what is done on another page.
    wanted_page = pyqtSignal(str)
    asked = pyqtSignal()
    #: Settings were changed by other means than their own rows.
    settings_changed = pyqtSignal()
    #: A Refusal.
    refused = pyqtSignal(object)

    def __init__(self, link: Link, store: Store, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link, self._store = link, store
        self._is_early = False
        store.profiles_changed.connect(self._known)

    def do(self, do: Do) -> None:
        """Do what a button says."""
        pages = {
            Do.MAP: "map",
            Do.SHARE: "sharing",
            Do.SIGN_IN: "account",
            Do.SETTINGS: "settings",
            Do.DIAGNOSE: "diagnostics",
        }
        match do:
            case Do.CONNECT:
                self._connect_again()
            case Do.DISCONNECT:
                self._is_early = False
                self._ask("tunnel.disconnect", {})
            case Do.RESUME:
                self._ask("tunnel.resume", {})
            case Do.PAUSE | Do.CHOOSE:
                pass  # a menu, which the button opens itself
            case _:
                self.wanted_page.emit(pages[do])

    def connect_to(self, target: Target) -> None:
        """Connect, or switch, to ``target``."""
        self._ask("tunnel.connect", target.params)

    def pause(self, minutes: int) -> None:
        """Open this computer for a while."""
        self._ask("tunnel.pause", {"duration_s": minutes * 60})

    def share(self, *, is_on: bool) -> None:
        """Share this connection, which was agreed to before, or stop."""
        self._ask("share.on" if is_on else "share.off", {})

    def wanted(self) -> Target | None:
        """Return where a plain Connect goes: the tunnel's end, else the last, else the fastest."""
        snapshot = self._link.snapshot
        profile = snapshot["tunnel"]["profile"] if snapshot else None
        if profile is not None:
            return target_of(profile["id"])
        last, profiles = self._store.last_used, self._store.profiles
        if last is not None and (last in profiles or last.startswith("@")):
            return target_of(last)
        if self._store.is_signed_in:
            return FASTEST
        first = next(iter(profiles), None)
        return None if first is None else Target(profile_id=first)

    def _connect_again(self) -> None:
        target = self.wanted()
        if target is None and not self._store.knows_profiles:
            self._is_early = True  # it was pressed before the service has said where to
            self.asked.emit()
        elif target is None:
            text = QCoreApplication.translate(
                "advice",
                "There is nothing to connect to: sign in, or import a profile in Settings.",
            )
            self.refused.emit(Refusal(code="central.signed_out", message=text))
        else:
            self.connect_to(target)

    def _known(self) -> None:
        if self._is_early:
            self._is_early = False
            self._connect_again()

    def _ask(self, method: str, params: Mapping[str, object]) -> None:
        self.asked.emit()
        self._link.call(
            method, params, done=lambda _: self._store.refresh_profiles(), refused=self.refused.emit
        )
