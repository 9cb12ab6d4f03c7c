"""What is told outside the window when the state changes. Pure but for translation."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import attrs
from PyQt6.QtCore import QCoreApplication

from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_app.gui.present import figures
from worldvpn_app.gui.present.view import Do, HomeView, Mark
from worldvpn_app.gui.tokens import Tone

translate = QCoreApplication.translate
#: What is on its way is told once it is there.
_PASSING: Final = frozenset({Mark.ARC, Mark.ARROWS, Mark.DOTS, Mark.DASHED})
#: States often follow each other at once: what stands this long is told.
SETTLES_MS: Final = 1_500
#: What can be asked for from a notification.
_KEYS: Final = {Do.CONNECT: "reconnect", Do.RESUME: "reconnect", Do.SHARE: "share"}
#: The services of notifications may read markup in a text.
_PLAIN: Final = str.maketrans({"<": "\u2039", ">": "\u203a", "&": "+"})


@attrs.frozen(kw_only=True)
class Offer:
    """A button of a notification; without ``do`` it opens the window."""

    key: str
    text: str
    do: Do | None = None


@attrs.frozen(kw_only=True)
class News:
    """A notification: what has become so, and what can be done."""

    #: What it is about; the same is not told twice.
    about: tuple[str, ...]
    title: str
    text: str
    offers: tuple[Offer, ...]
    #: It is told at once, and stays until somebody has seen it.
    is_urgent: bool = False

    @property
    def wait_ms(self) -> int:
        """How long the state must stand before it is told."""
        return 0 if self.is_urgent else SETTLES_MS


def news(snapshot: Snapshot, view: HomeView, now: datetime, *, is_private: bool) -> News | None:
    """Return what to tell of ``view``, which is of ``snapshot``; None: it is passing.

    Private news names no place, no node and no cause.
    """
    if view.mark in _PASSING:
        return None
    place = view.line if view.tone is Tone.CONNECTED else ""
    return News(
        about=(view.title, view.mark, place, snapshot["tunnel"]["paused_until_utc"] or ""),
        title=view.title,
        text=_text(snapshot, view, now, is_private=is_private).translate(_PLAIN),
        offers=_offers(view),
        is_urgent=view.tone is Tone.UNPROTECTED,
    )


def service_away() -> News:
    """Return what to tell when the service does not answer any more."""
    text = translate("news", "What it blocked stays blocked; a tunnel may be closed.")
    return News(
        about=("away",),
        title=translate("news", "The WorldVPN service is away"),
        text=text,
        offers=(_open(),),
    )


def server_away(snapshot: Snapshot, as_of: datetime | None) -> str:
    """Return what it means that the central server does not answer; "" while it does.

    ``as_of``: when it did last, in the owner's zone.
    """
    account = snapshot.get("account")
    if account is None or account["server"] is None or account["reach"] != "offline":
        return ""
    goes_on = snapshot["tunnel"]["state"] in {"connected", "switching"}
    tunnel = translate("news", "Your tunnel goes on.") if goes_on else ""
    time = figures.clock(as_of) if as_of else ""
    known = translate("news", "Figures are as of {time}.").format(time=time) if time else ""
    return " ".join(filter(None, (translate("news", "Server away."), tunnel, known)))


def credit_low(percent: int) -> News:
    """Return what to tell once ``percent`` of the credit is left, or less."""
    text = translate("news", "Share to earn more before it is used up.")
    return News(
        about=("credit", str(percent)),
        title=credit_left(percent),
        text=text,
        offers=(Offer(key="share", text=translate("news", "Share to earn"), do=Do.SHARE), _open()),
    )


def credit_left(percent: int) -> str:
    """Return how little credit is left."""
    return translate("news", "{n}\u00a0% of your credit is left").format(n=percent)


def _open() -> Offer:
    return Offer(key="open", text=translate("news", "Open"))


def _offers(view: HomeView) -> tuple[Offer, ...]:
    offered = [
        Offer(key=_KEYS[button.do], text=button.text, do=button.do)
        for button in (view.main, *view.second)
        if button is not None and button.do in _KEYS
    ]
    return (*offered, _open())


def _text(snapshot: Snapshot, view: HomeView, now: datetime, *, is_private: bool) -> str:
    free = translate("news", "Your traffic is not protected.")
    held = translate("news", "Nothing leaves this computer.")
    match view.tone, view.mark:
        case Tone.UNPROTECTED, _:
            leaks = translate("news", "Your traffic may be leaving outside the tunnel.")
            return leaks if is_private else f"{view.line}. {leaks}"
        case Tone.PAUSED, Mark.BARS:
            return f"{_until(snapshot, now)} {free}".strip()
        case Tone.PAUSED, _:
            return translate("news", "Some of your traffic is not protected.")
        case Tone.CONNECTED, _:
            protected = translate("news", "Your traffic goes through the tunnel.")
            where = translate("news", "To {place}.").format(place=view.line)
            return protected if is_private or not view.line else f"{where} {protected}"
        case Tone.BLOCKED, _:
            return held if is_private else f"{view.line}. {held}"
        case _, Mark.LOCK:
            return held
        case _:
            return free


def _until(snapshot: Snapshot, now: datetime) -> str:
    until = snapshot["tunnel"]["paused_until_utc"]
    if until is None:
        return ""
    at = datetime.fromisoformat(until).astimezone(now.tzinfo)
    return translate("news", "Until {time}.").format(time=figures.clock(at))
