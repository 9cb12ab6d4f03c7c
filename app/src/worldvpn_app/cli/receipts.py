"""The verb for receipts: what both ends have signed, listed, exported, and checked offline."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from worldvpn_app.cli.exits import CommandError, Exit, UsageError
from worldvpn_app.cli.session import Session
from worldvpn_app.cli.terminal import Line, Role
from worldvpn_app.cli.wording import amount, moment, table
from worldvpn_app.evidence import file, words
from worldvpn_app.evidence.judge import Judgement, Verdict, judged
from worldvpn_app.evidence.report import as_json, checked, heading, summary, titled

_PAGE: Final = 200
_KEY_CHARACTERS: Final = 64
_ROLES: Final = {
    Verdict.PROVED: Role.GOOD,
    Verdict.MISSING: Role.WARNING,
    Verdict.FAILED: Role.ALARM,
}


def receipts(session: Session) -> Exit:
    """List the receipts of this computer's sessions, export them, or check an export."""
    options = session.options
    if options.action == "list" and options.file is not None:
        raise UsageError(f"say what to do with it: worldvpn receipts verify {options.file}")
    if options.action != "list" and options.file is None:
        raise UsageError(f"say which file: worldvpn receipts {options.action} FILE")
    if options.action != "verify" and options.root is not None:
        raise UsageError("--root is for verify")
    return {"list": _list, "export": _export, "verify": _verify}[options.action](session)


def sessions(call: Callable[..., dict[str, Any]]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return all sessions that receipts are kept of, and the last page. Raises what ``call`` does.

    ``call`` asks the daemon, as ``Client.call`` does.
    """
    found: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        page = call("receipts.show", limit=_PAGE, **after)
        found += page["sessions"]
        if page["next"] is None:
            return found, page
        after = {"after": page["next"]}


def said_bytes(receipts_: Iterable[str]) -> tuple[int, int] | None:
    """Return the highest figures up and down of signed receipts; None: there is none. Pure."""
    read = [words.receipt(base64.b64decode(each)) for each in receipts_]
    if not read:
        return None
    return max(each.up_bytes for each in read), max(each.down_bytes for each in read)


def agreed_bytes(one: Mapping[str, Any]) -> int | None:
    """Return what both ends of a session have signed for; None: one is missing. Pure."""
    node, guest = said_bytes(one["node"]), said_bytes(one["guest"])
    if node is None or guest is None:
        return None
    return min(node[0], guest[0]) + min(node[1], guest[1])


def _list(session: Session) -> Exit:
    found, _ = sessions(session.client().call)
    rows = [_row(each) for each in sorted(found, key=lambda each: -int(each["ends_s"]))]
    session.terminal.answer({"sessions": rows}, _lines(rows, session))
    return Exit.OK


def _row(one: Mapping[str, Any]) -> dict[str, Any]:
    node, guest = said_bytes(one["node"]), said_bytes(one["guest"])
    return {
        "session_id": one["session"],
        "role": one["role"],
        "ends_s": one["ends_s"],
        "node_bytes": None if node is None else sum(node),
        "guest_bytes": None if guest is None else sum(guest),
        "agreed_bytes": agreed_bytes(one),
        "tickets": len(one["tickets"]),
        "waiting": one["waiting"],
    }


def _lines(rows: Iterable[Mapping[str, Any]], session: Session) -> Iterator[Line]:
    now = session.now()
    cells = [
        (
            row["session_id"],
            row["role"],
            moment(datetime.fromtimestamp(row["ends_s"], UTC).isoformat(), now),
            *(_amount(row[f"{name}_bytes"]) for name in ("node", "guest", "agreed")),
            f"{row['waiting']} to hand in" if row["waiting"] else "handed in",
        )
        for row in rows
    ]
    if not cells:
        yield Line("No receipts are kept: there was no session of late.")
        return
    head = ("Session", "As", "Until", "Node", "Guest", "Both", "Server")
    first, *rest = table([head, *cells], right={3, 4, 5})
    yield Line(first, Role.DIM)
    yield from map(Line, rest)


def _amount(count_bytes: int | None) -> str:
    return "\N{EN DASH}" if count_bytes is None else amount(count_bytes)


def _export(session: Session) -> Exit:
    found, page = sessions(session.client().call)
    if page["manifest"] is None:
        text = "the central server's keys are not known here yet: connect once, and try again"
        raise CommandError("receipts", text)
    raw = file.written(exported(found, page))
    _write(session.options.file, raw)
    # By the same reading as a stranger's: what does not hold is said here first.
    judgement = judged(raw)
    answer = {"file": session.options.file, **as_json(judgement)}
    done = Line(f"{session.options.file} has {len(judgement.findings)} sessions.", Role.PLAIN)
    session.terminal.answer(answer, [done, _summary(judgement)])
    return Exit.OK if judgement.is_sound else Exit.FAILED


def exported(found: Iterable[Mapping[str, Any]], page: Mapping[str, Any]) -> file.Export:
    """Return what ``sessions`` has found as an export. Pure."""
    served = json.loads(base64.b64decode(page["manifest"]))
    merged: dict[str, dict[str, list[bytes]]] = {}
    for each in found:
        parts = merged.setdefault(each["session"], {name: [] for name in file.Session._fields})
        for name, kept in parts.items():
            kept += [raw for text in each[name] if (raw := base64.b64decode(text)) not in kept]
    for parts in merged.values():
        for name in ("node", "guest"):
            parts[name].sort(key=lambda raw: words.receipt(raw).number)
    return file.Export(
        root=bytes.fromhex(page["root"]),
        manifest=base64.b64decode(served["signed"]),
        manifest_signature=base64.b64decode(served["signature"]),
        sessions=tuple(
            file.Session(*(tuple(parts[name]) for name in file.Session._fields))
            for parts in merged.values()
        ),
    )


def _verify(session: Session) -> Exit:
    options = session.options
    judgement = judged(_read(options.file), _root(options.root))
    session.terminal.answer(as_json(judgement), _judged(judgement))
    return Exit.OK if judgement.is_sound else Exit.FAILED


def _judged(judgement: Judgement) -> Iterator[Line]:
    if judgement.root is not None:
        yield Line(heading(judgement.root), Role.DIM)
    for each in judgement.findings:
        yield Line(titled(each))
        for check in each.checks:
            yield Line(checked(check), _ROLES[check.verdict])
    yield _summary(judgement)


def _summary(judgement: Judgement) -> Line:
    return Line(summary(judgement), Role.GOOD if judgement.is_sound else Role.ALARM)


def _root(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(text) != _KEY_CHARACTERS or not key:
        raise UsageError(f"--root is a key in {_KEY_CHARACTERS} hexadecimal digits")
    return key


def _read(name: str) -> bytes:
    try:
        with Path(name).open("rb") as opened:
            return opened.read(file.MOST_BYTES + 1)
    except OSError as error:
        raise CommandError("config", f"cannot read {name}: {error.strerror}") from error


def _write(name: str, raw: bytes) -> None:
    """Write ``raw`` to a new file for the caller alone: it says which nodes were used, and when."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(name, flags, 0o600), "wb") as opened:
            opened.write(raw)
    except OSError as error:
        raise CommandError("config", f"cannot write {name}: {error.strerror}") from error
