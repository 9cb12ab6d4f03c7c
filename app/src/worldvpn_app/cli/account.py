"""Verbs for the account on the central server: made, signed in to and out of, and its devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from worldvpn_app.cli import opening, password
from worldvpn_app.cli.accounting import account_lines, device_lines, session_lines
from worldvpn_app.cli.client import Client
from worldvpn_app.cli.exits import Exit, UsageError
from worldvpn_app.cli.session import Session
from worldvpn_app.cli.terminal import Line, Role


def register(session: Session) -> Exit:
    """Make an account, sign this device in, and show the recovery code once."""
    client, name = _ready(session)
    words = password.fresh(session, "New password")
    session.terminal.progress(Line("Asking the central server.", Role.BUSY))
    reply = client.call("account.register", username=name, password=words)
    done = Line(f"Your account is {reply['username']}; this device is signed in.", Role.GOOD)
    session.terminal.answer(reply, [done])
    if not session.terminal.as_json:
        password.show_code(session, reply["recovery_code"])
    return Exit.OK


def login(session: Session) -> Exit:
    """Sign this device in."""
    client, name = _ready(session)
    words = password.present(session, "Password")
    session.terminal.progress(Line("Asking the central server.", Role.BUSY))
    reply = client.call("account.login", username=name, password=words)
    done = Line(f"Signed in as {reply['username']}. Connect: worldvpn connect fastest", Role.GOOD)
    session.terminal.answer(reply, [done])
    return Exit.OK


def logout(session: Session) -> Exit:
    """Sign this device out, or all of the account's."""
    everywhere, client = session.options.everywhere, session.client()
    vault = client.call("vault.status")
    # The vault goes with it.
    reply = client.call("account.logout", everywhere=everywhere)
    text = "Signed out, here and on every other device." if everywhere else "Signed out."
    session.terminal.answer(reply, [Line(text), *opening.forgotten(vault)])
    return Exit.OK


def account(session: Session) -> Exit:
    """Show the account or its sessions, or give it another password."""
    options = session.options
    if options.name is not None and options.action != "recover":
        raise UsageError("only recover takes a name: worldvpn account recover NAME")
    return _ACTIONS[options.action](session)


def devices(session: Session) -> Exit:
    """List the devices that are signed in, or sign one out for good."""
    options, client = session.options, session.client()
    if options.action == "list":
        if options.id is not None:
            raise UsageError(f"say what to do with it: worldvpn devices revoke {options.id}")
        listed = client.look("account.devices")
        session.terminal.answer(listed, device_lines(listed["devices"], session.now()))
        return Exit.OK
    if options.id is None:
        raise UsageError("say which, by its id from `worldvpn devices`: devices revoke ID")
    reply = client.call("account.revoke", device_id=options.id.lower())
    session.terminal.answer(reply, [Line(f"{options.id} is signed out for good.")])
    return Exit.OK


def _ready(session: Session) -> tuple[Client, str]:
    """Return a daemon that may be told a password, its vault open, and whose it is."""
    client = session.client()
    opening.only_to_root(client)
    name = password.username(session)
    opening.ensure_open(session, client)
    return client, name


def _show(session: Session) -> Exit:
    client = session.client()
    shown = client.look("account.show")
    session.terminal.answer(shown, account_lines(shown, client.status(), session.now()))
    return Exit.OK


def _sessions(session: Session) -> Exit:
    listed = session.client().look("account.sessions")
    session.terminal.answer(listed, session_lines(listed["sessions"], session.now()))
    return Exit.OK


def _password(session: Session) -> Exit:
    client = session.client()
    opening.only_to_root(client)
    old = password.present(session, "Present password")
    new = password.fresh(session, "New password")
    reply = client.call("account.password", old_password=old, new_password=new)
    done = Line("The password is changed; every other device is signed out.", Role.GOOD)
    session.terminal.answer(reply, [done])
    return Exit.OK


def _recover(session: Session) -> Exit:
    client = session.client()
    opening.only_to_root(client)
    name = password.username(session)
    code = password.present(session, "Recovery code", what="recovery code")
    new = password.fresh(session, "New password")
    reply = client.call("account.recover", username=name, recovery_code=code, new_password=new)
    done = Line(f"The password is changed. Sign in: worldvpn login {name}", Role.GOOD)
    session.terminal.answer(reply, [done])
    if not session.terminal.as_json:
        password.show_code(session, reply["recovery_code"])
    return Exit.OK


_ACTIONS: Final[dict[str, Callable[[Session], Exit]]] = {
    "show": _show,
    "sessions": _sessions,
    "password": _password,
    "recover": _recover,
}
