"""Sentences that clients show until they are no longer true. Pure but for the list."""

from __future__ import annotations

from typing import Final

from worldvpn_core.errors import WorldVpnError
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

    def refused(self, error: WorldVpnError) -> None:
        """Tell that a request was refused before anything was touched."""
        self.tell("connect.refused", f"Nothing was changed: {error}")

    def unrestored(self, error: WorldVpnError | None) -> None:
        """Tell that an open host is not all as it was; None: it is."""
        if error is None:
            self.forget("host.unrestored")
        else:
            self.tell(
                "host.unrestored", f"This host is open, but not all of it is as it was: {error}"
            )

    def vault_opened(self, *, is_former: bool) -> None:
        """Take note that the vault changed; ``is_former``: an older generation is in use."""
        self.forget("vault.locked")
        if is_former:
            self.tell(
                "vault.former",
                "The vault was damaged: what it held before its last change is used.",
            )
        else:
            self.forget("vault.former")

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


def notices_of(*texts: str | None) -> Notices:
    """Return what is to be told of files that could not be read."""
    notices = Notices()
    for number, text in enumerate(filter(None, texts)):
        notices.tell(f"state.broken.{number}", text)
    return notices
