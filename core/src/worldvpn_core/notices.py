"""Sentences that clients show until they are no longer true. Pure but for the list."""

from __future__ import annotations

from typing import Final

from worldvpn_core.settings import Settings
from worldvpn_core.tunnel.events import Event, TunnelDown
from worldvpn_core.tunnel.states import Connected, State, Switching

UNPROTECTED: Final = (
    "kill-switch.off",
    "The kill switch is off: whenever the tunnel falls, your traffic leaves unprotected.",
)


class Notices:
    """What the user should know, one sentence a code."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def tell(self, code: str, text: str) -> None:
        """Show ``text`` from now on, instead of what stood under ``code``."""
        self._texts[code] = text

    def forget(self, code: str) -> None:
        """Show it no more. Unknown codes are no error."""
        self._texts.pop(code, None)

    def all(self, settings: Settings) -> tuple[tuple[str, str], ...]:
        """Return ``(code, text)`` of what holds now, the warnings of ``settings`` first."""
        standing = () if settings.kill_switch else (UNPROTECTED,)
        return (*standing, *self._texts.items())

    def heard(self, old: State, new: State, event: Event) -> None:
        """Take note of a change of state: a switch that failed is told until the next try."""
        match old, new, event:
            case Switching(), Connected(), TunnelDown(cause=cause):
                self.tell(
                    "switch.failed", f"Still connected as before, switching failed: {cause.detail}"
                )
            case _, Connected() | Switching(), _:
                self.forget("switch.failed")
                self.forget("connect.refused")
            case _:
                pass
