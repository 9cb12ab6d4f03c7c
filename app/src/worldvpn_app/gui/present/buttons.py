"""What can be done in each state, most wanted first. Pure but for translation."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication

from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_app.gui.present.view import Button, Do
from worldvpn_app.gui.tokens import Tone

translate = QCoreApplication.translate


def needs_sign_in(snapshot: Snapshot, *, has_profiles: bool) -> bool:
    """Say whether there is nowhere to go before somebody signs in."""
    account = snapshot.get("account")
    return (
        not has_profiles
        and account is not None
        and account["server"] is not None
        and not account["signed_in"]
    )


def buttons(
    snapshot: Snapshot, tone: Tone, *, needs_sign_in: bool
) -> tuple[Button | None, tuple[Button, ...]]:
    """Return the main button of a state, and those below it."""
    close = Button(text=translate("home", "Disconnect"), do=Do.DISCONNECT, icon="power")
    switch = Button(text=translate("home", "Switch node"), do=Do.CHOOSE, icon="arrow-left-right")
    on_map = Button(text=translate("home", "Choose on map"), do=Do.MAP, icon="map")
    cause = snapshot["tunnel"]["cause"]

    def gain(text: str, do: Do = Do.CONNECT) -> Button:
        return Button(text=text, do=do, is_primary=True)

    match tone, snapshot["tunnel"]["state"]:
        case Tone.UNPROTECTED, _:
            return gain(translate("home", "Protect now")), (close,)
        case _, "disconnected" if needs_sign_in:
            return gain(translate("home", "Sign in to connect"), Do.SIGN_IN), ()
        case _, "disconnected":
            other = Button(text=translate("home", "Choose node"), do=Do.CHOOSE, icon="zap")
            return gain(translate("home", "Connect")), (other, on_map)
        case _, "connecting":
            return Button(text=translate("home", "Cancel"), do=Do.DISCONNECT), ()
        case _, "switching":
            # Cancelling a change keeps the tunnel that is up, by asking for it again.
            return Button(text=translate("home", "Cancel"), do=Do.CONNECT), ()
        case _, "connected":
            pause = Button(text=translate("home", "Pause"), do=Do.PAUSE, icon="pause")
            return Button(text=close.text, do=close.do), (pause, switch)
        case _, "paused":
            longer = Button(text=translate("home", "Pause longer"), do=Do.PAUSE, icon="pause")
            return gain(translate("home", "Resume now"), Do.RESUME), (longer, close)
        case _, "blocked" if cause is not None and cause["code"] == "out-of-credit":
            again = Button(text=translate("home", "Try again"), do=Do.CONNECT, icon="refresh-cw")
            return gain(translate("home", "Share to earn"), Do.SHARE), (again, close)
        case _, "blocked" if cause is not None and cause["code"] == "central.signed_out":
            return gain(translate("home", "Sign in"), Do.SIGN_IN), (switch, close)
        case _, "blocked":
            return gain(translate("home", "Try now")), (switch, close)
        case _, "disconnecting":
            return Button(text=translate("home", "Connect again"), do=Do.CONNECT), ()
        case _:
            return Button(text=close.text, do=close.do), ()
