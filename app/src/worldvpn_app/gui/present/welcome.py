"""The first steps, until there is a tunnel: what each is for and what it may do. Pure."""

from __future__ import annotations

import enum

import attrs
from PyQt6.QtCore import QCoreApplication

from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_app.gui.link import Trouble
from worldvpn_app.gui.present.view import Button, Do

translate = QCoreApplication.translate


class Progress(enum.StrEnum):
    """How a step stands."""

    DONE = "done"
    #: It is the one to take.
    NOW = "now"
    LATER = "later"


@attrs.frozen(kw_only=True)
class Step:
    """One of the three: what to do, and what is allowed by it."""

    title: str
    progress: Progress
    text: str
    buttons: tuple[Button, ...] = ()


def steps(
    snapshot: Snapshot | None, trouble: Trouble | None, *, has_profiles: bool
) -> tuple[Step, ...]:
    """Return the steps; ``trouble`` keeps the app from the service, None: nothing does."""
    has_service = snapshot is not None and trouble is None
    account = snapshot.get("account") if snapshot else None
    is_signed_in = bool(account and account["signed_in"])
    has_way = has_service and (is_signed_in or has_profiles)
    return (
        _service(trouble if not has_service else None, is_done=has_service),
        _way(
            has_central=account is None or account["server"] is not None,
            progress=_progress(is_done=has_way, may_begin=has_service),
        ),
        _tunnel(snapshot, progress=_progress(is_done=False, may_begin=has_way)),
    )


def _progress(*, is_done: bool, may_begin: bool) -> Progress:
    if is_done:
        return Progress.DONE
    return Progress.NOW if may_begin else Progress.LATER


def _service(trouble: Trouble | None, *, is_done: bool) -> Step:
    said = translate(
        "welcome",
        "It runs as root and alone may set firewall, routes and the resolver. This window has no"
        " rights, opens no connection and keeps no secret.",
    )
    return Step(
        title=translate("welcome", "The service runs")
        if is_done
        else (trouble.sentence if trouble else translate("welcome", "The service")),
        progress=Progress.DONE if is_done else Progress.NOW,
        # What was blocked before is nobody's question yet.
        text=f"{said} {trouble.then}" if trouble and not trouble.is_absent else said,
    )


def _way(*, has_central: bool, progress: Progress) -> Step:
    text = translate(
        "welcome",
        "An account needs a name and a password; its keys lie in a vault on this computer."
        " The keyring of your session may ask once whether WorldVPN may keep the vault's key.",
    )
    sign_in = Button(
        text=translate("welcome", "Sign in or make an account"), do=Do.SIGN_IN, is_primary=True
    )
    bring = Button(text=translate("welcome", "Use a WireGuard file"), do=Do.SETTINGS)
    is_now = progress is Progress.NOW
    offered = (sign_in, bring) if has_central else (bring,)
    return Step(
        title=translate("welcome", "Choose how to connect"),
        progress=progress,
        text=text,
        buttons=offered if is_now else (),
    )


def _tunnel(snapshot: Snapshot | None, *, progress: Progress) -> Step:
    text = translate(
        "welcome",
        "From then on nothing leaves beside the tunnel, also when it falls. Disconnecting makes"
        " your traffic free again. Sharing is off until you agree to it.",
    )
    state = snapshot["tunnel"]["state"] if snapshot else ""
    is_busy = state not in {"", "disconnected"}
    buttons: tuple[Button, ...] = ()
    if progress is Progress.NOW and is_busy:
        buttons = (Button(text=translate("welcome", "Cancel"), do=Do.DISCONNECT),)
    elif progress is Progress.NOW:
        buttons = (
            Button(text=translate("welcome", "Connect"), do=Do.CONNECT, is_primary=True),
            Button(text=translate("welcome", "Choose on map"), do=Do.MAP),
        )
    return Step(
        title=translate("welcome", "Connecting") if is_busy else translate("welcome", "Connect"),
        progress=progress,
        text=text,
        buttons=buttons,
    )
