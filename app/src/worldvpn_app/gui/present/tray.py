"""What the tray says and offers, and what leaving the app means. Pure but for translation."""

from __future__ import annotations

import attrs
from PyQt6.QtCore import QCoreApplication

from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_app.gui.present.places import Pick
from worldvpn_app.gui.present.view import Button, Do, HomeView, Mark
from worldvpn_app.gui.tokens import Tone

translate = QCoreApplication.translate
#: More would be a menu longer than a small screen.
_MOST_PICKS = 12


@attrs.frozen(kw_only=True)
class TrayView:
    """The icon, and the entries of its menu."""

    mark: Mark
    tone: Tone
    words: str
    main: Button | None = None
    #: Where else it can connect to, or switch to, by name.
    picks: tuple[Pick, ...] = ()
    picks_title: str = ""
    #: What a pause is called now; "" where there is nothing to pause.
    pause: str = ""
    #: Ends what ``main`` does not end: a pause, or a blocked tunnel.
    disconnect: str = ""
    #: Whether this computer shares; None: that is not known.
    is_sharing: bool | None = None
    #: Sharing can only be agreed to in the window.
    needs_consent: bool = False


def tray_view(
    snapshot: Snapshot | None, view: HomeView | None, picks: tuple[Pick, ...] = ()
) -> TrayView:
    """Return what the tray shows of ``view``, which is of ``snapshot``; None: nothing is known."""
    if snapshot is None or view is None:
        words = translate("tray", "The service does not answer")
        return TrayView(mark=Mark.DASHED, tone=Tone.UNKNOWN, words=words)
    sharing = snapshot["sharing"]
    pause = next((each.text for each in view.second if each.do is Do.PAUSE), "")
    end = next((each.text for each in view.second if each.do is Do.DISCONNECT), "")
    may_choose = view.mark not in {Mark.DASHED, Mark.DOTS, Mark.ARC}
    return TrayView(
        mark=view.mark,
        tone=view.tone,
        words=f"{view.title}. {view.line}" if view.line else view.title,
        main=view.main,
        picks=picks[:_MOST_PICKS] if may_choose else (),
        picks_title=view.picks_title,
        pause=pause,
        disconnect=end,
        is_sharing=sharing["state"] in {"serving", "opening"},
        needs_consent=sharing["agreed_utc"] is None,
    )


def leaving(view: HomeView | None) -> str:
    """Return what quitting leaves as it is, as a question; "" where there is nothing to ask."""
    match view.mark if view else None:
        case Mark.TICK | Mark.PART | Mark.ARROWS | Mark.ARC:
            return translate(
                "tray",
                "Quit the window? Your tunnel stays on and protected."
                " Disconnect first if you want it closed.",
            )
        case Mark.BAR:
            return translate(
                "tray",
                "Quit the window? Nothing leaves this computer until there is a tunnel again."
                " Disconnect first if you want the internet without one.",
            )
        case Mark.BARS:
            return translate(
                "tray",
                "Quit the window? Your tunnel comes back by itself when the pause is over.",
            )
        case _:
            return ""


def stays(view: HomeView | None) -> str:
    """Return the menu's entry that ends the app: what it says stays."""
    if view is None or view.mark not in {Mark.TICK, Mark.PART, Mark.ARROWS, Mark.BAR, Mark.LOCK}:
        return translate("tray", "Quit")
    return translate("tray", "Quit, and stay protected")
