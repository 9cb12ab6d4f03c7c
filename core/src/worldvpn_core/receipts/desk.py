"""Answers what the owner asks of the receipts: all of it signed, so that a stranger can check."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

import attrs

from worldvpn_core.credit.receipt import Role, read_receipt
from worldvpn_core.errors import ReceiptsError
from worldvpn_core.ipc.receipts import ReceiptsShow
from worldvpn_core.receipts.book import Book
from worldvpn_core.receipts.entry import Entry
from worldvpn_core.receipts.tickets import Tickets

#: A page that has so much already gets no further session: answers are held in memory whole.
_PAGE_BYTES: Final = 131_072


@attrs.frozen(kw_only=True)
class Proofs:
    """What is kept for an account, and what vouches for it: the root, by its key manifest."""

    book: Book
    tickets: Tickets
    root_key: bytes
    manifest: Callable[[], bytes | None]


class ReceiptsDesk:
    """Answers ``receipts.*`` while an account's proofs are open."""

    def __init__(self) -> None:
        #: None: nobody is signed in, or the vault is locked.
        self.proofs: Proofs | None = None

    async def answer(self, request: ReceiptsShow) -> Mapping[str, object]:
        """Answer one permitted request.

        Raises:
            ReceiptsError: there are none at this time.
        """
        proofs = self.proofs
        if proofs is None:
            raise ReceiptsError("receipts are kept for an account: sign in, and unlock the vault")
        manifest = proofs.manifest()
        tickets = proofs.tickets.by_session()
        after = None if request.after is None else UUID(request.after)
        kept = Kept(entries=proofs.book.entries, former=proofs.book.former(), tickets=tickets)
        sessions, following = page(kept, after, request.limit)
        return {
            "root": proofs.root_key.hex(),
            "manifest": None if manifest is None else _text(manifest),
            "sessions": sessions,
            "next": None if following is None else str(following),
        }


@attrs.frozen(kw_only=True)
class Kept:
    """What is kept: ``entries`` by session, and of sessions former receipts and tickets."""

    entries: Sequence[Entry]
    former: Mapping[UUID, Sequence[bytes]]
    tickets: Mapping[UUID, Sequence[bytes]]


def page(
    kept: Kept, after: UUID | None, limit: int
) -> tuple[list[Mapping[str, object]], UUID | None]:
    """Return up to ``limit`` sessions beyond ``after``, and the last of them if more follow.

    Pure.
    """
    rest = [each for each in kept.entries if after is None or each.session.bytes > after.bytes]
    found: list[Mapping[str, object]] = []
    size_bytes, last = 0, None
    for entry in rest:
        is_next = entry.session != last
        if is_next and (len(found) >= limit or size_bytes >= _PAGE_BYTES):
            return found, last
        name = entry.session
        one = shown(entry, kept.former.get(name, ()), kept.tickets.get(name, ()))
        found.append(one)
        size_bytes += sum(
            len(text) for texts in one.values() if isinstance(texts, list) for text in texts
        )
        last = entry.session
    return found, None


def shown(entry: Entry, former: Iterable[bytes], tickets: Iterable[bytes]) -> Mapping[str, object]:
    """Return what is kept of one end of a session, of either end the oldest receipt first. Pure."""
    other = () if entry.kept.other is None else (entry.kept.other,)
    receipts = sorted(
        {*former, entry.signed, *other}, key=lambda signed: read_receipt(signed).sequence
    )
    by = {
        role: [_text(each) for each in receipts if read_receipt(each).role is role] for role in Role
    }
    return {
        "session": str(entry.session),
        "role": entry.role.name.lower(),
        "ends_s": entry.ends_s,
        "waiting": len(entry.pending),
        "tickets": [_text(each) for each in tickets],
        "node": by[Role.NODE],
        "guest": by[Role.GUEST],
    }


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
