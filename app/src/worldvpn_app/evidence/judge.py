"""What an export proves, session by session: each check is proved, lacks something, or fails."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from worldvpn_app.evidence import words
from worldvpn_app.evidence.errors import EvidenceError
from worldvpn_app.evidence.file import Export, Session, read
from worldvpn_app.evidence.vouchers import Vouchers, vouchers
from worldvpn_app.evidence.words import ENDS, GUEST, NODE, NOTHING, Receipt, Ticket


class Verdict(enum.StrEnum):
    """How a check came out."""

    PROVED = "proved"
    #: Nothing speaks against it, but what would prove it is not in the file.
    MISSING = "missing"
    FAILED = "failed"


class Check(NamedTuple):
    """One check of a session; ``detail`` is a sentence."""

    name: str
    verdict: Verdict
    detail: str


class Figures(NamedTuple):
    """Bytes, cumulative over a session, each way."""

    up_bytes: int
    down_bytes: int

    @property
    def total_bytes(self) -> int:
        """Both ways."""
        return self.up_bytes + self.down_bytes


class Finding(NamedTuple):
    """What is known of one session. ``agreed_bytes``: both ends signed for them, in the cap.

    None where something fails or an end is missing. ``place`` is the session's line, from 1.
    """

    place: int
    checks: tuple[Check, ...]
    newest: Ticket | None = None
    node: Figures | None = None
    guest: Figures | None = None
    agreed_bytes: int | None = None

    @property
    def has_failed(self) -> bool:
        """Whether any check fails."""
        return any(each.verdict is Verdict.FAILED for each in self.checks)


class Judgement(NamedTuple):
    """What a whole file proves, resting on ``root``. ``error``: why nothing in it does."""

    root: bytes | None
    findings: tuple[Finding, ...]
    error: str | None = None

    @property
    def is_sound(self) -> bool:
        """Whether nothing in the file fails."""
        return self.error is None and not any(each.has_failed for each in self.findings)


def judged(raw: bytes, root: bytes | None = None) -> Judgement:
    """Return what the file ``raw`` proves. ``root``: the key it must rest on, if one is known."""
    try:
        export = read(raw)
        believed = vouchers(export.manifest, export.manifest_signature, export.root)
    except EvidenceError as error:
        return Judgement(None, (), str(error))
    if root not in {None, export.root}:
        what = "the file rests on another root key than the one you named"
        return Judgement(export.root, (), what)
    return Judgement(export.root, tuple(_findings(export, believed)))


def _findings(export: Export, believed: Vouchers) -> Iterator[Finding]:
    seen: set[bytes] = set()
    for place, session in enumerate(export.sessions, 1):
        finding = _finding(place, session, believed)
        name = b"" if finding.newest is None else finding.newest.session.bytes
        if name in seen:
            again = Check("session", Verdict.FAILED, "the file has this session twice")
            finding = finding._replace(checks=(again, *finding.checks), agreed_bytes=None)
        seen |= {name} - {b""}
        yield finding


def _finding(place: int, session: Session, believed: Vouchers) -> Finding:
    try:
        tickets = [words.ticket(each) for each in session.tickets]
        receipts = {
            NODE: [words.receipt(each) for each in session.node],
            GUEST: [words.receipt(each) for each in session.guest],
        }
    except EvidenceError as error:
        return Finding(place, (Check("form", Verdict.FAILED, str(error)),))
    if not tickets:
        what = "without its tickets nothing says whose receipts these are"
        return Finding(place, (Check("tickets", Verdict.FAILED, what),))
    checks = [_signed(tickets, believed), _tickets_chain(tickets)]
    for end, name in ENDS.items():
        checks += _end(name, end, receipts[end], tickets)
    node, guest = (_highest(receipts[end]) for end in (NODE, GUEST))
    checks += [_cap(tickets[-1], node, guest), _agreement(tickets[-1], node, guest)]
    finding = Finding(place, tuple(checks), tickets[-1], node, guest)
    if finding.has_failed or node is None or guest is None:
        return finding
    return finding._replace(agreed_bytes=min(tickets[-1].cap_bytes, _both(node, guest)))


def _signed(tickets: Sequence[Ticket], believed: Vouchers) -> Check:
    for at, each in enumerate(tickets, 1):
        key = believed.keys.get(each.key_id)
        which = f"ticket {at} of {len(tickets)}"
        if each.key_id in believed.revoked:
            return _failed("tickets", f"{which}: its key {each.key_id.hex()} was revoked")
        if key is None:
            return _failed("tickets", f"{which}: the root names no key {each.key_id.hex()}")
        if not each.is_signed_by(key.public):
            return _failed("tickets", f"{which}: its signature is not the server's")
        if key.until_s is not None and each.not_before_s >= key.until_s:
            return _failed("tickets", f"{which}: its key had been given up by then")
        if each.not_after_s <= each.not_before_s:
            return _failed("tickets", f"{which}: it ends before it begins")
    return Check("tickets", Verdict.PROVED, f"{_counted(len(tickets), 'ticket')}, server's word")


def _tickets_chain(tickets: Sequence[Ticket]) -> Check:
    for former, each in pairwise(tickets):
        if each.parties != former.parties:
            return _failed("ticket-chain", "tickets of two sessions, or of other keys")
        if each.previous != former.hash:
            return _failed("ticket-chain", "a ticket does not name the one before")
        if each.cap_bytes < former.cap_bytes:
            return _failed("ticket-chain", "a ticket covers less than the one before")
    if tickets[0].previous != NOTHING:
        return Check("ticket-chain", Verdict.MISSING, "tickets before the first are not here")
    return Check("ticket-chain", Verdict.PROVED, "each names the one before, from the first on")


def _end(
    name: str, end: int, receipts: Sequence[Receipt], tickets: Sequence[Ticket]
) -> list[Check]:
    """Check what one end has signed."""
    key = tickets[0].key_of(end)
    if not receipts:
        what = "it has signed nothing that is here" if words.signs(key) else "it cannot sign"
        return [Check(f"{name}-signatures", Verdict.MISSING, what)]
    return [
        _signatures(f"{name}-signatures", end, receipts, key),
        _named(f"{name}-tickets", receipts, tickets),
        _sequence(f"{name}-sequence", receipts),
        _chain(f"{name}-chain", receipts),
    ]


def _signatures(check: str, end: int, receipts: Sequence[Receipt], key: bytes) -> Check:
    for each in receipts:
        if each.end != end:
            return _failed(check, f"receipt {each.number} is the other end's")
        if not each.is_signed_by(key):
            return _failed(check, f"receipt {each.number}: its signature is not this end's")
    return Check(check, Verdict.PROVED, f"{_counted(len(receipts), 'receipt')}, signed")


def _named(check: str, receipts: Sequence[Receipt], tickets: Sequence[Ticket]) -> Check:
    known = {each.hash for each in tickets}
    for each in receipts:
        if each.ticket not in known:
            if tickets[0].previous == NOTHING:
                return _failed(check, f"receipt {each.number} names no ticket of this session")
            return Check(check, Verdict.MISSING, f"receipt {each.number}: its ticket is not here")
    return Check(check, Verdict.PROVED, "each names a ticket of this session")


def _sequence(check: str, receipts: Sequence[Receipt]) -> Check:
    if receipts[0].number < 1:
        return _failed(check, "receipts are numbered from 1")
    for former, each in pairwise(receipts):
        if each.number == former.number:
            return _failed(check, f"there are two of number {each.number}")
        if each.number < former.number:
            return _failed(check, f"number {each.number} comes after {former.number}")
        if any(now < before for now, before in zip(each.figures, former.figures, strict=True)):
            return _failed(check, f"receipt {each.number} says less than {former.number}")
    missing = receipts[-1].number - len(receipts)
    if missing:
        what = f"{missing} of {receipts[-1].number} are not here; the last counts"
        return Check(check, Verdict.MISSING, what)
    return Check(check, Verdict.PROVED, f"all of {receipts[-1].number}, none goes back")


def _chain(check: str, receipts: Sequence[Receipt]) -> Check:
    if receipts[0].number == 1 and receipts[0].previous != NOTHING:
        return _failed(check, "the first receipt names one before")
    if receipts[0].number > 1 and receipts[0].previous == NOTHING:
        return _failed(check, f"receipt {receipts[0].number} names none before")
    links = 0
    for former, each in pairwise(receipts):
        if each.number == former.number + 1:
            if each.previous != former.hash:
                return _failed(check, f"receipt {each.number} names another than {former.number}")
            links += 1
    whole = receipts[-1].number - 1
    if links < whole:
        return Check(check, Verdict.MISSING, f"{links} of {_counted(whole, 'link')} can be checked")
    return Check(check, Verdict.PROVED, f"{_counted(whole, 'link')}, from the first on")


def _cap(ticket: Ticket, node: Figures | None, guest: Figures | None) -> Check:
    said = [each.total_bytes for each in (node, guest) if each is not None]
    beyond = min(said, default=0) - ticket.cap_bytes
    if beyond > 0:
        what = f"{beyond:,} bytes beyond the cap of {ticket.cap_bytes:,} are nobody's to pay"
        return Check("cap", Verdict.MISSING, what)
    return Check("cap", Verdict.PROVED, f"within {ticket.cap_bytes:,} bytes")


def _agreement(ticket: Ticket, node: Figures | None, guest: Figures | None) -> Check:
    if node is None and guest is None:
        return Check("agreement", Verdict.MISSING, "neither end has said anything here")
    if node is None or guest is None:
        absent = "node" if node is None else "guest"
        return Check("agreement", Verdict.MISSING, f"the {absent} has said nothing here")
    agreed = min(ticket.cap_bytes, _both(node, guest))
    what = (
        f"both signed for {agreed:,} bytes: node {node.total_bytes:,}, guest {guest.total_bytes:,}"
    )
    return Check("agreement", Verdict.PROVED, what)


def _both(node: Figures, guest: Figures) -> int:
    return min(node.up_bytes, guest.up_bytes) + min(node.down_bytes, guest.down_bytes)


def _highest(receipts: Sequence[Receipt]) -> Figures | None:
    if not receipts:
        return None
    return Figures(
        max(each.up_bytes for each in receipts), max(each.down_bytes for each in receipts)
    )


def _failed(check: str, detail: str) -> Check:
    return Check(check, Verdict.FAILED, detail)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")
