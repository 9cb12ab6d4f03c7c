"""Verbs that move the tunnel: connect, disconnect, pause, resume."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from worldvpn_app.cli.client import Client
from worldvpn_app.cli.exits import CommandError, Exit, UsageError
from worldvpn_app.cli.present import headline, status_lines, warnings
from worldvpn_app.cli.session import Session
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_app.cli.target import choose
from worldvpn_app.cli.terminal import Line, Role, Terminal
from worldvpn_app.cli.waiting import ConnectWait, Outcome
from worldvpn_app.cli.wording import seconds, span

#: How long a state may stand still after a request before it is taken for the answer.
_SETTLE_S: Final = 3.0
#: How long closing may take: the daemon itself gives up on an engine earlier.
_CLOSE_S: Final = 15.0
_PAUSE_S: Final = range(60, 86_401)

#: States in which a tunnel protected already, so that Ctrl-C must not open the host.
_PROTECTED_BEFORE: Final = frozenset({"connected", "switching", "blocked"})


def connect(session: Session) -> Exit:
    """Connect, and wait until it is up or blocked."""
    client, terminal, options = session.client(), session.terminal, session.options
    target = choose(client.call("profiles.list"), options.target)
    request: Mapping[str, object] = {**target.params, "partial": options.partial}
    if not options.wait:
        client.call("tunnel.connect", **request)
        terminal.answer({"accepted": True}, [Line("Asked to connect.")])
        return Exit.OK
    client.call("subscribe")
    before = client.next_snapshot(_SETTLE_S)
    if before is None:
        raise CommandError("timeout", f"the daemon showed no state in {_SETTLE_S:g} s: try again")
    client.forget_news()
    terminal.progress(Line(f"Asking for {target}.", Role.BUSY))
    try:
        client.call("tunnel.connect", **request)
        outcome, last = _follow(client, terminal, ConnectWait(target, before))
    except KeyboardInterrupt:
        return _cancel(session, before)
    return _end(terminal, outcome, last)


def disconnect(session: Session) -> Exit:
    """Close the tunnel, and wait until it is closed."""
    return _ask(session, "tunnel.disconnect", "disconnected")


def pause(session: Session) -> Exit:
    """Open the host for a while."""
    duration_s = seconds(session.options.duration)
    if duration_s not in _PAUSE_S:
        raise UsageError(f"a pause lasts 1m to 24h: {span(duration_s)} is outside")
    return _ask(session, "tunnel.pause", "paused", duration_s=duration_s)


def resume(session: Session) -> Exit:
    """End the pause and connect again."""
    session.client().call("tunnel.resume")
    session.terminal.answer({"accepted": True}, [Line("Connecting again. See: worldvpn status")])
    return Exit.OK


def _follow(client: Client, terminal: Terminal, wait: ConnectWait) -> tuple[Outcome, Snapshot]:
    last = client.status()
    outcome = wait.judge(last)
    still_until_monotonic_s = time.monotonic() + _SETTLE_S
    while outcome is None:
        terminal.progress(headline(last, _now()))
        snapshot = client.next_snapshot(still_until_monotonic_s - time.monotonic())
        has_moved = snapshot is not None and snapshot["tunnel"]["state"] != last["tunnel"]["state"]
        last = snapshot or last
        if has_moved or time.monotonic() < still_until_monotonic_s:
            outcome = wait.judge(last)
        else:
            outcome = wait.settle(last)
            has_moved = True
        if has_moved:
            still_until_monotonic_s = time.monotonic() + _SETTLE_S
    return outcome, last


def _end(terminal: Terminal, outcome: Outcome, last: Snapshot) -> Exit:
    exits = {
        Outcome.CONNECTED: Exit.OK,
        Outcome.BLOCKED: Exit.BLOCKED,
        Outcome.UNPROTECTED: Exit.UNPROTECTED,
        Outcome.OVERTAKEN: Exit.FAILED,
    }
    terminal.end_progress()
    if outcome is Outcome.CONNECTED:
        terminal.answer(_json(last), [headline(last, _now()), *warnings(last)])
    elif terminal.as_json:
        cause = last["tunnel"]["cause"]
        error = {
            "code": cause["code"] if cause else outcome.value,
            "message": headline(last, _now()).text,
        }
        terminal.give({"error": error, "snapshot": _json(last)})
    else:
        terminal.show(status_lines(last, _now()))
    return exits[outcome]


def _cancel(session: Session, before: Snapshot) -> Exit:
    """Undo the connect, unless that would open a host that was protected before."""
    terminal = session.terminal
    if before["tunnel"]["state"] in _PROTECTED_BEFORE:
        terminal.say(
            Line("The daemon goes on. To open this computer: worldvpn disconnect", Role.WARNING),
        )
        return Exit.INTERRUPTED
    # Over a new connection: the interrupt may have come in the middle of an answer.
    session.client().call("tunnel.disconnect")
    terminal.say(Line("Cancelled. Your traffic is not protected.", Role.OPEN))
    return Exit.INTERRUPTED


def _ask(
    session: Session,
    method: str,
    wanted: str,
    **params: object,
) -> Exit:
    """Ask for ``method`` and wait for the state ``wanted``."""
    client, terminal, options = session.client(), session.terminal, session.options
    if not options.wait:
        client.call(method, **params)
        terminal.answer({"accepted": True}, [Line("Asked.")])
        return Exit.OK
    client.call("subscribe")
    client.forget_news()
    client.call(method, **params)
    deadline_monotonic_s = time.monotonic() + _CLOSE_S
    snapshot: Snapshot | None = client.status()
    while snapshot is not None:
        if snapshot["tunnel"]["state"] == wanted:
            terminal.answer(_json(snapshot), status_lines(snapshot, _now()))
            return Exit.OK
        if not snapshot["tunnel"]["enforced"]:
            return _end(terminal, Outcome.UNPROTECTED, snapshot)
        terminal.progress(headline(snapshot, _now()))
        snapshot = client.next_snapshot(deadline_monotonic_s - time.monotonic())
    text = f"not {wanted} after {_CLOSE_S:g} s: see `worldvpn status`"
    raise CommandError("timeout", text)


def _json(snapshot: Snapshot) -> Mapping[str, object]:
    return {**snapshot}


def _now() -> datetime:
    return datetime.now().astimezone()
