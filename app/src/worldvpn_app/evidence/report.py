"""A judgement as JSON, and in sentences for a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from worldvpn_app.evidence.judge import Check, Figures, Finding, Judgement, Verdict

_SIGNS: Final = {Verdict.PROVED: "+", Verdict.MISSING: "?", Verdict.FAILED: "!"}
#: The last second of the year 9998: later ones are no time that can be written.
_LAST_S: Final = 253_370_764_799


def as_json(judgement: Judgement) -> dict[str, object]:
    """Return all of it."""
    return {
        "sound": judgement.is_sound,
        "root": None if judgement.root is None else judgement.root.hex(),
        "error": judgement.error,
        "sessions": [_session(each) for each in judgement.findings],
    }


def lines(judgement: Judgement) -> Iterator[str]:
    """Yield what it proves, lacks and fails, a line a check."""
    if judgement.root is not None:
        yield heading(judgement.root)
    for each in judgement.findings:
        yield titled(each)
        yield from map(checked, each.checks)
    yield summary(judgement)


def heading(root: bytes) -> str:
    """Return on whose word all rests."""
    return f"By the word of root key {root.hex()}:"


def titled(finding: Finding) -> str:
    """Return which session it is."""
    if finding.newest is None:
        return f"Session {finding.place} of the file"
    ticket = finding.newest
    until = datetime.fromtimestamp(min(ticket.not_after_s, _LAST_S), UTC)
    return f"Session {ticket.session} at node {ticket.node}, until {until:%Y-%m-%d %H:%M} UTC"


def checked(check: Check) -> str:
    """Return a check with its sign: "+" proved, "?" missing, "!" failed."""
    return f"  {_SIGNS[check.verdict]} {check.name:16}  {check.detail}"


def summary(judgement: Judgement) -> str:
    """Return it in a sentence."""
    if judgement.error is not None:
        return f"Nothing is proved: {judgement.error}."
    failed = sum(each.has_failed for each in judgement.findings)
    of = len(judgement.findings)
    if failed:
        return f"{failed} of {of} sessions fail."
    agreed = [each.agreed_bytes for each in judgement.findings if each.agreed_bytes is not None]
    return (
        f"Nothing fails: both ends signed for {sum(agreed):,} bytes in {len(agreed)} of {of}"
        " sessions."
    )


def _session(finding: Finding) -> dict[str, object]:
    ticket = finding.newest
    return {
        "place": finding.place,
        "session_id": None if ticket is None else str(ticket.session),
        "node_id": None if ticket is None else str(ticket.node),
        "cap_bytes": None if ticket is None else ticket.cap_bytes,
        "ends_s": None if ticket is None else ticket.not_after_s,
        "node": _figures(finding.node),
        "guest": _figures(finding.guest),
        "agreed_bytes": finding.agreed_bytes,
        "failed": finding.has_failed,
        "checks": [
            {"name": each.name, "verdict": each.verdict.value, "detail": each.detail}
            for each in finding.checks
        ],
    }


def _figures(figures: Figures | None) -> dict[str, Any] | None:
    return None if figures is None else figures._asdict()
